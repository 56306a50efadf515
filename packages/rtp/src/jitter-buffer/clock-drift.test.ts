import { expect, test } from 'vitest';
import { ClockDrift } from './clock-drift.ts';

test('a longer path is no slower clock', () => {
  const drift = new ClockDrift();
  for (let second = 0; second < 60; second++) drift.add(second < 30 ? 20 : 90, 1_000 * second);
  expect(drift.ppm).toBeCloseTo(0);
});

test('half a millisecond in each second is 500 ppm, and nobody is believed more than 1,000', () => {
  for (const [slope, ppm] of [
    [-0.5, 500],
    [0.5, -500],
    [5, -1_000],
  ] as const) {
    const drift = new ClockDrift();
    expect(drift.ppm).toBeUndefined();
    for (let second = 0; second < 60; second++) drift.add(100 + slope * second, 1_000 * second);
    expect(drift.ppm).toBeCloseTo(ppm);
  }
});
