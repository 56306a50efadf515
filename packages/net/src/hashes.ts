import { hash } from 'node:crypto';
import type { HashAlgorithm, Hashes } from '@ringdown/sans-io';
import { hmac, hmacToken } from './hmac.ts';

/** Room for what is hashed on the way of a message; longer strings get a buffer of their own. */
const scratch = Buffer.allocUnsafe(2_048);

const hex = (algorithm: HashAlgorithm, input: string): string => {
  if (input.length > scratch.length) return hash(algorithm, Buffer.from(input, 'latin1'), 'hex');
  // node:crypto would hash a string as UTF-8.
  return hash(algorithm, scratch.subarray(0, scratch.write(input, 0, 'latin1')), 'hex');
};

/** OpenSSL's hashes. */
export const nodeHashes: Hashes = Object.freeze<Hashes>({
  hex,
  digest: (algorithm, input) => hash(algorithm, input, 'buffer'),
  hmac,
  hmacToken,
});
