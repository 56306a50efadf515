import type { DigestAlgorithm } from '@ringdown/sip';
import type { Account, Accounts, Domain } from './account.ts';

/** What an account is made of; its id and its realm come from the store. */
export interface NewAccount {
  readonly username: string;
  readonly authUsername: string;
  readonly displayName: string | undefined;
  /** Made with the realm of the domain that the account is added to. */
  readonly ha1: Readonly<Record<DigestAlgorithm, string>>;
}

/** What another account already has: its address, or its name in the digest. */
export type AccountConflict = 'address' | 'credentials';

export type AddResult =
  | { readonly kind: 'added'; readonly account: Account }
  | { readonly kind: 'exists'; readonly conflict: AccountConflict }
  | { readonly kind: 'unknown domain' };

export type ImportResult =
  | { readonly kind: 'imported'; readonly count: number }
  /** Nothing was imported: the account at `index` (from 0) is in the way of one that is there or came before it. */
  | { readonly kind: 'exists'; readonly conflict: AccountConflict; readonly index: number }
  | { readonly kind: 'unknown domain' };

export interface AccountPage {
  /** Only this domain's accounts; all without it. */
  readonly domain?: string | undefined;
  /** Go on behind this account, the last of the page before. */
  readonly after?: Account | undefined;
  readonly limit: number;
}

/**
 * Where domains and accounts are kept. Each call is one transaction: it is done, durably, or not at all. Domain names come
 * in lower case. What fails for another reason (a full disk) throws.
 */
export interface AccountStore extends Accounts {
  /** In the order in which they were added; the first is the one that every address of the server stands for. */
  domains(): readonly Domain[];
  domain(name: string): Domain | undefined;
  /** Adds a domain; where its name is there already, that one stays as it is, its realm too, and is returned. */
  addDomain(domain: Domain): Domain;

  add(domain: string, account: NewAccount): AddResult;
  /** Adds all of them or none. */
  import(domain: string, accounts: readonly NewAccount[]): ImportResult;
  /** Stores the hashes of a new password. @returns the account as it is now; undefined where there is none. */
  setPassword(username: string, domain: string, ha1: NewAccount['ha1']): Account | undefined;
  /** @returns the account that was removed; undefined where there was none. */
  remove(username: string, domain: string): Account | undefined;
  /** By domain in the order of {@link domains}, then by username (in code point order). */
  list(page: AccountPage): readonly Account[];
  /** How many accounts there are, of one domain or of all. */
  count(domain?: string): number;

  close(): void;
}

/** What became of an account that a running provider may have answered for: its bindings and nonces end. */
export interface AccountChange {
  readonly kind: 'password' | 'removed';
  readonly accountId: number;
  readonly username: string;
  readonly domain: string;
  readonly authUsername: string;
}
