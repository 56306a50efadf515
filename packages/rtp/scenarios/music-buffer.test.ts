import { instant } from '@ringdown/sans-io';
import { describe, expect, test } from 'vitest';
import { type Decision, JitterBuffer, timeStretch } from '../src/index.ts';
import { type PathOptions, Stage } from './stage.ts';

const RATE = 48_000;
const MUSIC = { sound: 'music', targetMs: 40, minMs: 40, maxMs: 400, clockRateHz: RATE } as const;

interface Run {
  readonly stage: Stage;
  readonly buffer: JitterBuffer;
  readonly decisions: Decision[];
  /** How much later each packet comes from now on, by its time on the way. */
  path: PathOptions;
  isSilent: boolean;
}

/** A sender of linear sound and a player that stretches what it is told to. */
const play = (packetMs: number, driftPpm = 0, path: PathOptions = {}): Run => {
  const stage = new Stage(3);
  const buffer = new JitterBuffer(MUSIC);
  const run: Run = { stage, buffer, decisions: [], path, isSilent: false };
  const duration = packetMs * 48;
  stage.every(packetMs / (1 + driftPpm * 1e-6), (index) => {
    const payload = Uint8Array.of(run.isSilent ? 0 : 1);
    const packet = { sequence: index & 0xffff, timestamp: (duration * index) >>> 0, payload, duration };
    stage.carry(run.path, () => buffer.insert(packet, stage.now));
  });
  // Timers have a grain; a player counts what it has played.
  let due = 1;
  const next = (): void => {
    const decision = buffer.take(instant(due));
    run.decisions.push(decision);
    due += lengthMs(buffer, decision, packetMs);
    stage.later(due - stage.now, next);
  };
  stage.later(due, next);
  return run;
};

const lengthMs = (buffer: JitterBuffer, decision: Decision, packetMs: number): number => {
  if (decision.kind !== 'accelerate' && decision.kind !== 'expand') return packetMs;
  const packets = [decision.packet, ...decision.following];
  const length = packets.length * packetMs * 48;
  const level = decision.packet.payload[0] === 0 ? 0 : 9_000;
  const sound = Int16Array.from({ length }, (_, at) => level * Math.sin((2 * Math.PI * 1_234 * at) / RATE));
  const [made] = timeStretch([sound], RATE, decision.kind, decision.manner);
  buffer.stretched((made!.length - length) / 48);
  return made!.length / 48;
};

const concealed = ({ buffer }: Run): number => buffer.statistics.concealed;

describe.each([5, 20])('music in packets of %i ms', (packetMs) => {
  test('on a still path: 40 ms and no sample changed', () => {
    const run = play(packetMs);
    run.stage.run(60_000);
    const { targetMs, bufferMs, accelerated, expanded } = run.buffer.statistics;
    expect(targetMs).toBe(40);
    expect(bufferMs).toBeLessThan(42);
    expect({ accelerated, expanded }).toEqual({ accelerated: 0, expanded: 0 });
    expect(run.decisions.every(({ kind }) => kind === 'play' || kind === 'wait')).toBe(true);
  });

  test('jitter within the buffer changes nothing', () => {
    const run = play(packetMs);
    run.path = { jitterMs: 25 };
    run.stage.run(60_000);
    expect(concealed(run)).toBe(0);
    expect(run.buffer.statistics.targetMs).toBe(40);
    expect(run.buffer.statistics.bufferMs).toBeLessThan(70);
  });

  test('what comes too late once makes one gap, and is awaited for two minutes', () => {
    const run = play(packetMs);
    run.stage.run(20_000);
    const hold = (): void => {
      // A network that lets nothing through for 90 ms, then all at once.
      for (let latencyMs = 90; latencyMs >= 0; latencyMs -= packetMs) {
        run.path = { latencyMs };
        run.stage.run(packetMs);
      }
    };
    hold();
    run.stage.run(500);
    const gap = concealed(run) * packetMs;
    expect(gap).toBeGreaterThan(0);
    expect(gap).toBeLessThanOrEqual(90 + packetMs);
    expect(run.buffer.statistics.targetMs).toBeGreaterThanOrEqual(90);
    expect(run.buffer.statistics.bufferMs).toBeGreaterThanOrEqual(80);
    for (let minute = 0; minute < 3; minute++) {
      run.stage.run(60_000);
      hold();
    }
    run.stage.run(500);
    expect(concealed(run) * packetMs).toBe(gap);
    run.stage.run(900_000);
    expect(run.buffer.statistics.targetMs).toBe(40);
    expect(run.buffer.statistics.bufferMs).toBeLessThan(70);
    expect(concealed(run) * packetMs).toBe(gap);
  });

  test('nothing that sounds is cut after the beginning, and the speed changes by no more than 0.1 %', () => {
    const run = play(packetMs, 0, { latencyMs: 60 });
    run.stage.run(10_000);
    // The way gets shorter: there is too much now.
    run.path = { latencyMs: 0 };
    run.stage.run(2_000);
    const from = run.buffer.statistics.bufferMs;
    expect(from).toBeGreaterThan(75);
    run.stage.run(10_000);
    const gained = from - run.buffer.statistics.bufferMs;
    expect(gained).toBeGreaterThan(5);
    expect(gained).toBeLessThanOrEqual(10 + packetMs);
    expect(run.decisions.some((one) => 'manner' in one && one.manner !== 'music')).toBe(false);
    run.isSilent = true;
    run.stage.run(1_500);
    const { bufferMs, targetMs } = run.buffer.statistics;
    expect(bufferMs).toBeLessThanOrEqual(targetMs + Math.max(15, packetMs));
    expect(concealed(run)).toBe(0);
  });

  test.each([100, -100])('a clock that is off by %i ppm, for ten minutes: nothing is missing', (ppm) => {
    const run = play(packetMs, ppm);
    run.path = { jitterMs: 10 };
    run.stage.run(600_000);
    const { bufferMs, lost, late, discarded } = run.buffer.statistics;
    expect({ lost, late, discarded, made: concealed(run) }).toEqual({
      lost: 0,
      late: 0,
      discarded: 0,
      made: 0,
    });
    expect(bufferMs).toBeGreaterThan(30);
    expect(bufferMs).toBeLessThan(75);
  });
});

test('a beginning that was read late costs nothing after three seconds', () => {
  for (const sound of ['speech', 'music'] as const) {
    const stage = new Stage(4);
    const buffer = new JitterBuffer({ ...MUSIC, sound, minMs: sound === 'music' ? 40 : 20 });
    stage.every(20, (index) => {
      const packet = { sequence: index, timestamp: 960 * index, payload: new Uint8Array(1), duration: 960 };
      // All that came in the first 90 ms is read then.
      stage.later(Math.max(0, 90 - 20 * index), () => buffer.insert(packet, stage.now));
    });
    const next = (): void => {
      const decision = buffer.take(stage.now);
      const isShorter = decision.kind === 'accelerate';
      if (isShorter) buffer.stretched(-10);
      stage.later(isShorter ? 10 : 20, next);
    };
    stage.later(90, next);
    stage.run(3_500);
    expect(buffer.statistics.targetMs).toBeLessThanOrEqual(40);
    expect(buffer.statistics.bufferMs).toBeLessThan(65);
  }
});
