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
