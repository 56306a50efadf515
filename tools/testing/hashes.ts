import { createHash, createHmac } from 'node:crypto';
import type { HashAlgorithm, Hashes, Text } from '@ringdown/sans-io';

const names: Record<HashAlgorithm, string> = {
  md5: 'md5',
  sha1: 'sha1',
  sha256: 'sha256',
  'sha512-256': 'sha512-256',
};

/** The hashes of node:crypto, written plainly, for the tests of pure packages. */
export const testHashes: Hashes = {
  hex: (algorithm, input) => createHash(names[algorithm]).update(input, 'latin1').digest('hex'),
  digest: (algorithm, input) => new Uint8Array(createHash(names[algorithm]).update(input).digest()),
  hmac: (algorithm, key, input) => new Uint8Array(createHmac(names[algorithm], key).update(input).digest()),
  hmacToken: (algorithm, key, input) =>
    createHmac(names[algorithm], key).update(input, 'latin1').digest('base64url'),
};

/** The text port over Buffer. */
export const testText: Text = {
  latin1: (bytes, start = 0, end = bytes.length) =>
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', start, end),
  latin1Bytes: (text) => Uint8Array.from(text, (character) => character.charCodeAt(0) & 0xff),
  utf8: (bytes) => Buffer.from(bytes).toString('utf8'),
  utf8Bytes: (text) => new Uint8Array(Buffer.from(text, 'utf8')),
};

/** Hashes that count the calls of each method: for tests that say what a path costs. */
export const countingHashes = (): Hashes & { calls: { hex: number; digest: number; hmac: number } } => {
  const calls = { hex: 0, digest: 0, hmac: 0 };
  return {
    calls,
    hex: (algorithm, input) => {
      calls.hex++;
      return testHashes.hex(algorithm, input);
    },
    digest: (algorithm, input) => {
      calls.digest++;
      return testHashes.digest(algorithm, input);
    },
    hmac: (algorithm, key, input) => {
      calls.hmac++;
      return testHashes.hmac(algorithm, key, input);
    },
    hmacToken: (algorithm, key, input) => {
      calls.hmac++;
      return testHashes.hmacToken(algorithm, key, input);
    },
  };
};
