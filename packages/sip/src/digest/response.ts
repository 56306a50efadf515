import type { Hashes, Text } from '@ringdown/sans-io';
import { Malformed } from '../message/malformed.ts';
import { type DigestAlgorithm, hashOf } from './algorithm.ts';
import { prepareOpaqueString } from './opaque-string.ts';

/**
 * The algorithm that a header names, whatever its case; MD5 where it names none (RFC 7616 §3.3). Undefined for those that
 * are not spoken here, among them the `-sess` variants: nobody offers them for SIP, and they would keep a session key.
 */
export const readAlgorithm = (written: string | undefined): DigestAlgorithm | undefined => {
  if (written === undefined || written === 'MD5') return 'MD5';
  switch (written.toUpperCase()) {
    case 'MD5':
      return 'MD5';
    case 'SHA-256':
      return 'SHA-256';
    case 'SHA-512-256':
      return 'SHA-512-256';
    default:
      return undefined;
  }
};

/** HA1 for every algorithm, in lower-case hexadecimal. */
export type Ha1 = Readonly<Record<DigestAlgorithm, string>>;

/**
 * `H(username ":" realm ":" password)` (RFC 7616 §3.4.2) for every algorithm, from prepared strings (RFC 8265) hashed as
 * UTF-8. Malformed, with a clause that names which of both, where one cannot be prepared.
 */
export const computeHa1 = (
  hashes: Hashes,
  text: Text,
  authUsername: string,
  realm: string,
  password: string,
): Ha1 | Malformed => {
  const user = prepareOpaqueString(authUsername);
  if (user instanceof Malformed) return new Malformed(`the authentication user name: ${user.why}`);
  const secret = prepareOpaqueString(password);
  if (secret instanceof Malformed) return new Malformed(`the password: ${secret.why}`);
  const bytes = asBytes(text, `${user}:${realm}:${secret}`);
  return {
    MD5: hashes.hex('md5', bytes),
    'SHA-256': hashes.hex('sha256', bytes),
    'SHA-512-256': hashes.hex('sha512-256', bytes),
  };
};

/** `H(username ":" realm)`, what stands for the user name where `userhash` is true (RFC 7616 §3.4.4). */
export const userHash = (
  hashes: Hashes,
  text: Text,
  algorithm: DigestAlgorithm,
  username: string,
  realm: string,
): string => hashes.hex(hashOf[algorithm], asBytes(text, `${username}:${realm}`));

/** The UTF-8 bytes of a string, one character a byte, as a head has them and as {@link Hashes.hex} takes them. */
export const asBytes = (text: Text, written: string): string => text.latin1(text.utf8Bytes(written));

/** HA2 of qop=auth and of RFC 2069: `H(method ":" uri)` (RFC 7616 §3.4.3). */
export const ha2 = (hashes: Hashes, algorithm: DigestAlgorithm, method: string, uri: string): string =>
  hashes.hex(hashOf[algorithm], `${method}:${uri}`);

/** HA2 of qop=auth-int: `H(method ":" uri ":" H(body))` (RFC 7616 §3.4.3). */
export const ha2OfBody = (
  hashes: Hashes,
  algorithm: DigestAlgorithm,
  method: string,
  uri: string,
  body: Uint8Array,
): string => {
  const hash = hashOf[algorithm];
  return hashes.hex(hash, `${method}:${uri}:${hexadecimal(hashes.digest(hash, body))}`);
};

const hexadecimal = (bytes: Uint8Array): string => {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
};

/** What a response is computed from besides the two hashes. `nc` and `cnonce` are necessary where `qop` is given. */
export interface ResponseInput {
  readonly nonce: string;
  readonly qop: string | undefined;
  readonly nc: string | undefined;
  readonly cnonce: string | undefined;
}

/** The `response` of credentials, in lower-case hexadecimal (RFC 7616 §3.4.1; without qop RFC 2069 §2.1.2). */
export const digestResponse = (
  hashes: Hashes,
  algorithm: DigestAlgorithm,
  ha1: string,
  ha2: string,
  { nonce, qop, nc, cnonce }: ResponseInput,
): string =>
  hashes.hex(
    hashOf[algorithm],
    qop === undefined
      ? `${ha1}:${nonce}:${ha2}`
      : `${ha1}:${nonce}:${nc ?? ''}:${cnonce ?? ''}:${qop}:${ha2}`,
  );
