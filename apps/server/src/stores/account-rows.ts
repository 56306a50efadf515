import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import type { Account, Domain } from '@ringdown/provider';
import { type DigestAlgorithm, digestAlgorithms } from '@ringdown/sip';

/** A row as node:sqlite gives it. */
export type Row = Readonly<Record<string, SQLOutputValue>>;

export const accountColumns = `
  accounts.id, username, auth_username, display_name, ha1_md5, ha1_sha256, ha1_sha512_256, password_version,
  domains.name AS domain, realm
  FROM accounts JOIN domains ON domains.id = domain_id`;

type DomainNames = Pick<Domain, 'name' | 'realm'>;

const domainNamesOf = (row: Row): DomainNames => ({ name: String(row.domain), realm: String(row.realm) });

/** @param domain the domain of the row, where its names are in memory already */
export const accountOf = (row: Row, { name, realm }: DomainNames = domainNamesOf(row)): Account => {
  const username = String(row.username);
  const authUsername = String(row.auth_username);
  return {
    id: Number(row.id),
    username,
    domain: name,
    realm,
    authUsername: authUsername === username ? username : authUsername,
    displayName: row.display_name === null ? undefined : String(row.display_name),
    ha1: {
      MD5: String(row.ha1_md5),
      'SHA-256': String(row.ha1_sha256),
      'SHA-512-256': String(row.ha1_sha512_256),
    },
    passwordVersion: Number(row.password_version),
  };
};

export const domainColumns = 'id, name, realm, algorithms FROM domains';

export const domainOf = (row: Row): Domain => ({
  name: String(row.name),
  realm: String(row.realm),
  algorithms: String(row.algorithms).split(' ').filter(isAlgorithm),
});

const isAlgorithm = (text: string): text is DigestAlgorithm =>
  (digestAlgorithms as readonly string[]).includes(text);

/** The questions that a running provider asks, prepared once. */
export class AccountQueries {
  readonly #byAddress: StatementSync;
  readonly #byCredentials: StatementSync;
  readonly #byUserhash: StatementSync;
  readonly #domains: StatementSync;
  /** Tens of thousands of accounts are kept: those of a domain share its names. */
  readonly #names = new Map<string, DomainNames>();

  constructor(database: DatabaseSync) {
    this.#byAddress = database.prepare(`SELECT ${accountColumns} WHERE domains.name = ? AND username = ?`);
    this.#byCredentials = database.prepare(`SELECT ${accountColumns} WHERE realm = ? AND auth_username = ?`);
    this.#byUserhash = database.prepare(`SELECT ${accountColumns} WHERE userhash = ?`);
    this.#domains = database.prepare(`SELECT ${domainColumns} ORDER BY id`);
  }

  byAddress(username: string, domain: string): Account | undefined {
    const row = this.#byAddress.get(domain, username);
    return row === undefined ? undefined : this.#accountOf(row);
  }

  byCredentials(authUsername: string, realm: string): Account | undefined {
    const row = this.#byCredentials.get(realm, authUsername);
    return row === undefined ? undefined : this.#accountOf(row);
  }

  /** @param userhash 64 hexadecimal digits; it holds the realm */
  byUserhash(userhash: string): Account | undefined {
    const row = this.#byUserhash.get(userhash);
    return row === undefined ? undefined : this.#accountOf(row);
  }

  domains(): readonly Domain[] {
    return this.#domains.all().map(domainOf);
  }

  #accountOf(row: Row): Account {
    const names = domainNamesOf(row);
    const known = this.#names.get(names.name);
    if (known?.realm === names.realm) return accountOf(row, known);
    this.#names.set(names.name, names);
    return accountOf(row, names);
  }
}
