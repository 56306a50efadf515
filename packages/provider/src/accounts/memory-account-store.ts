import type { Account, Domain } from './account.ts';
import type {
  AccountConflict,
  AccountPage,
  AccountStore,
  AddResult,
  ImportResult,
  NewAccount,
} from './account-store.ts';

interface DomainAccounts {
  readonly domain: Domain;
  readonly byUsername: Map<string, Account>;
  readonly byAuthUsername: Map<string, Account>;
}

/** Accounts that end with the process: for tests, and for those who keep accounts elsewhere. */
export class MemoryAccountStore implements AccountStore {
  readonly #domains = new Map<string, DomainAccounts>();
  readonly #byRealm = new Map<string, DomainAccounts>();
  #lastId = 0;

  domains(): readonly Domain[] {
    return [...this.#domains.values()].map((entry) => entry.domain);
  }

  domain(name: string): Domain | undefined {
    return this.#domains.get(name)?.domain;
  }

  addDomain(domain: Domain): Domain {
    const known = this.#domains.get(domain.name);
    if (known !== undefined) return known.domain;
    if (this.#byRealm.has(domain.realm))
      throw new Error(`the realm ${domain.realm} belongs to another domain`);
    const entry: DomainAccounts = { domain, byUsername: new Map(), byAuthUsername: new Map() };
    this.#domains.set(domain.name, entry);
    this.#byRealm.set(domain.realm, entry);
    return domain;
  }

  add(domain: string, account: NewAccount): AddResult {
    const entry = this.#domains.get(domain);
    if (entry === undefined) return { kind: 'unknown domain' };
    const conflict = conflictOf(entry, account);
    return conflict === undefined
      ? { kind: 'added', account: this.#insert(entry, account) }
      : { kind: 'exists', conflict };
  }

  import(domain: string, accounts: readonly NewAccount[]): ImportResult {
    const entry = this.#domains.get(domain);
    if (entry === undefined) return { kind: 'unknown domain' };
    const added: Account[] = [];
    for (const [index, account] of accounts.entries()) {
      const conflict = conflictOf(entry, account);
      if (conflict !== undefined) {
        for (const undone of added) forget(entry, undone);
        return { kind: 'exists', conflict, index };
      }
      added.push(this.#insert(entry, account));
    }
    return { kind: 'imported', count: added.length };
  }

  setPassword(username: string, domain: string, ha1: NewAccount['ha1']): Account | undefined {
    const entry = this.#domains.get(domain);
    const account = entry?.byUsername.get(username);
    if (entry === undefined || account === undefined) return undefined;
    const changed: Account = { ...account, ha1, passwordVersion: account.passwordVersion + 1 };
    remember(entry, changed);
    return changed;
  }

  remove(username: string, domain: string): Account | undefined {
    const entry = this.#domains.get(domain);
    const account = entry?.byUsername.get(username);
    if (entry !== undefined && account !== undefined) forget(entry, account);
    return account;
  }

  list({ domain, after, limit }: AccountPage): readonly Account[] {
    const page: Account[] = [];
    let started = after === undefined;
    for (const entry of this.#domains.values()) {
      const { name } = entry.domain;
      if (!started && after?.domain !== name) continue;
      if (domain === undefined || domain === name) {
        for (const account of inOrder(entry, after?.domain === name ? after.username : undefined)) {
          if (page.length === limit) return page;
          page.push(account);
        }
      }
      started = true;
    }
    return page;
  }

  count(domain?: string): number {
    let count = 0;
    for (const [name, entry] of this.#domains)
      if (domain === undefined || domain === name) count += entry.byUsername.size;
    return count;
  }

  byAddress(username: string, domain: string): Account | undefined {
    return this.#domains.get(domain)?.byUsername.get(username);
  }

  byCredentials(authUsername: string, realm: string): Account | undefined {
    return this.#byRealm.get(realm)?.byAuthUsername.get(authUsername);
  }

  close(): void {}

  #insert(entry: DomainAccounts, account: NewAccount): Account {
    const { name, realm } = entry.domain;
    const inserted: Account = { ...account, id: ++this.#lastId, domain: name, realm, passwordVersion: 1 };
    remember(entry, inserted);
    return inserted;
  }
}

const conflictOf = (entry: DomainAccounts, account: NewAccount): AccountConflict | undefined => {
  if (entry.byUsername.has(account.username)) return 'address';
  return entry.byAuthUsername.has(account.authUsername) ? 'credentials' : undefined;
};

const remember = (entry: DomainAccounts, account: Account): void => {
  entry.byUsername.set(account.username, account);
  entry.byAuthUsername.set(account.authUsername, account);
};

const forget = (entry: DomainAccounts, account: Account): void => {
  entry.byUsername.delete(account.username);
  entry.byAuthUsername.delete(account.authUsername);
};

const inOrder = (entry: DomainAccounts, behind: string | undefined): readonly Account[] =>
  [...entry.byUsername.values()]
    .filter((account) => behind === undefined || account.username > behind)
    .sort((left, right) => (left.username < right.username ? -1 : 1));
