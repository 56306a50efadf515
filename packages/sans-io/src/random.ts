/** Where randomness comes from: the operating system at the edges, a seed in tests. */
export interface Random {
  /** `length` random bytes, fit for keys and nonces. */
  bytes(length: number): Uint8Array;
  /** `length` random characters of a–z, 0–9: for tags, branches and Call-IDs. About 5.17 bits each. */
  token(length: number): string;
  /** A random number, 0 ≤ n < 1. */
  fraction(): number;
}

const TOKEN_ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** Random numbers that a test can repeat (mulberry32). Never for keys. */
export const seededRandom = (seed: number): Random => {
  let state = seed >>> 0;
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    fraction,
    bytes: (length) => Uint8Array.from({ length }, () => Math.floor(fraction() * 256)),
    token: (length) => {
      let token = '';
      while (token.length < length) token += TOKEN_ALPHABET[Math.floor(fraction() * TOKEN_ALPHABET.length)];
      return token;
    },
  };
};
