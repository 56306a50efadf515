import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMalformed } from '../message/malformed.ts';
import { prepareOpaqueString } from './opaque-string.ts';

describe('OpaqueString', () => {
  it.each([
    ['correct horse battery staple', 'correct horse battery staple'],
    ['Correct Horse Battery Staple', 'Correct Horse Battery Staple'],
    ['\u03c0\u00df\u00e5', '\u03c0\u00df\u00e5'],
    ['Jack of \u2666s', 'Jack of \u2666s'],
    ['foo\u1680bar', 'foo bar'],
  ])('prepares the examples of RFC 8265 §4.3: %j', (text, prepared) => {
    expect(prepareOpaqueString(text)).toBe(prepared);
  });

  it.each([
    '',
    'my cat is a \u0009by',
    'a\u007f',
    'a\u0085',
    'a\ud800b',
    'a\u00adb',
    'a\ufe0f',
    'a\u0378',
    'a\uffff',
  ])('refuses %j', (text) => {
    expect(isMalformed(prepareOpaqueString(text))).toBe(true);
  });

  it('changes nothing that is prepared', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const prepared = prepareOpaqueString(text);
        if (typeof prepared === 'string') expect(prepareOpaqueString(prepared)).toBe(prepared);
      }),
    );
  });
});
