import { createHmac, hash } from 'node:crypto';
import type { Hashes } from '@ringdown/sans-io';
import { hmacToken } from './hmac.ts';

/** OpenSSL's hashes. node:crypto hashes strings as UTF-8, so those that are not ASCII become bytes first. */
export const nodeHashes: Hashes = Object.freeze<Hashes>({
  hex: (algorithm, input) => hash(algorithm, isAscii(input) ? input : Buffer.from(input, 'latin1'), 'hex'),
  digest: (algorithm, input) => hash(algorithm, input, 'buffer'),
  hmac: (algorithm, key, input) => createHmac(algorithm, key).update(input).digest(),
  hmacToken,
});

const isAscii = (text: string): boolean => {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x7f) return false;
  return true;
};
