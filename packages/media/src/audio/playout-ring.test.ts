import { describe, expect, it } from 'vitest';
import { PlayoutRing } from './playout-ring.ts';
import { toneSource } from './tone.ts';

const format = { sampleRateHz: 16_000, channels: 2 };
const tone = () => toneSource({ frequenciesHz: [500, 1_000], levelDbfs: -6, sampleRateHz: 16_000 });

/** Two clocks: 20 ms are read each turn; the writer's run so many millionths faster. @returns the largest second difference heard */
const played = (
  ring: PlayoutRing,
  { ppm, seconds }: { readonly ppm: number; readonly seconds: number },
): number => {
  const source = tone();
  let due = 640;
  let roughest = 0;
  let [before, last] = [0, 0];
  for (let turn = 0; turn < seconds * 50; turn++) {
    due += 320 * (1 + ppm / 1e6);
    ring.write(source.read(Math.floor(due)));
    due -= Math.floor(due);
    const [left] = ring.read(320);
    for (const sample of left!) {
      if (turn > 5) roughest = Math.max(roughest, Math.abs(sample - 2 * last + before));
      [before, last] = [last, sample];
    }
  }
  return roughest;
};

/** A sine's own second difference. */
const smooth = 32_767 * 10 ** (-6 / 20) * (2 * Math.PI * (500 / 16_000)) ** 2;

describe('PlayoutRing', () => {
  it('passes sound as it is where both clocks are one', () => {
    const ring = new PlayoutRing(format, { targetMs: 20 });
    const [source, again] = [tone(), tone()];
    ring.write(source.read(320));
    for (let turn = 0; turn < 500; turn++) {
      expect(ring.read(320)).toEqual(again.read(320));
      ring.write(source.read(320));
    }
    expect(ring.statistics).toEqual({ underruns: 0, overruns: 0, correctedSamples: 0, waitingMs: 20 });
  });

  it.each([300, -300, 80, -80])('follows a clock that is %i ppm off for minutes, without a step', (ppm) => {
    const ring = new PlayoutRing(format, { targetMs: 60 });
    const roughest = played(ring, { ppm, seconds: 300 });
    const { underruns, overruns, correctedSamples, waitingMs } = ring.statistics;
    expect({ underruns, overruns }).toEqual({ underruns: 0, overruns: 0 });
    expect(Math.abs(waitingMs - 60)).toBeLessThan(40);
    // What the clocks are apart by, but for what the target's tolerance takes.
    expect(Math.abs(correctedSamples + (300 * 16_000 * ppm) / 1e6)).toBeLessThan(60 * 16);
    expect(roughest).toBeLessThan(smooth * 1.05 + 4);
  });

  it('begins with what came last, and no more of it than the target', () => {
    const ring = new PlayoutRing(format, { targetMs: 20 });
    for (let turn = 1; turn <= 50; turn++) ring.write([new Int16Array(320).fill(turn), new Int16Array(320)]);
    expect([...ring.read(320)[0]!]).toEqual(new Array(320).fill(50));
    expect(ring.statistics).toMatchObject({ overruns: 0, waitingMs: 0 });
  });

  it('is silent until the target is there again, once nothing came', () => {
    const ring = new PlayoutRing(format, { targetMs: 40 });
    const source = tone();
    ring.write(source.read(639));
    expect(ring.read(320)[1]!.some((sample) => sample !== 0)).toBe(false);
    ring.write(source.read(1));
    expect(ring.read(320)[1]!.some((sample) => sample !== 0)).toBe(true);
    expect(ring.read(320)[1]!.some((sample) => sample !== 0)).toBe(true);
    for (let turn = 0; turn < 3; turn++)
      expect(ring.read(320)[1]!.some((sample) => sample !== 0)).toBe(false);
    expect(ring.statistics.underruns).toBe(1);
    ring.write(source.read(640));
    expect(ring.read(320)[1]!.some((sample) => sample !== 0)).toBe(true);
  });

  it('keeps no more than it may, and the newest of it', () => {
    const ring = new PlayoutRing(format, { targetMs: 20, maxMs: 100 });
    ring.write([new Int16Array(640), new Int16Array(640)]);
    ring.read(320);
    for (let turn = 0; turn < 1_000; turn++)
      ring.write([new Int16Array(333).fill(turn), new Int16Array(333).fill(turn)]);
    expect(ring.statistics.waitingMs).toBeLessThanOrEqual(100);
    expect(ring.statistics.overruns).toBeGreaterThan(100);
    let newest = 0;
    for (let turn = 0; turn < 6; turn++) newest = Math.max(newest, ...ring.read(320)[0]!);
    expect(newest).toBe(999);
  });
});
