import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodeHashes } from './hashes.ts';

describe('hmacToken', () => {
  it('is the HMAC of RFC 2104 for keys and inputs of every length', () => {
    const latin1 = fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 1_200 });
    const algorithms = fc.constantFrom('md5', 'sha1', 'sha256', 'sha512-256');
    fc.assert(
      fc.property(algorithms, fc.uint8Array({ maxLength: 100 }), latin1, (algorithm, key, codes) => {
        const input = String.fromCharCode(...codes);
        const expected = createHmac(algorithm, key).update(input, 'latin1').digest('base64url');
        expect(nodeHashes.hmacToken(algorithm, key, input)).toBe(expected);
        expect(nodeHashes.hmacToken(algorithm, key, input)).toBe(expected);
      }),
    );
  });
});

describe('hmac', () => {
  it('is the HMAC of RFC 2104 for keys and inputs of every length, one after the other', () => {
    const algorithms = fc.constantFrom('md5', 'sha1', 'sha256', 'sha512-256');
    const bytes = (maxLength: number) => fc.uint8Array({ maxLength });
    fc.assert(
      fc.property(algorithms, bytes(100), bytes(1_200), (algorithm, key, input) => {
        const expected = createHmac(algorithm, key).update(input).digest('hex');
        expect(Buffer.from(nodeHashes.hmac(algorithm, key, input)).toString('hex')).toBe(expected);
      }),
    );
  });

  it('is the caller’s: the next one does not write into it', () => {
    const key = Uint8Array.of(1);
    const first = nodeHashes.hmac('sha1', key, Uint8Array.of(2));
    const copy = Uint8Array.from(first);
    nodeHashes.hmac('sha1', key, Uint8Array.of(3));
    expect(Uint8Array.from(first)).toEqual(copy);
  });
});
