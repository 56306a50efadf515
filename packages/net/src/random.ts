import { randomFillSync } from 'node:crypto';
import type { Random } from '@ringdown/sans-io';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';
/** Every two characters: tokens are made two at a time. */
const PAIRS: readonly string[] = Array.from(ALPHABET, (first) =>
  Array.from(ALPHABET, (second) => first + second),
).flat();
/** Greater 16-bit numbers would make some pairs likelier than others. */
const FAIR = Math.floor(0x1_0000 / PAIRS.length) * PAIRS.length;

/** Asking the operating system costs about a microsecond however little is asked for: ask for much and share it out. */
const pool = new Uint16Array(4096);
let used = pool.length;

const next16Bits = (): number => {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const value = pool[used]!;
  // What was handed out must not be readable later.
  pool[used++] = 0;
  return value;
};

const nextPair = (): string => {
  let value = next16Bits();
  while (value >= FAIR) value = next16Bits();
  return PAIRS[value % PAIRS.length]!;
};

/** Randomness of the operating system, fit for keys. */
export const nodeRandom: Random = Object.freeze({
  bytes: (length: number) => randomFillSync(new Uint8Array(length)),
  token: (length: number) => {
    let token = '';
    while (token.length < length - 1) token += nextPair();
    return token.length < length ? token + nextPair().charAt(0) : token;
  },
  fraction: () => (next16Bits() * 0x1_0000 + next16Bits()) / 2 ** 32,
});
