import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { candidatePriority, pairPriority } from './priority.ts';

describe('priorities', () => {
  // RFC 8445 §5.1.2.1, with the preferences of §5.1.2.2; RFC 8839's examples bear the first two.
  test.each([
    ['host', 65_535, 1, 2_130_706_431],
    ['srflx', 65_535, 1, 1_694_498_815],
    ['host', 65_535, 2, 2_130_706_430],
    ['prflx', 65_535, 1, 1_862_270_975],
    ['relay', 65_535, 1, 16_777_215],
    ['relay', 0, 256, 1],
  ] as const)(
    'of a %s candidate with preference %d in component %d',
    (type, preference, component, expected) => {
      expect(candidatePriority(type, preference, component)).toBe(expected);
    },
  );

  test('of a pair are those of RFC 8445 §6.1.2.3', () => {
    expect(pairPriority(2, 1)).toBe(2n ** 32n + 4n + 1n);
    expect(pairPriority(1, 2)).toBe(2n ** 32n + 4n);
    expect(pairPriority(1_694_498_815, 2_130_706_431)).toBe(7_277_816_997_797_167_102n);
    expect(pairPriority(2_130_706_431, 1_694_498_815)).toBe(7_277_816_997_797_167_103n);
  });

  test('of pairs follow the worse candidate first, as appendix B.5 says', () => {
    const priority = fc.integer({ min: 1, max: 2 ** 31 - 1 });
    fc.assert(
      fc.property(priority, priority, priority, priority, (a, b, c, d) => {
        fc.pre(Math.min(a, b) !== Math.min(c, d));
        expect(pairPriority(a, b) > pairPriority(c, d)).toBe(Math.min(a, b) > Math.min(c, d));
      }),
    );
  });
});
