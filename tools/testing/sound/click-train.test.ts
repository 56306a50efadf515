import { describe, expect, it } from 'vitest';
import { clickDelays, clickTrain } from './click-train.ts';
import { sliceAt } from './delay.ts';

const train = clickTrain({ sampleRateHz: 16_000, clicks: 12, intervalMs: 300 });
const delayed = (samples: Float64Array, by: number): Float64Array =>
  sliceAt(samples, -by, samples.length + Math.abs(by));
const noise = (length: number, level: number): Float64Array => {
  let state = 7;
  return Float64Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return level * (state / 2 ** 31 - 1);
  });
};

describe('clickDelays', () => {
  it.each([0, 1, 137, 2_400, 40_000])('finds a delay of %i samples', (by) => {
    const { delaysMs, medianMs, lost } = clickDelays(train, delayed(train.samples, by));
    expect(lost).toBe(0);
    expect(medianMs).toBeCloseTo(by / 16, 2);
    for (const delayMs of delaysMs) expect(delayMs).toBeCloseTo(by / 16, 2);
  });

  it('finds it in noise, softer, and to a part of a sample', () => {
    const soft = delayed(train.samples, 1_000).map(
      (sample, index, all) => 0.05 * (sample + (all[index - 1] ?? 0)),
    );
    const hiss = noise(soft.length, 0.005);
    const { medianMs, lost } = clickDelays(
      train,
      soft.map((sample, index) => sample + hiss[index]!),
    );
    expect(lost).toBe(0);
    expect(Math.abs(medianMs! - 1_000.5 / 16)).toBeLessThan(0.02);
  });

  it('follows a delay that jumps, and says which clicks were lost', () => {
    const heard = new Float64Array(train.samples.length + 8_000);
    for (const [index, timeMs] of train.timesMs.entries()) {
      if (index === 4 || index === 9) continue;
      const from = Math.round(timeMs * 16);
      const by = index < 6 ? 800 : 1_600;
      heard.set(train.samples.subarray(from, from + 96), from + by);
    }
    const { delaysMs, lost, medianMs } = clickDelays(train, heard);
    expect(lost).toBe(2);
    expect(delaysMs.map((delayMs) => (delayMs === undefined ? undefined : Math.round(delayMs)))).toEqual([
      50,
      50,
      50,
      50,
      undefined,
      50,
      100,
      100,
      100,
      undefined,
      100,
      100,
    ]);
    expect(medianMs).toBeCloseTo(75, 1);
  });

  it('hears no click in silence, and none in noise', () => {
    expect(clickDelays(train, new Float64Array(60_000))).toMatchObject({ lost: 12, medianMs: undefined });
    expect(clickDelays(train, noise(90_000, 0.3)).lost).toBeGreaterThan(9);
  });
});

describe('clickTrain', () => {
  it('never has the same interval twice', () => {
    const intervals = train.timesMs
      .slice(1)
      .map((timeMs, index) => Math.round(timeMs - train.timesMs[index]!));
    expect(new Set(intervals).size).toBe(intervals.length);
    expect(Math.min(...intervals)).toBeGreaterThanOrEqual(240);
  });
});
