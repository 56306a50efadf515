import type { Attribute } from '../attribute.ts';
import { malformed, numberIn, wordsOf } from '../grammar.ts';

/** Characters of base64 that key and salt of a suite take (RFC 4568 §6.2, RFC 6188 §4, RFC 7714 §14.2). */
const KEY_LENGTHS = {
  AES_CM_128_HMAC_SHA1_80: 40,
  AES_CM_128_HMAC_SHA1_32: 40,
  F8_128_HMAC_SHA1_80: 40,
  AES_256_CM_HMAC_SHA1_80: 62,
  AES_256_CM_HMAC_SHA1_32: 62,
  AEAD_AES_128_GCM: 38,
  AEAD_AES_256_GCM: 59,
} as const satisfies Readonly<Record<string, number>>;

export type CryptoSuite = keyof typeof KEY_LENGTHS;

export interface CryptoValue {
  /** Tells the lines of an offer apart; the answer repeats one. */
  readonly tag: number;
  readonly suite: CryptoSuite;
  /** Master key and salt in base64, padded. */
  readonly key: string;
  /** `2^31`, or a number, as it was written (RFC 4568 §6.1). */
  readonly lifetime?: string;
  readonly masterKeyIndex?: { readonly value: number; readonly bytes: number };
}

/**
 * `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:…|2^20|1:4` (RFC 4568 §9.1), with one key. Lines with session parameters
 * change what the suite does and are not read, nor are suites that nobody here knows.
 */
export const Crypto: Attribute<CryptoValue> = {
  name: 'crypto',
  decode: (text) => {
    const [tagText, suite = '', method = '', ...session] = wordsOf(text);
    const tag = numberIn(tagText, 0, 999_999_999);
    const [key = '', ...rest] = method.slice('inline:'.length).split('|');
    const parts = partsBehindKey(rest);
    const isRight = tag !== undefined && isSuite(suite) && session.length === 0 && parts !== undefined;
    if (!isRight || !method.toLowerCase().startsWith('inline:') || !isKey(key, suite))
      return malformed('a=crypto', 'RFC 4568 §9.1');
    return { tag, suite, key: padded(key), ...parts };
  },
  encode: ({ tag, suite, key, lifetime, masterKeyIndex }) => {
    const index =
      masterKeyIndex === undefined ? undefined : `${masterKeyIndex.value}:${masterKeyIndex.bytes}`;
    const method = [key, lifetime, index].filter((part) => part !== undefined).join('|');
    return `${tag} ${suite} inline:${method}`;
  },
};

const isSuite = (text: string): text is CryptoSuite => Object.hasOwn(KEY_LENGTHS, text);

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Whether this is base64 of as many bytes as the suite's key and salt have. */
export const isKey = (key: string, suite: CryptoSuite): boolean =>
  BASE64.test(key) && key.replaceAll('=', '').length === KEY_LENGTHS[suite];

/** Some leave the padding out. */
const padded = (key: string): string => {
  const bare = key.replaceAll('=', '');
  return bare.padEnd(Math.ceil(bare.length / 4) * 4, '=');
};

type Parts = Pick<CryptoValue, 'lifetime' | 'masterKeyIndex'>;

/** Lifetime and MKI, either of which may be left out. */
const partsBehindKey = (rest: readonly string[]): Parts | undefined => {
  if (rest.length > 2) return undefined;
  let parts: Parts = {};
  for (const part of rest) {
    const [index, length, ...more] = part.split(':');
    if (length === undefined) {
      if (!/^(?:2\^\d{1,2}|\d{1,15})$/.test(part) || parts.lifetime !== undefined) return undefined;
      parts = { ...parts, lifetime: part };
    } else {
      const value = numberIn(index, 0, Number.MAX_SAFE_INTEGER);
      const bytes = numberIn(length, 1, 128);
      if (value === undefined || bytes === undefined || more.length > 0) return undefined;
      parts = { ...parts, masterKeyIndex: { value, bytes } };
    }
  }
  return parts;
};
