import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Decision,
  JitterBuffer,
  type JitterBufferOptions,
  type JitterBufferStatistics,
} from '../src/index.ts';
import { type PathOptions, Stage } from './stage.ts';

/** One pitch period, by which a decoder's edge shortens or lengthens a frame. */
const PITCH_MS = 8;
/** What a path takes that has no jitter. */
const FASTEST_MS = 20;

interface Run {
  readonly stage: Stage;
  readonly buffer: JitterBuffer;
  readonly decisions: Decision[];
  /** Packets that the path has lost, by their index. */
  readonly lost: Set<number>;
  /** Of each packet that was played: how much later than one that came the fastest way, and what the buffer said of it. */
  readonly heldMs: number[];
  readonly toldMs: number[];
  path: PathOptions;
}

/** A sender of 20 ms at 8,000 Hz and a player, each by a clock of its own. */
const play = (
  seed: number,
  path: PathOptions,
  options: Partial<JitterBufferOptions> = {},
  driftPpm = 0,
): Run => {
  const stage = new Stage(seed);
  const buffer = new JitterBuffer({ clockRateHz: 8_000, ...options });
  const run: Run = { stage, buffer, decisions: [], lost: new Set(), heldMs: [], toldMs: [], path };
  const sentAt = new Map<number, number>();
  stage.every(20 / (1 + driftPpm * 1e-6), (index) => {
    const packet = {
      sequence: (65_500 + index) & 0xffff,
      timestamp: (0xffff_ff00 + 160 * index) >>> 0,
      payload: Uint8Array.of(index & 0xff),
      duration: 160,
    };
    sentAt.set(packet.sequence, stage.now);
    if (!stage.carry(run.path, () => buffer.insert(packet, stage.now))) run.lost.add(index);
  });
  const next = (): void => {
    const decision = buffer.take(stage.now);
    run.decisions.push(decision);
    if ('packet' in decision) {
      run.heldMs.push(stage.now - sentAt.get(decision.packet.sequence)! - FASTEST_MS);
      run.toldMs.push(buffer.statistics.bufferMs);
    }
    const stretch = decision.kind === 'accelerate' ? -PITCH_MS : decision.kind === 'expand' ? PITCH_MS : 0;
    if (stretch !== 0) buffer.stretched(stretch);
    stage.later(decision.kind === 'wait' ? decision.durationMs : 20 + stretch, next);
  };
  stage.later(7, next);
  return run;
};

/** What happened since an earlier look. */
const since = (after: JitterBufferStatistics, before: JitterBufferStatistics) => ({
  concealed: after.concealed - before.concealed,
  lost: after.lost - before.lost,
  late: after.late - before.late,
  played: after.played - before.played,
  accelerated: after.accelerated - before.accelerated,
  expanded: after.expanded - before.expanded,
});

