import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { broken, cut, harmless, padded, plainAscii, shortened, width, wrapped } from './cells.ts';

describe('cells', () => {
  it('are counted as terminals do', () => {
    expect(width('Köln')).toBe(4);
    expect(width('日本')).toBe(4);
    expect(width('e\u0301')).toBe(1);
    expect(width('👍')).toBe(2);
    expect(width('▁▂▃│─●…−')).toBe(8);
  });

  it('hold what fits, and no half of a wide character', () => {
    expect(cut('日本', 3)).toBe('日');
    expect(shortened('Nachrichten', 6, '…')).toBe('Nachr…');
    expect(padded('日本', 4, '…')).toBe('日本');
    expect(padded('日本語', 4, '…')).toBe('日… ');
  });

  it('are counted once, however long a text is that somebody sends', () => {
    for (const piece of ['👍', '日', 'e\u0301', 'a']) {
      const text = piece.repeat(30_000);
      const began = performance.now();
      const rows = broken(text, 80);
      expect(performance.now() - began).toBeLessThan(1_000);
      expect(rows).toHaveLength(Math.ceil((30_000 * width(piece)) / 80));
    }
    expect(broken('👍👍', 1).join('')).toBe('👍👍');
    expect(broken('ab', 0)).toEqual(['ab']);
  });

  it('are never more than were asked for', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 2, max: 40 }), (text, columns) => {
        expect(width(padded(text, columns, '…'))).toBe(columns);
        for (const row of wrapped(text, columns)) expect(width(row)).toBeLessThanOrEqual(columns);
        expect(broken(text, columns).join('')).toBe(text);
        for (const row of broken(text, columns)) expect(width(row)).toBeLessThanOrEqual(columns);
        expect(width(plainAscii(text))).toBe(width(text));
      }),
    );
  });

  it('break lines at spaces', () => {
    expect(wrapped('one two  three', 8)).toEqual(['one two', 'three']);
    expect(wrapped('abcdefghij kl', 4)).toEqual(['abcd', 'efgh', 'ij', 'kl']);
    expect(wrapped('', 4)).toEqual(['']);
  });

  it('hold nothing that a terminal obeys', () => {
    expect(harmless('a\u001b[2Jb\u202ec\u0007')).toBe('a [2Jb c ');
    expect(plainAscii('Ünï 日')).toBe('Uni ??');
  });
});
