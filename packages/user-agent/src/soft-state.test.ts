import { seededRandom } from '@ringdown/sans-io';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { backOffMs, refreshAfterMs } from './soft-state.ts';

it('waits as RFC 5626 §4.5 says: not at all, then 30 to 60 s, twice as long each time, at most half an hour', () => {
  fc.assert(
    fc.property(fc.nat(40), fc.nat(), (failures, seed) => {
      const waited = backOffMs(failures, seededRandom(seed));
      const upper = failures === 0 ? 0 : Math.min(1_800_000, 30_000 * 2 ** failures);
      expect(waited).toBeGreaterThanOrEqual(upper / 2);
      expect(waited).toBeLessThanOrEqual(upper);
    }),
  );
});

it('refreshes before the end, and never later than ten minutes before it where there is so much time', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 87_000 }), (seconds) => {
      const left = seconds - refreshAfterMs(seconds) / 1000;
      expect(left).toBeCloseTo(Math.min(600, seconds / 2));
    }),
  );
});

it('is never done without end, however short it is said to be', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (seconds) => {
      expect(refreshAfterMs(seconds)).toBeGreaterThanOrEqual(500);
    }),
  );
});

it('is done once a day at least, however long it is said to be', () => {
  for (const seconds of [1e6, 2 ** 32, 1e300, Number.POSITIVE_INFINITY])
    expect(refreshAfterMs(seconds)).toBe(86_400_000);
});
