import { constantTimeEqual, type Hashes, type WallTime } from '@ringdown/sans-io';
import type { TransportAddress } from './transport-address.ts';

/** What a server says in its nonces that it can do, so that nobody on the way can hide it (RFC 8489 §9.2.1, §18.1). */
export interface SecurityFeatures {
  readonly passwordAlgorithms: boolean;
  readonly usernameAnonymity: boolean;
}

/** RFC 8489 §9.2: with four characters of base64 behind it, the nonce cookie. */
const COOKIE = 'obMatJos2';
const COOKIE_LENGTH = COOKIE.length + 4;
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
/** Bits 0 and 1 of 24, the first one the greatest: both stand in the first character. */
const PASSWORD_ALGORITHMS = 0b10_0000;
const USERNAME_ANONYMITY = 0b01_0000;

/** The first 13 characters of the nonces of a server with these features. */
export const nonceCookie = ({ passwordAlgorithms, usernameAnonymity }: SecurityFeatures): string => {
  const bits = (passwordAlgorithms ? PASSWORD_ALGORITHMS : 0) | (usernameAnonymity ? USERNAME_ANONYMITY : 0);
  return `${COOKIE}${BASE64.charAt(bits)}AAA`;
};

/** What a nonce says of its server; undefined where it starts with no nonce cookie, as those of RFC 5389 do. */
export const securityFeatures = (nonce: string): SecurityFeatures | undefined => {
  if (!nonce.startsWith(COOKIE) || nonce.length < COOKIE_LENGTH) return undefined;
  const characters = Array.from(nonce.slice(COOKIE.length, COOKIE_LENGTH), (one) => BASE64.indexOf(one));
  if (characters.includes(-1)) return undefined;
  return {
    passwordAlgorithms: (characters[0]! & PASSWORD_ALGORITHMS) !== 0,
    usernameAnonymity: (characters[0]! & USERNAME_ANONYMITY) !== 0,
  };
};

/** 96 bits in base64url: who guesses one may replay what he has heard, no more. */
const SIGNATURE_LENGTH = 16;
const SHORTEST_KEY = 32;

export interface NonceOptions {
  readonly features: SecurityFeatures;
  /** What else a nonce is good for only: a server that offers something else later knows its older nonces no more. */
  readonly context: string;
  /** How long a nonce is good for; then a request that bears it gets a 438. */
  readonly lifetimeMs: number;
}

/**
 * Nonces without state: the nonce cookie, the second in base 36, and a signature that binds both to the client's address and
 * port, so that no two clients have the same nonce (RFC 8489 §9.2.4) and one is good only where it was sent.
 */
export class Nonces {
  readonly #hashes: Hashes;
  readonly #key: Uint8Array;
  readonly #cookie: string;
  readonly #context: string;
  readonly #lifetimeMs: number;

  /** @param key at least 32 random bytes; nonces are good as long as it is the same, also after a restart */
  constructor(hashes: Hashes, key: Uint8Array, { features, context, lifetimeMs }: NonceOptions) {
    if (key.length < SHORTEST_KEY)
      throw new RangeError(`the key of nonces must have at least ${SHORTEST_KEY} bytes`);
    this.#hashes = hashes;
    this.#key = key;
    this.#cookie = nonceCookie(features);
    this.#context = context;
    this.#lifetimeMs = lifetimeMs;
  }

  issue(source: TransportAddress, now: WallTime): string {
    const head = `${this.#cookie}${Math.floor(now / 1000).toString(36)}`;
    return head + this.#sign(head, source);
  }

  /** Whether this was given to this client here, and not too long ago. */
  check(nonce: string, source: TransportAddress, now: WallTime): 'valid' | 'stale' | 'foreign' {
    const end = nonce.length - SIGNATURE_LENGTH;
    if (end <= COOKIE_LENGTH || !nonce.startsWith(this.#cookie)) return 'foreign';
    const head = nonce.slice(0, end);
    if (!constantTimeEqual(nonce.slice(end), this.#sign(head, source))) return 'foreign';
    const issued = Number.parseInt(head.slice(COOKIE_LENGTH), 36) * 1000;
    // Later than now, too: the clock of a server may be set back.
    return Math.abs(now - issued) <= this.#lifetimeMs + 1000 ? 'valid' : 'stale';
  }

  #sign(head: string, { address, port }: TransportAddress): string {
    const signed = `STUN nonce ${head} ${address} ${port} ${this.#context}`;
    return this.#hashes.hmacToken('sha256', this.#key, signed).slice(0, SIGNATURE_LENGTH);
  }
}