describe('the jitter buffer', () => {
  test('on a still path: every packet, nothing made up, and the shortest delay', () => {
    const { stage, buffer, decisions } = play(1, {});
    stage.run(60_000);
    const { concealed, late, lost, played, targetMs, bufferMs } = buffer.statistics;
    expect({ concealed, late, lost }).toEqual({ concealed: 0, late: 0, lost: 0 });
    expect(played).toBeGreaterThan(2_980);
    expect(targetMs).toBe(20);
    expect(bufferMs).toBeLessThan(60);
    const order = decisions.flatMap((one) => ('packet' in one ? [one.packet.sequence] : []));
    expect(order).toEqual(order.map((_, index) => (65_500 + index) & 0xffff));
  });

  test.each([
    ['still', {}, 20],
    ['late by up to 20 ms', { jitterMs: 20 }, 20],
    ['late by up to 60 ms', { jitterMs: 60 }, 60],
    ['late by 5 ms in the mean', { lateMs: (chance) => -5 * Math.log(1 - chance) }, 5 * Math.log(100)],
    ['late by 10 ms in the mean', { lateMs: (chance) => -10 * Math.log(1 - chance) }, 10 * Math.log(100)],
    ['late by 60 ms once in a hundred', { lateMs: (chance) => (chance < 0.01 ? 60 : 0) }, 60],
  ] satisfies (readonly [string, PathOptions, number])[])(
    'a path that is %s: less than one frame in a hundred is made up, and not much more is held than that needs',
    (_, path, neededMs) => {
      for (const seed of [1, 2, 3, 4]) {
        const run = play(seed, path);
        run.stage.run(10_000);
        const [before, from] = [run.buffer.statistics, run.heldMs.length];
        run.stage.run(60_000);
        const { concealed, played, late } = since(run.buffer.statistics, before);
        expect(concealed / (played + concealed)).toBeLessThan(0.01);
        expect(late).toBeLessThanOrEqual(concealed);
        const held = run.heldMs.slice(from);
        expect(held.reduce((sum, one) => sum + one, 0) / held.length).toBeLessThan(neededMs + 15);
      }
    },
  );

  test('says how long what is heard has waited', () => {
    const run = play(1, { jitterMs: 30, loss: 0.02 });
    run.stage.run(30_000);
    expect(run.toldMs.length).toBeGreaterThan(1_400);
    // Hardly one came the fastest way to the last.
    for (const [index, toldMs] of run.toldMs.entries()) {
      if (index < 100) continue;
      expect(toldMs).toBeLessThanOrEqual(run.heldMs[index]! + 0.01);
      expect(toldMs).toBeGreaterThan(run.heldMs[index]! - 1.5);
    }
  });

  test('what begins has waited for its target, and no longer', () => {
    for (const seed of [1, 2, 3]) {
      const run = play(seed, { latencyMs: 20 + 3 * seed }, { mode: 'fixed', targetMs: 47 });
      run.stage.run(1_000);
      expect(run.heldMs[0]! - 3 * seed).toBeCloseTo(47, 0);
    }
  });

  test('20 % of loss and 60 ms of jitter: after one second what is made up is exactly what was lost', () => {
    const run = play(2, { loss: 0.2, jitterMs: 60 }, { percentile: 1 });
    run.stage.run(1_000);
    const start = run.decisions.length;
    run.stage.run(30_000);
    const { targetMs } = run.buffer.statistics;
    expect(targetMs).toBeGreaterThan(50);
    expect(targetMs).toBeLessThan(80);
    let last: number | undefined;
    let made = 0;
    const passed: number[] = [];
    for (const decision of run.decisions.slice(start)) {
      expect(decision.kind).not.toBe('wait');
      if (!('packet' in decision)) {
        made++;
        continue;
      }
      const index = (decision.packet.sequence - 65_500) & 0xffff;
      if (last !== undefined) {
        // Between two packets that are played as much is made up as is missing between them.
        expect(made).toBe(index - last - 1);
        for (let one = last + 1; one < index; one++) passed.push(one);
      }
      last = index;
      made = 0;
    }
    expect(passed.length).toBeGreaterThan(240);
    expect(passed.filter((index) => !run.lost.has(index))).toEqual([]);
  });

  test('grows within a second when jitter begins, and shrinks when it is long over', () => {
    const run = play(3, {});
    run.stage.run(20_000);
    expect(run.buffer.statistics.targetMs).toBe(20);
    run.path = { jitterMs: 100 };
    run.stage.run(1_500);
    expect(run.buffer.statistics.targetMs).toBeGreaterThan(80);
    run.stage.run(1_500);
    expect(run.buffer.statistics.bufferMs).toBeGreaterThan(60);
    run.path = {};
    run.stage.run(5_000);
    expect(run.buffer.statistics.targetMs).toBeGreaterThan(80);
    run.stage.run(15_000);
    expect(run.buffer.statistics.targetMs).toBe(20);
    expect(run.buffer.statistics.bufferMs).toBeLessThan(60);
    expect(run.buffer.statistics.accelerated).toBeGreaterThan(3);
  });

  test.each([200, -200])('a clock that is off by %i ppm, for ten minutes: found, and made up for', (ppm) => {
    for (const mode of ['adaptive', 'fixed'] as const) {
      const run = play(4, { jitterMs: 10 }, { mode, targetMs: 80 }, ppm);
      run.stage.run(30_000);
      const before = run.buffer.statistics;
      let most = 0;
      let least = Number.POSITIVE_INFINITY;
      for (let minute = 0; minute < 10; minute++) {
        run.stage.run(60_000);
        const { bufferMs } = run.buffer.statistics;
        most = Math.max(most, bufferMs);
        least = Math.min(least, bufferMs);
      }
      const { driftPpm } = run.buffer.statistics;
      expect(driftPpm).toBeGreaterThan(ppm - 15);
      expect(driftPpm).toBeLessThan(ppm + 15);
      const { concealed, late, accelerated, expanded } = since(run.buffer.statistics, before);
      expect({ concealed, late }).toEqual({ concealed: 0, late: 0 });
      // 120 ms are gained or lost in ten minutes: fifteen pitch periods.
      const right = ppm > 0 ? accelerated : expanded;
      expect(right).toBeGreaterThanOrEqual(12);
      expect(right - (ppm > 0 ? expanded : accelerated)).toBeLessThanOrEqual(18);
      const target = mode === 'fixed' ? 80 : run.buffer.statistics.targetMs;
      expect(most).toBeLessThan(target + 45);
      expect(least).toBeGreaterThan(target - 45);
    }
  });

  test.each([200, -200])(
    'an edge that cannot stretch, %i ppm: a frame is left out or made up in its place',
    (ppm) => {
      const run = play(5, { jitterMs: 10 }, { mode: 'fixed', targetMs: 100, timeStretch: false }, ppm);
      run.stage.run(600_000);
      const { bufferMs, discarded, expanded, concealed } = run.buffer.statistics;
      expect(Math.abs(bufferMs - 100)).toBeLessThan(45);
      expect(ppm > 0 ? discarded : expanded).toBeGreaterThanOrEqual(4);
      expect(ppm > 0 ? discarded : expanded).toBeLessThanOrEqual(8);
      expect(concealed).toBe(expanded);
    },
  );

  test('on a calm path that loses, what a packet holds once more is there in time', () => {
    const lossy = play(6, { loss: 0.1 }, { fec: true, minMs: 5, targetMs: 10 });
    lossy.stage.run(60_000);
    const { lost, recovered } = lossy.buffer.statistics;
    expect(lost).toBeGreaterThan(200);
    // Two in a row leave one that nothing holds.
    expect(recovered / lost).toBeGreaterThan(0.8);
    lossy.path = {};
    lossy.stage.run(60_000);
    expect(lossy.buffer.statistics.targetMs).toBeLessThan(10);
  });

  test('in-band FEC wins back every loss that has a packet behind it', () => {
    const run = play(6, { loss: 0.1 }, { fec: true, mode: 'fixed', targetMs: 100 });
    run.stage.run(60_000);
    const { lost, recovered, concealed } = run.buffer.statistics;
    expect(recovered + concealed).toBe(lost);
    expect(recovered / lost).toBeGreaterThan(0.8);
    for (const decision of run.decisions) {
      if (decision.kind !== 'recover') continue;
      const index = (decision.from.sequence - 65_500) & 0xffff;
      expect(run.lost.has(index - 1)).toBe(true);
      expect(run.lost.has(index)).toBe(false);
    }
  });

  test('an outage: made up for a moment, then silence, then sound again without a standing delay', () => {
    const run = play(7, {});
    run.stage.run(5_000);
    run.path = { loss: 1 };
    run.stage.run(3_000);
    const during = run.buffer.statistics;
    expect(during.concealed).toBeLessThanOrEqual(6);
    expect(run.decisions.at(-1)!.kind).toBe('wait');
    run.path = {};
    run.stage.run(1_000);
    expect(run.decisions.at(-1)!.kind).toBe('play');
    expect(run.buffer.statistics.bufferMs).toBeLessThan(60);
    expect(run.buffer.statistics.lost).toBe(run.lost.size);
  });

  test('a path that holds everything back for a second and then lets go', () => {
    const run = play(8, { latencyMs: 20 });
    run.stage.run(5_000);
    run.path = { latencyMs: 1_020 };
    run.stage.run(20);
    run.path = { latencyMs: 1_000 };
    for (let latencyMs = 1_000; latencyMs > 20; latencyMs -= 20) {
      run.path = { latencyMs };
      run.stage.run(20);
    }
    run.path = { latencyMs: 20 };
    run.stage.run(30_000);
    expect(run.buffer.statistics.bufferMs).toBeLessThan(60);
    expect(run.buffer.statistics.targetMs).toBe(20);
  });
});

