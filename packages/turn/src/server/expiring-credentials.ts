import { type Clock, type Hashes, type WallTime, wallTime } from '@ringdown/sans-io';
import { longTermKey } from '@ringdown/stun';
import type { TurnCredentials, TurnUser } from './ports.ts';

export interface ExpiringCredentialsOptions {
  readonly realm: string;
  /** What passwords are made of: whoever has it can make credentials for every account. */
  readonly secret: Uint8Array;
  /** Whether there is such an account: one that was removed has no credentials any more, however long they were to last. */
  readonly hasAccount: (account: string) => boolean;
}

/** A credential to give to a client. */
export interface ExpiringCredential {
  readonly username: string;
  readonly password: string;
  readonly expiresAt: WallTime;
}

/**
 * Credentials that somebody else gives out, a web service for its guests, and that nobody keeps (draft-uberti-behave-turn-rest-00
 * §2.2): the user name is when they end, in seconds, a colon and the account; the password an HMAC-SHA1 of that in base64.
 * One `secret` is all that the web service and the server have to share.
 *
 * @example
 * const guests = new ExpiringCredentials({ realm: 'example.org', secret, hasAccount: () => true }, { hashes, clock });
 * guests.issue('alice', 3_600_000); // { username: '1800003600:alice', password: '…', expiresAt }
 */
export class ExpiringCredentials implements TurnCredentials {
  readonly #options: ExpiringCredentialsOptions;
  readonly #hashes: Hashes;
  readonly #clock: Clock;

  constructor(
    options: ExpiringCredentialsOptions,
    ports: { readonly hashes: Hashes; readonly clock: Clock },
  ) {
    this.#options = options;
    this.#hashes = ports.hashes;
    this.#clock = ports.clock;
  }

  /** @param account a byte string, which `forget` of the server names */
  issue(account: string, lifetimeMs: number): ExpiringCredential {
    const seconds = Math.floor((this.#clock.wallTime() + lifetimeMs) / 1_000);
    const username = `${seconds}:${account}`;
    return { username, password: this.#password(username), expiresAt: wallTime(seconds * 1_000) };
  }

  /** Those that have ended, too: the server lets what was allocated with them go on. */
  find(username: string): TurnUser | undefined {
    const [, seconds, account] = /^(\d{1,12}):(.+)$/s.exec(username) ?? [];
    if (seconds === undefined || account === undefined || !this.#options.hasAccount(account))
      return undefined;
    const credential = { username, realm: this.#options.realm, password: this.#password(username) };
    return {
      name: account,
      keys: {
        MD5: longTermKey('MD5', credential, this.#hashes),
        'SHA-256': longTermKey('SHA-256', credential, this.#hashes),
      },
      expiresAt: wallTime(Number(seconds) * 1_000),
    };
  }

  /** 20 bytes are 27 characters and one of padding. */
  #password(username: string): string {
    const token = this.#hashes.hmacToken('sha1', this.#options.secret, username);
    return `${token.replaceAll('-', '+').replaceAll('_', '/')}=`;
  }
}
