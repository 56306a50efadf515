import { createHmac, hash } from 'node:crypto';
import type { HashAlgorithm } from '@ringdown/sans-io';

/** Bytes of a block of MD5, SHA-1 and SHA-256 (RFC 2104 §2). */
const BLOCK = 64;
/** Longer inputs than a packet of any network are rare here and go the slow way. */
const SHORT = 2_048;
/** A key laid into its two pads, with room behind for what is hashed. */
class Pads {
  private readonly inner = Buffer.alloc(BLOCK + SHORT, 0x36);
  private readonly outer = Buffer.alloc(BLOCK + 64, 0x5c);

  constructor(algorithm: HashAlgorithm, key: Uint8Array) {
    const short = key.length > BLOCK ? hash(algorithm, key, 'buffer') : key;
    for (let index = 0; index < short.length; index++) {
      this.inner[index]! ^= short[index]!;
      this.outer[index]! ^= short[index]!;
    }
  }

  token(algorithm: HashAlgorithm, input: string): string {
    const length = this.inner.write(input, BLOCK, 'latin1');
    const digest = hash(algorithm, this.inner.subarray(0, BLOCK + length), 'buffer');
    this.outer.set(digest, BLOCK);
    return hash(algorithm, this.outer.subarray(0, BLOCK + digest.length), 'base64url');
  }
}

const pads = new Map<string, WeakMap<Uint8Array, Pads>>();

/**
 * HMAC (RFC 2104) of a latin1 string in base64url. A `createHmac` makes a key object each time, which costs many times
 * what the hash does; two one-shot hashes over pads that are kept cost about a microsecond. SHA-512/256, whose blocks are
 * longer, and long inputs go the ordinary way.
 */
export const hmacToken = (algorithm: HashAlgorithm, key: Uint8Array, input: string): string => {
  if (algorithm === 'sha512-256' || input.length > SHORT) {
    return createHmac(algorithm, key).update(input, 'latin1').digest('base64url');
  }
  return padsOf(algorithm, key).token(algorithm, input);
};

/** Blocks of the key of the moment, with room behind for what is hashed. */
const inner = Buffer.alloc(BLOCK + SHORT);
const outer = Buffer.alloc(BLOCK + 64);

/**
 * HMAC (RFC 2104) of bytes, by two one-shot hashes likewise. The key is laid into its pads each time: those who sign messages
 * have as many keys as users.
 */
export const hmac = (algorithm: HashAlgorithm, key: Uint8Array, input: Uint8Array): Uint8Array => {
  if (algorithm === 'sha512-256' || input.length > SHORT)
    return createHmac(algorithm, key).update(input).digest();
  const short = key.length > BLOCK ? hash(algorithm, key, 'buffer') : key;
  for (let index = 0; index < BLOCK; index++) {
    const byte = index < short.length ? short[index]! : 0;
    inner[index] = byte ^ 0x36;
    outer[index] = byte ^ 0x5c;
  }
  inner.set(input, BLOCK);
  const digest = hash(algorithm, inner.subarray(0, BLOCK + input.length), 'buffer');
  outer.set(digest, BLOCK);
  return hash(algorithm, outer.subarray(0, BLOCK + digest.length), 'buffer');
};

const padsOf = (algorithm: HashAlgorithm, key: Uint8Array): Pads => {
  const ofAlgorithm = pads.get(algorithm) ?? new WeakMap<Uint8Array, Pads>();
  pads.set(algorithm, ofAlgorithm);
  const known = ofAlgorithm.get(key);
  if (known !== undefined) return known;
  const made = new Pads(algorithm, key);
  ofAlgorithm.set(key, made);
  return made;
};
