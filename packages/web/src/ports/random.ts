import type { Random } from '@ringdown/sans-io';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';
/** Greater bytes would make some characters likelier than others. */
const FAIR = Math.floor(256 / ALPHABET.length) * ALPHABET.length;
/** WebCrypto gives no more at once. */
const MOST_BYTES = 65_536;

const bytes = (length: number): Uint8Array<ArrayBuffer> => {
  const filled = new Uint8Array(length);
  for (let start = 0; start < length; start += MOST_BYTES)
    crypto.getRandomValues(filled.subarray(start, start + MOST_BYTES));
  return filled;
};

const token = (length: number): string => {
  let made = '';
  while (made.length < length)
    for (const byte of bytes(length - made.length)) if (byte < FAIR) made += ALPHABET[byte % ALPHABET.length];
  return made;
};

/** Randomness of WebCrypto, fit for keys. */
export const browserRandom: Random = Object.freeze({
  bytes,
  token,
  fraction: () => {
    const [high = 0, low = 0] = new Uint32Array(bytes(8).buffer);
    return ((high >>> 5) * 0x4000000 + (low >>> 6)) / 2 ** 53;
  },
});
