import type { Hashes } from '@ringdown/sans-io';
import type { Attribute } from './attribute.ts';
import { padded, read16, write16 } from './bytes.ts';
import { Malformed } from './malformed.ts';
import { bytesOf, textAttribute } from './text-attribute.ts';

/** Who asks (RFC 8489 §14.3): byte strings, at most 508 bytes. */
export const Username = textAttribute('USERNAME', 0x0006, 508);
/** RFC 8489 §14.9; without its quotes. */
export const Realm = textAttribute('REALM', 0x0014, 763);
/** RFC 8489 §14.10. */
export const Nonce = textAttribute('NONCE', 0x0015, 763);

/** How the key of a long-term credential is made of its password (RFC 8489 §18.5). */
export type PasswordAlgorithmName = 'MD5' | 'SHA-256';

/** A password algorithm as it stands on the wire: there may be ones that nobody here knows. */
export interface PasswordAlgorithmValue {
  /** 1: MD5, 2: SHA-256 (RFC 8489 §18.5.1). */
  readonly algorithm: number;
  readonly parameters: Uint8Array;
}

const NUMBERS: Readonly<Record<PasswordAlgorithmName, number>> = { MD5: 1, 'SHA-256': 2 };
const NO_PARAMETERS = new Uint8Array(0);

export const passwordAlgorithm = (name: PasswordAlgorithmName): PasswordAlgorithmValue => ({
  algorithm: NUMBERS[name],
  parameters: NO_PARAMETERS,
});

/** @returns undefined for algorithms that are not known, or come with parameters that they do not have. */
export const passwordAlgorithmName = ({
  algorithm,
  parameters,
}: PasswordAlgorithmValue): PasswordAlgorithmName | undefined => {
  if (parameters.length > 0) return undefined;
  if (algorithm === NUMBERS.MD5) return 'MD5';
  return algorithm === NUMBERS['SHA-256'] ? 'SHA-256' : undefined;
};

/** The one that a client has chosen (RFC 8489 §14.12). */
export const PasswordAlgorithm: Attribute<PasswordAlgorithmValue> = {
  name: 'PASSWORD-ALGORITHM',
  type: 0x001d,
  decode: (value) => {
    const list = decodeAlgorithms(value);
    if (list instanceof Malformed) return list;
    return list.length === 1 ? list[0]! : new Malformed('PASSWORD-ALGORITHM with more or less than one');
  },
  encode: (value) => encodeAlgorithms([value]),
};

/** Those that a server offers, the one it likes best first; clients say them back (RFC 8489 §14.11). */
export const PasswordAlgorithms: Attribute<readonly PasswordAlgorithmValue[]> = {
  name: 'PASSWORD-ALGORITHMS',
  type: 0x8002,
  decode: (value) => decodeAlgorithms(value),
  encode: (values) => encodeAlgorithms(values),
};

const decodeAlgorithms = (value: Uint8Array): PasswordAlgorithmValue[] | Malformed => {
  const found: PasswordAlgorithmValue[] = [];
  for (let at = 0; at < value.length; ) {
    if (at + 4 > value.length) return new Malformed('half a password algorithm');
    const start = at + 4;
    const end = start + read16(value, at + 2);
    if (end > value.length) return new Malformed('a password algorithm that is longer than its attribute');
    found.push({ algorithm: read16(value, at), parameters: value.subarray(start, end) });
    at = start + padded(end - start);
  }
  return found;
};

const encodeAlgorithms = (values: readonly PasswordAlgorithmValue[]): Uint8Array => {
  const size = values.reduce((sum, { parameters }) => sum + 4 + padded(parameters.length), 0);
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const { algorithm, parameters } of values) {
    write16(bytes, at, algorithm);
    write16(bytes, at + 2, parameters.length);
    bytes.set(parameters, at + 4);
    at += 4 + padded(parameters.length);
  }
  return bytes;
};

/** A user name that does not show itself: the hash of {@link userhash} (RFC 8489 §14.4). 32 bytes. */
export const Userhash: Attribute<Uint8Array> = {
  name: 'USERHASH',
  type: 0x001e,
  decode: (value) => (value.length === 32 ? value : new Malformed('a USERHASH that is not 32 bytes long')),
  encode: (value) => value,
};

/** SHA-256 of `username ":" realm`, both byte strings prepared by OpaqueString (RFC 8489 §14.4). */
export const userhash = (username: string, realm: string, hashes: Hashes): Uint8Array =>
  hashes.digest('sha256', bytesOf(`${username}:${realm}`));

export interface LongTermCredential {
  /** All three are byte strings, prepared by OpaqueString (RFC 8265). */
  readonly username: string;
  readonly realm: string;
  readonly password: string;
}

/**
 * The key of a long-term credential (RFC 8489 §18.5.1): the same hash as the HA1 of SIP's digest, MD5 of 16 or SHA-256 of
 * 32 bytes.
 */
export const longTermKey = (
  algorithm: PasswordAlgorithmName,
  { username, realm, password }: LongTermCredential,
  hashes: Hashes,
): Uint8Array =>
  hashes.digest(algorithm === 'MD5' ? 'md5' : 'sha256', bytesOf(`${username}:${realm}:${password}`));

/** The key of a short-term credential: its password, as ICE has it (RFC 8489 §9.1.1). */
export const shortTermKey = (password: string): Uint8Array => bytesOf(password);
