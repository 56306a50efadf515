import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StatelessTags } from './stateless-tags.ts';

const callIds = fc.string({ minLength: 1, unit: 'grapheme-ascii' });
const fractions = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('the tag of an answer that nobody keeps', () => {
  it('is a token, the same for the same call, and known again', () => {
    fc.assert(
      fc.property(callIds, fractions, (callId, fraction) => {
        const tags = new StatelessTags(fraction);
        const tag = tags.tagOfCall(callId);
        expect(tag).toMatch(/^s[a-z2-7]{7}$/);
        expect(new StatelessTags(fraction).tagOfCall(callId)).toBe(tag);
        expect(tags.isOurs(tag, callId)).toBe(true);
        expect(tags.isOurs(tag, `${callId}x`)).toBe(false);
        expect(tags.isOurs(`k${tag}`, callId)).toBe(false);
        const bytes = Uint8Array.from(`${callId}${tag}x`, (letter) => letter.charCodeAt(0));
        const [name, own] = [
          { start: 0, end: callId.length },
          { start: callId.length, end: bytes.length - 1 },
        ];
        expect(tags.tagOfCallAt(bytes, name)).toBe(tag);
        expect(tags.isOursAt(bytes, own, name)).toBe(true);
        expect(tags.isOursAt(bytes, { ...own, end: bytes.length }, name)).toBe(false);
        expect(tags.isOursAt(bytes, { start: 0, end: 0 }, name)).toBe(false);
      }),
    );
  });

  it('has all the bits that tell calls apart, and cannot be told from outside', () => {
    const [one, other] = [new StatelessTags(0.25), new StatelessTags(0.75)];
    const found = Array.from({ length: 20_000 }, (_, index) => one.tagOfCall(`${index}@host`));
    expect(new Set(found).size).toBeGreaterThan(19_990);
    expect(found.every((tag, index) => !other.isOurs(tag, `${index}@host`))).toBe(true);
    for (let at = 1; at < 7; at++) expect(new Set(found.map((tag) => tag[at])).size).toBe(32);
    expect(new Set(found.map((tag) => tag[7])).size).toBe(4);
  });
});