/** A buffer that has been fed a steady stream and is playing. */
const steady = (options: Partial<JitterBufferOptions> = {}) => {
  const stage = new Stage(9);
  const buffer = new JitterBuffer({ clockRateHz: 8_000, mode: 'fixed', targetMs: 40, ...options });
  let sequence = 0;
  const insert = (
    more: { sequence?: number; timestamp?: number; duration?: number; silence?: boolean } = {},
  ) => {
    const packet = {
      sequence,
      timestamp: 160 * sequence,
      payload: new Uint8Array(1),
      duration: 160,
      ...more,
    };
    buffer.insert(packet, stage.now);
    sequence = packet.sequence + 1;
  };
  const step = (): Decision => {
    insert();
    const decision = buffer.take(stage.now);
    stage.run(20);
    return decision;
  };
  for (let index = 0; index < 20; index++) step();
  return { stage, buffer, insert, step, next: () => sequence };
};

describe('one thing at a time', () => {
  test('silence that was announced is no loss, and sound begins anew after it', () => {
    const { stage, buffer, insert, step } = steady();
    insert({ silence: true });
    const kinds: string[] = [];
    for (let index = 0; index < 50; index++) {
      kinds.push(buffer.take(stage.now).kind);
      stage.run(20);
    }
    expect(kinds.filter((kind) => kind !== 'play' && kind !== 'wait')).toEqual([]);
    const { concealed, lost } = buffer.statistics;
    const talk = 160 * 500;
    insert({ timestamp: talk });
    const waited = buffer.take(stage.now).kind;
    for (let index = 1; index < 6; index++) {
      stage.run(20);
      insert({ timestamp: talk + 160 * index });
      kinds.push(buffer.take(stage.now).kind);
    }
    expect([waited, kinds.at(-1)]).toEqual(['wait', 'play']);
    expect(buffer.statistics).toMatchObject({ concealed, lost });
    expect(step).toBeTypeOf('function');
  });

  test('packets that are no sound fill their numbers', () => {
    const { buffer, insert, step, next } = steady();
    const kinds: string[] = [];
    for (let index = 0; index < 20; index++) {
      if (index === 5) {
        // An event takes a number and no time.
        insert({ sequence: next(), duration: 0, timestamp: 160 * next() });
      }
      kinds.push(step().kind);
    }
    expect(buffer.statistics).toMatchObject({ lost: 0 });
    expect(kinds).not.toContain('conceal');
  });

  test('duplicates are held once, and what comes too late is counted', () => {
    const { buffer, insert, step, next } = steady();
    insert();
    insert({ sequence: next() - 1 });
    insert({ sequence: next() - 15, timestamp: 160 * (next() - 15) });
    expect(buffer.statistics).toMatchObject({ duplicates: 1, late: 1 });
    expect(step).toBeTypeOf('function');
  });

  test('a jump in time begins anew once a second packet agrees; one alone changes nothing', () => {
    const { buffer, step, stage, next } = steady();
    const wild = { sequence: 40_000, timestamp: 0x4000_0000, payload: new Uint8Array(1), duration: 160 };
    buffer.insert(wild, stage.now);
    expect(step().kind).toBe('play');
    expect(buffer.statistics).toMatchObject({ resets: 0, discarded: 1, lost: 0 });
    expect(next()).toBe(21);
    for (let index = 0; index < 10; index++) {
      buffer.insert({ ...wild, sequence: 50_000 + index, timestamp: 0x7000_0000 + 160 * index }, stage.now);
      buffer.take(stage.now);
      stage.run(20);
    }
    const { resets, discarded, packets } = buffer.statistics;
    expect({ resets, discarded }).toEqual({ resets: 1, discarded: 1 });
    expect(packets).toBeLessThan(5);
  });

  test('whatever comes: nothing is thrown, and no more is held than may be', () => {
    const arrival = fc.record({
      sequence: fc.oneof(fc.nat(0xffff), fc.nat(300)),
      timestamp: fc.oneof(fc.nat(0xffff_ffff), fc.nat(48_000)),
      duration: fc.nat(960),
      silence: fc.boolean(),
      afterMs: fc.nat(100),
      takes: fc.nat(3),
    });
    fc.assert(
      fc.property(
        fc.array(arrival, { maxLength: 200 }),
        fc.boolean(),
        fc.boolean(),
        (arrivals, fec, timeStretch) => {
          const stage = new Stage(1);
          const buffer = new JitterBuffer({ clockRateHz: 8_000, maxPackets: 32, fec, timeStretch });
          let sounded = 0;
          for (const { afterMs, takes, ...packet } of arrivals) {
            stage.run(afterMs);
            buffer.insert({ ...packet, payload: new Uint8Array(0) }, stage.now);
            for (let index = 0; index < takes; index++) if ('packet' in buffer.take(stage.now)) sounded++;
            expect(buffer.statistics.packets).toBeLessThanOrEqual(32);
          }
          const { received, played, late, duplicates } = buffer.statistics;
          expect(received).toBe(arrivals.length);
          expect(played).toBe(sounded);
          expect(played + late + duplicates).toBeLessThanOrEqual(received);
        },
      ),
    );
  });
});

