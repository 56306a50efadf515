import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type {
  Account,
  AccountConflict,
  AccountPage,
  AccountStore,
  AddResult,
  Domain,
  ImportResult,
  NewAccount,
} from '@ringdown/provider';
import { AccountQueries, accountColumns, accountOf } from './account-rows.ts';
import { inTransaction, openDatabase } from './database.ts';
import { accountMigrations, userhashOf } from './schema.ts';

/** How long a command waits for another that writes: an import of very many takes seconds. */
const BUSY_TIMEOUT_MS = 30_000;

interface DomainRow {
  readonly id: number;
  readonly realm: string;
}

/** The accounts of a home, for those who change them: every change is on the disk when the call returns. */
export class SqliteAccountStore implements AccountStore {
  readonly #database: DatabaseSync;
  readonly #queries: AccountQueries;
  readonly #domain: StatementSync;
  readonly #insert: StatementSync;
  readonly #addressTaken: StatementSync;

  /** @throws Refusal where the file cannot be opened */
  constructor(file: string) {
    this.#database = openDatabase({
      file,
      content: 'accounts',
      migrations: accountMigrations,
      durability: 'power failure',
      busyTimeoutMs: BUSY_TIMEOUT_MS,
    });
    this.#queries = new AccountQueries(this.#database);
    this.#domain = this.#database.prepare('SELECT id, realm FROM domains WHERE name = ?');
    this.#insert = this.#database.prepare(`
      INSERT INTO accounts (domain_id, username, auth_username, display_name, ha1_md5, ha1_sha256, ha1_sha512_256, userhash)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`);
    this.#addressTaken = this.#database.prepare(
      'SELECT 1 FROM accounts WHERE domain_id = ? AND username = ?',
    );
  }

  domains(): readonly Domain[] {
    return this.#queries.domains();
  }

  domain(name: string): Domain | undefined {
    return this.domains().find((domain) => domain.name === name);
  }

  addDomain({ name, realm, algorithms }: Domain): Domain {
    this.#database
      .prepare('INSERT INTO domains (name, realm, algorithms) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING')
      .run(name, realm, algorithms.join(' '));
    return this.domain(name)!;
  }

  add(domain: string, account: NewAccount): AddResult {
    return inTransaction(this.#database, (): AddResult => {
      const row = this.#rowOf(domain);
      if (row === undefined) return { kind: 'unknown domain' };
      const conflict = this.#insertOne(row, account);
      if (conflict !== undefined) return { kind: 'exists', conflict };
      return { kind: 'added', account: this.byAddress(account.username, domain)! };
    });
  }

  import(domain: string, accounts: readonly NewAccount[]): ImportResult {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const result = this.#insertAll(domain, accounts);
      this.#database.exec(result.kind === 'imported' ? 'COMMIT' : 'ROLLBACK');
      return result;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  setPassword(username: string, domain: string, ha1: NewAccount['ha1']): Account | undefined {
    return inTransaction(this.#database, () => {
      const account = this.byAddress(username, domain);
      if (account === undefined) return undefined;
      this.#database
        .prepare(
          `UPDATE accounts SET ha1_md5 = ?, ha1_sha256 = ?, ha1_sha512_256 = ?, password_version = password_version + 1
           WHERE id = ?`,
        )
        .run(ha1.MD5, ha1['SHA-256'], ha1['SHA-512-256'], account.id);
      return this.byAddress(username, domain);
    });
  }

  remove(username: string, domain: string): Account | undefined {
    return inTransaction(this.#database, () => {
      const account = this.byAddress(username, domain);
      if (account !== undefined) this.#database.prepare('DELETE FROM accounts WHERE id = ?').run(account.id);
      return account;
    });
  }

  list({ domain, after, limit }: AccountPage): readonly Account[] {
    const afterDomain = after === undefined ? 0 : (this.#rowOf(after.domain)?.id ?? 0);
    return this.#database
      .prepare(
        `SELECT ${accountColumns} WHERE (domain_id, username) > (?, ?) AND domains.name = coalesce(?, domains.name)
         ORDER BY domain_id, username LIMIT ?`,
      )
      .all(afterDomain, after?.username ?? '', domain ?? null, limit)
      .map((row) => accountOf(row));
  }

  count(domain?: string): number {
    const of = 'WHERE domain_id = (SELECT id FROM domains WHERE name = ?)';
    const counted =
      domain === undefined
        ? this.#database.prepare('SELECT count(*) AS count FROM accounts').get()
        : this.#database.prepare(`SELECT count(*) AS count FROM accounts ${of}`).get(domain);
    return Number(counted?.count);
  }

  byAddress(username: string, domain: string): Account | undefined {
    return this.#queries.byAddress(username, domain);
  }

  byCredentials(authUsername: string, realm: string): Account | undefined {
    return this.#queries.byCredentials(authUsername, realm);
  }

  /** The number of the newest change that a running server has to apply; 0 before the first. */
  lastChange(): number {
    return Number(
      this.#database
        .prepare("SELECT coalesce(max(seq), 0) AS seq FROM sqlite_sequence WHERE name = 'changes'")
        .get()?.seq,
    );
  }

  /** The newest change that a server has applied. */
  appliedChange(): number {
    return Number(this.#database.prepare('SELECT seq FROM applied').get()?.seq);
  }

  close(): void {
    this.#database.close();
  }

  #rowOf(domain: string): DomainRow | undefined {
    const row = this.#domain.get(domain);
    return row === undefined ? undefined : { id: Number(row.id), realm: String(row.realm) };
  }

  #insertAll(domain: string, accounts: readonly NewAccount[]): ImportResult {
    const row = this.#rowOf(domain);
    if (row === undefined) return { kind: 'unknown domain' };
    for (const [index, account] of accounts.entries()) {
      const conflict = this.#insertOne(row, account);
      if (conflict !== undefined) return { kind: 'exists', conflict, index };
    }
    return { kind: 'imported', count: accounts.length };
  }

  #insertOne({ id, realm }: DomainRow, account: NewAccount): AccountConflict | undefined {
    const { username, authUsername, displayName, ha1 } = account;
    const { changes } = this.#insert.run(
      id,
      username,
      authUsername,
      displayName ?? null,
      ha1.MD5,
      ha1['SHA-256'],
      ha1['SHA-512-256'],
      userhashOf(authUsername, realm),
    );
    if (changes === 1) return undefined;
    return this.#addressTaken.get(id, username) === undefined ? 'credentials' : 'address';
  }
}
