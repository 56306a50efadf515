import { describe, expect, it } from 'vitest';
import { Memo } from './memo.ts';

describe('a memo', () => {
  it('reads a text once while it is remembered, and forgets what two generations ago was asked last', () => {
    const read: string[] = [];
    const memo = new Memo((text: string) => {
      read.push(text);
      return text.length;
    }, 2);
    expect(['a', 'bb', 'a', 'bb'].map((text) => memo.get(text))).toEqual([1, 2, 1, 2]);
    expect(read).toEqual(['a', 'bb']);
    for (const text of ['c', 'd', 'e', 'f']) memo.get(text);
    expect(memo.get('a')).toBe(1);
    expect(read.filter((text) => text === 'a')).toHaveLength(2);
  });

  it('keeps nothing of what is long', () => {
    let reads = 0;
    const memo = new Memo(() => ++reads);
    const long = 'x'.repeat(201);
    expect([memo.get(long), memo.get(long)]).toEqual([1, 2]);
  });
});