test('what the edge could not shorten is not counted, and asked for again; what is short comes together', () => {
  const stage = new Stage(1);
  const buffer = new JitterBuffer({ clockRateHz: 8_000, mode: 'fixed', targetMs: 20 });
  let sequence = 0;
  const insert = (): void => {
    const packet = { sequence, timestamp: 40 * sequence, payload: new Uint8Array(1), duration: 40 };
    buffer.insert(packet, stage.now);
    sequence++;
  };
  // 12 packets of 5 ms that came at their time, and are read 60 ms later than they might be.
  for (let index = 0; index < 12; index++) {
    insert();
    stage.run(5);
  }
  const asked: number[] = [];
  for (let ms = 0; ms < 4_000; ) {
    const decision = buffer.take(stage.now);
    const isAsked = decision.kind === 'accelerate';
    if (isAsked) asked.push(ms);
    const packets = isAsked ? 1 + decision.following.length : 1;
    expect(packets).toBe(isAsked ? 4 : 1);
    for (let index = 0; index < packets; index++) {
      stage.run(5);
      insert();
    }
    ms += 5 * packets;
  }
  expect(buffer.statistics).toMatchObject({ accelerated: 0, lost: 0, concealed: 0 });
  expect(asked.length).toBeGreaterThan(100);
  expect(asked.slice(1).every((at, index) => at - asked[index]! >= 20)).toBe(true);
  while (buffer.take(stage.now).kind !== 'accelerate') {
    stage.run(5);
    insert();
  }
  buffer.stretched(-8);
  expect(buffer.statistics.accelerated).toBe(1);
});

test('a packet that another has overtaken is waited for, as long as the target allows', () => {
  const stage = new Stage(1);
  const buffer = new JitterBuffer({ clockRateHz: 8_000, mode: 'fixed', targetMs: 60 });
  const insert = (sequence: number): void =>
    buffer.insert(
      { sequence, timestamp: 160 * sequence, payload: new Uint8Array(1), duration: 160 },
      stage.now,
    );
  const kinds: string[] = [];
  const take = (): void => {
    kinds.push(buffer.take(stage.now).kind);
  };
  insert(0);
  stage.run(60);
  take();
  // The player is early: number 2 is there, number 1 has 40 ms left.
  insert(2);
  take();
  insert(1);
  take();
  expect(kinds).toEqual(['play', 'conceal', 'expand']);
  expect(buffer.statistics).toMatchObject({ lost: 0, late: 0, played: 2 });
});
