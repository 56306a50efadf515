import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TwoGenerations } from './two-generations.ts';

describe('two generations', () => {
  it('never hold more than twice their capacity, and always the last ones', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40)), fc.integer({ min: 1, max: 10 }), (keys, capacity) => {
        const table = new TwoGenerations<number>(capacity);
        for (const [index, key] of keys.entries()) {
          table.set(String(key), index);
          expect(table.size).toBeLessThanOrEqual(2 * capacity);
          const recent = new Set(keys.slice(Math.max(0, index - capacity + 1), index + 1));
          for (const other of recent) expect(keys[table.get(String(other))!]).toBe(other);
        }
      }),
    );
  });

  it('keep what is read, and forget the rest', () => {
    const table = new TwoGenerations<number>(2);
    for (const key of ['kept', 'a', 'b', 'c', 'd', 'e']) {
      table.set(key, 1);
      table.get('kept');
    }
    expect(table.get('kept')).toBe(1);
    expect(table.get('a')).toBeUndefined();
    table.delete('kept');
    expect(table.get('kept')).toBeUndefined();
  });
});
