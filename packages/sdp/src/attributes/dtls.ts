import type { Attribute } from '../attribute.ts';
import { isToken, malformed, readAttribute } from '../grammar.ts';

export interface FingerprintValue {
  /** In lower case: `sha-256`. */
  readonly hash: string;
  /** Pairs of hexadecimal digits in upper case, with colons between them. */
  readonly value: string;
}

const PAIRS = /^[0-9A-F]{2}(?::[0-9A-F]{2}){0,127}$/;

/** `a=fingerprint:sha-256 6B:8B:…` (RFC 8122 §5). A section may have several, of several hashes or certificates. */
export const Fingerprint: Attribute<FingerprintValue> = {
  name: 'fingerprint',
  decode: (text) => {
    const { fingerprint } = readAttribute('fingerprint', text);
    const hash = String(fingerprint?.type ?? '').toLowerCase();
    const value = String(fingerprint?.hash ?? '').toUpperCase();
    return isToken(hash) && PAIRS.test(value) ? { hash, value } : malformed('a=fingerprint', 'RFC 8122 §5');
  },
  encode: ({ hash, value }) => `${hash} ${value}`,
};

/** Who opens the DTLS association (RFC 4145 §4, RFC 8842 §5). */
export type SetupRole = 'active' | 'passive' | 'actpass' | 'holdconn';

const ROLES: ReadonlySet<string> = new Set(['active', 'passive', 'actpass', 'holdconn']);

/** `a=setup:actpass`. */
export const Setup: Attribute<SetupRole> = {
  name: 'setup',
  decode: (value) => (ROLES.has(value) ? (value as SetupRole) : malformed('a=setup', 'RFC 4145 §4')),
  encode: (role) => role,
};

/** `a=tls-id:…`: a new one asks for a new association (RFC 8842 §4). */
export const TlsId: Attribute<string> = {
  name: 'tls-id',
  decode: (value) => (/^[\w+/-]{20,255}$/.test(value) ? value : malformed('a=tls-id', 'RFC 8842 §4')),
  encode: (value) => value,
};
