import type { DigestAlgorithm } from '@ringdown/sip';

/** A domain that this provider answers for. */
export interface Domain {
  /** The host part of its addresses, in lower case. */
  readonly name: string;
  /** The protection domain of its passwords: set once, globally unique, part of every stored hash (RFC 3261 §22.1). */
  readonly realm: string;
  /** The order in which algorithms are challenged; MD5 alone unless the domain asks for more. */
  readonly algorithms: readonly DigestAlgorithm[];
}

/** A SIP account: who may register and call as `sip:username@domain`. */
export interface Account {
  /** Never given to another account, also after removal. */
  readonly id: number;
  /** The user part of the address, unescaped; compared by case (RFC 3261 §19.1.4). */
  readonly username: string;
  readonly domain: string;
  readonly realm: string;
  /** The user name of the digest; often, not always, the user name. */
  readonly authUsername: string;
  readonly displayName: string | undefined;
  /** `H(auth-username ":" realm ":" password)` per algorithm, lower-case hexadecimal. The password itself is stored nowhere. */
  readonly ha1: Readonly<Record<DigestAlgorithm, string>>;
  /** Another number after each new password: nonces and bindings of the old one end. */
  readonly passwordVersion: number;
}

/** What the running provider asks about accounts, on the way of a request: answers at once. */
export interface Accounts {
  byAddress(username: string, domain: string): Account | undefined;
  byCredentials(authUsername: string, realm: string): Account | undefined;
}
