import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nodeClock } from './clock.ts';
import { nodeHashes } from './hashes.ts';
import { nodeRandom } from './random.ts';
import { nodeText } from './text.ts';

const bytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const hex = (value: Uint8Array) => Buffer.from(value).toString('hex');

describe('nodeHashes', () => {
  test.each([
    ['md5', '900150983cd24fb0d6963f7d28e17f72'],
    ['sha1', 'a9993e364706816aba3e25717850c26c9cd0d89d'],
    ['sha256', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    ['sha512-256', '53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23'],
  ] as const)('%s of "abc" (RFC 1321 A.5, FIPS 180-4)', (algorithm, expected) => {
    expect(nodeHashes.hex(algorithm, 'abc')).toBe(expected);
    expect(hex(nodeHashes.digest(algorithm, bytes('abc')))).toBe(expected);
  });

  test('strings are hashed as latin1: one byte a character', () => {
    expect(nodeHashes.hex('sha256', 'é\xff')).toBe(hex(nodeHashes.digest('sha256', bytes('é\xff'))));
  });

  test('HMAC-SHA1 and HMAC-SHA256 (RFC 2202 §3 case 2, RFC 4231 §4.3)', () => {
    const [key, input] = [bytes('Jefe'), bytes('what do ya want for nothing?')];
    expect(hex(nodeHashes.hmac('sha1', key, input))).toBe('effcdf6ae5eb2fa2d27416d5f184df9c259a7c79');
    const expected = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843';
    expect(hex(nodeHashes.hmac('sha256', key, input))).toBe(expected);
    const token = nodeHashes.hmacToken('sha256', key, 'what do ya want for nothing?');
    expect(token).toBe(Buffer.from(expected, 'hex').toString('base64url'));
  });
});

describe('nodeRandom', () => {
  test('tokens have the length asked for, only a–z and 0–9, all of them, and do not repeat', () => {
    const tokens = Array.from({ length: 2000 }, (_, index) => nodeRandom.token(10 + (index % 8)));
    expect(new Set(tokens).size).toBe(tokens.length);
    for (const [index, token] of tokens.entries())
      expect(token).toMatch(new RegExp(`^[a-z0-9]{${10 + (index % 8)}}$`));
    expect(new Set(tokens.join('')).size).toBe(36);
    expect(nodeRandom.token(0)).toBe('');
  });

  test('bytes and fractions', () => {
    expect(hex(nodeRandom.bytes(32))).not.toBe(hex(nodeRandom.bytes(32)));
    const fractions = Array.from({ length: 1000 }, () => nodeRandom.fraction());
    expect(Math.min(...fractions)).toBeLessThan(0.1);
    expect(Math.max(...fractions)).toBeGreaterThan(0.9);
    expect(fractions.every((fraction) => fraction >= 0 && fraction < 1)).toBe(true);
  });
});

test('nodeText: every byte survives latin1, also of a view into another array', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (whole) => {
      const view = whole.subarray(1);
      expect(nodeText.latin1(view, 1)).toBe(String.fromCharCode(...view.subarray(1)));
      expect([...nodeText.latin1Bytes(nodeText.latin1(view))]).toEqual([...view]);
    }),
  );
  expect(nodeText.latin1(Uint8Array.of(0x80, 0x9f))).toBe('\x80\x9f');
  expect(nodeText.utf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0xc3, 0xa9, 0xff))).toBe('\ufeffé\ufffd');
  expect([...nodeText.utf8Bytes('é')]).toEqual([0xc3, 0xa9]);
});

test('nodeClock: the monotonic clock does not run backwards, the other tells the date', () => {
  const before = nodeClock.now();
  expect(nodeClock.now()).toBeGreaterThanOrEqual(before);
  expect(Math.abs(nodeClock.wallTime() - Date.now())).toBeLessThan(1000);
});
