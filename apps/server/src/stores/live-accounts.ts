import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Account, AccountChange, Accounts, Domain } from '@ringdown/provider';
import { systemWords } from '../refusal.ts';
import { AccountQueries, type Row } from './account-rows.ts';
import { inTransaction, isBusy, openDatabase } from './database.ts';
import { KnownNames } from './known-names.ts';
import { accountMigrations } from './schema.ts';

export interface LiveAccountsOptions {
  readonly file: string;
  /** A password was changed or an account removed, perhaps by another process: its bindings and nonces end. */
  readonly onChange: (change: AccountChange) => void;
  /** Another process added a domain: here are all. */
  readonly onDomains: (domains: readonly Domain[]) => void;
  /** Resolves when what `onChange` ended is durably gone; only then are the changes done with. */
  readonly settled: () => Promise<void>;
  /** The file could not be read or written just now; it is tried again at the next look. */
  readonly onTrouble: (why: string) => void;
  /** Accounts kept in memory. */
  readonly cacheEntries?: number;
  /** How often to look whether another process has changed something. */
  readonly pollMs?: number;
}

export const liveAccountsDefaults = Object.freeze({ cacheEntries: 65_536, pollMs: 50 });

/** A change is read and told in portions, so that very many do not stop the server. */
const CHANGES_AT_ONCE = 500;

/**
 * Accounts for the running server: asked on the way of every request, so kept in memory once they were found, and let go as
 * soon as another process changed them. Who is not there is kept in mind, too, until anything changes: strangers who try
 * names are not to learn from the time of an answer which ones there are.
 */
export class LiveAccounts implements Accounts {
  readonly #options: Required<LiveAccountsOptions>;
  readonly #reader: DatabaseSync;
  readonly #writer: DatabaseSync;
  readonly #queries: AccountQueries;
  readonly #version: StatementSync;
  readonly #changesAfter: StatementSync;
  #domains: readonly Domain[];
  #byAddress: Map<string, KnownNames>;
  #byRealm: Map<string, KnownNames>;
  #byUserhash: KnownNames;
  #seenVersion: unknown;
  /** The last change that was told, and the last one that is noted as applied. */
  #told: number;
  #noted: number;
  #noting = false;
  #timer: NodeJS.Timeout | undefined;

  /** @throws Refusal where the file cannot be opened */
  constructor(options: LiveAccountsOptions) {
    this.#options = { ...liveAccountsDefaults, ...options };
    const shared = { file: options.file, content: 'accounts', migrations: accountMigrations } as const;
    // What it notes may be lost in a power failure: the changes are then told again.
    this.#reader = openDatabase({ ...shared, durability: 'process', busyTimeoutMs: 1_000 });
    // A long import of another process must not stop the server: what cannot be written now is written later.
    this.#writer = openDatabase({ ...shared, durability: 'process', busyTimeoutMs: 0 });
    this.#queries = new AccountQueries(this.#reader);
    this.#version = this.#reader.prepare('PRAGMA data_version');
    this.#changesAfter = this.#reader.prepare(
      `SELECT seq, kind, account_id, username, domain, auth_username FROM changes WHERE seq > ? ORDER BY seq LIMIT ${CHANGES_AT_ONCE}`,
    );
    this.#told = Number(this.#reader.prepare('SELECT seq FROM applied').get()?.seq);
    this.#noted = this.#told;
    this.#domains = this.#queries.domains();
    this.#byAddress = new Map();
    this.#byRealm = new Map();
    this.#byUserhash = new KnownNames(0);
    this.#makeCaches();
  }

  domains(): readonly Domain[] {
    return this.#domains;
  }

  byAddress(username: string, domain: string): Account | undefined {
    return this.#byAddress.get(domain)?.find(username, () => this.#queries.byAddress(username, domain));
  }

  byCredentials(authUsername: string, realm: string): Account | undefined {
    return this.#byRealm
      .get(realm)
      ?.find(authUsername, () => this.#queries.byCredentials(authUsername, realm));
  }

  /**
   * Who hides the user name behind its hash (RFC 8489 §14.4).
   *
   * @param userhash 64 hexadecimal digits
   */
  byUserhash(userhash: string): Account | undefined {
    return this.#byUserhash.find(userhash, () => this.#queries.byUserhash(userhash));
  }

  /** Starts to look for changes of other processes; what they changed since the last server ran is told first. */
  watch(): void {
    this.#seenVersion = undefined;
    this.poll();
    this.#timer = setInterval(() => this.poll(), this.#options.pollMs);
  }

  /** Looks once. */
  poll(): void {
    try {
      this.#look();
    } catch (error) {
      this.#options.onTrouble(`changes of accounts cannot be read: ${systemWords(error)}`);
    }
    if (this.#told > this.#noted) void this.#note();
  }

  #look(): void {
    const version = this.#version.get()?.data_version;
    if (version === this.#seenVersion) return;
    // Whatever was written: who was not there may be there now.
    for (const names of this.#all()) names.forgetAbsent();
    const rows = this.#changesAfter.all(this.#told);
    // A full portion means that there may be more: the next look reads on.
    if (rows.length < CHANGES_AT_ONCE) this.#seenVersion = version;
    for (const row of rows) this.#tell(row);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#reader.close();
    this.#writer.close();
  }

  #tell(row: Row): void {
    this.#told = Number(row.seq);
    const domain = String(row.domain);
    if (row.kind === 'domain') {
      this.#domains = this.#queries.domains();
      this.#makeCaches();
      this.#options.onDomains(this.#domains);
      return;
    }
    const username = String(row.username);
    const authUsername = String(row.auth_username);
    const realm = this.#domains.find(({ name }) => name === domain)?.realm ?? '';
    this.#byAddress.get(domain)?.forget(username);
    this.#byRealm.get(realm)?.forget(authUsername);
    this.#byUserhash.forgetAll();
    this.#options.onChange({
      kind: row.kind === 'removed' ? 'removed' : 'password',
      accountId: Number(row.account_id),
      username,
      domain,
      authUsername,
    });
  }

  /** Notes in the database what has been applied: commands wait for that. */
  async #note(): Promise<void> {
    if (this.#noting) return;
    this.#noting = true;
    try {
      const told = this.#told;
      await this.#options.settled();
      if (!this.#writer.isOpen) return;
      inTransaction(this.#writer, () => {
        this.#writer.prepare('UPDATE applied SET seq = ?').run(told);
        this.#writer.prepare('DELETE FROM changes WHERE seq <= ?').run(told);
      });
      this.#noted = told;
    } catch (error) {
      if (!isBusy(error))
        this.#options.onTrouble(`applied changes of accounts cannot be noted: ${systemWords(error)}`);
    } finally {
      this.#noting = false;
    }
  }

  *#all(): Generator<KnownNames> {
    yield* this.#byAddress.values();
    yield* this.#byRealm.values();
    yield this.#byUserhash;
  }

  /** One cache for each domain: their number is the operator's, never a stranger's. */
  #makeCaches(): void {
    const perDomain = Math.max(2, Math.floor(this.#options.cacheEntries / Math.max(1, this.#domains.length)));
    this.#byAddress = new Map(this.#domains.map(({ name }) => [name, new KnownNames(perDomain)]));
    this.#byUserhash = new KnownNames(this.#options.cacheEntries);
    this.#byRealm = new Map(this.#domains.map(({ realm }) => [realm, new KnownNames(perDomain)]));
  }
}
