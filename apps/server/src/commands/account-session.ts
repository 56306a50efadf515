import { setTimeout as pause } from 'node:timers/promises';
import { nodeHashes, nodeRandom, nodeText } from '@ringdown/net/ports';
import type { Account, Domain } from '@ringdown/provider';
import { computeHa1, type DigestAlgorithm, isMalformed } from '@ringdown/sip';
import { configuredDomain } from '../config/configured-domain.ts';
import { type Home, homeDirectory, openHome } from '../home/home.ts';
import { isServing } from '../home/serve-lock.ts';
import { Refusal } from '../refusal.ts';
import { SqliteAccountStore } from '../stores/sqlite-account-store.ts';
import type { AccountOptions } from './account-options.ts';
import { type AccountTarget, readDomain } from './account-target.ts';
import { establishDomain, knownDomain, newDomainNote } from './domain.ts';
import type { Terminal } from './terminal.ts';

/** How long a command waits until the running server has what it changed. */
const APPLY_WITHIN_MS = 2_000;

/** One `account` command's work on the accounts of a home. */
export class AccountSession {
  readonly home: Home;
  readonly store: SqliteAccountStore;
  readonly #terminal: Terminal;

  /** @throws Refusal where the home or its accounts cannot be opened */
  constructor({ home }: AccountOptions, terminal: Terminal) {
    this.home = openHome(homeDirectory(home));
    this.store = new SqliteAccountStore(this.home.accountsFile);
    this.#terminal = terminal;
  }

  /** The domain to add accounts to: made if it is not there. */
  domainToFill(named: string | undefined): Domain {
    const isEmpty = this.store.domains().length === 0;
    const wanted = named ?? (isEmpty ? configuredDomain(this.home) : undefined);
    const established = establishDomain(
      this.store,
      wanted === undefined ? undefined : readDomain(wanted),
      nodeRandom,
    );
    const note = newDomainNote(established);
    if (note !== undefined) this.#terminal.note(`ringdown: ${note}`);
    return established.domain;
  }

  /** @throws Refusal where there is no such account */
  account({ username, domain: named }: AccountTarget): Account {
    const domain = knownDomain(this.store, named);
    const account = domain === undefined ? undefined : this.store.byAddress(username, domain.name);
    if (account !== undefined) return account;
    throw new Refusal(
      domain === undefined
        ? `there is no account ${username}: the home ${this.home.directory} has none yet ("ringdown account add" makes one)`
        : `there is no account ${username}@${domain.name}: "ringdown account list" shows those that there are`,
    );
  }

  /** @throws Refusal where the password can be none */
  ha1(authUsername: string, realm: string, password: string): Readonly<Record<DigestAlgorithm, string>> {
    const ha1 = computeHa1(nodeHashes, nodeText, authUsername, realm, password);
    if (isMalformed(ha1))
      throw new Refusal(`this can be no password: ${ha1.why.replace(/^the password: /, '')}`);
    return ha1;
  }

  /** Waits until the running server, if one runs, has applied what was changed. */
  async applied(): Promise<void> {
    const change = this.store.lastChange();
    const isDone = (): boolean => this.store.appliedChange() >= change;
    if (isDone() || !isServing(this.home)) return;
    const deadline = performance.now() + APPLY_WITHIN_MS;
    while (performance.now() < deadline) {
      await pause(10);
      if (isDone()) return;
    }
    this.#terminal.note(
      'ringdown: this is done, but the running server is busy and has not confirmed that it knows',
    );
  }

  close(): void {
    this.store.close();
  }
}

/** Opens the accounts of a home for `work` and closes them again. */
export const withAccounts = async <Result>(
  options: AccountOptions,
  terminal: Terminal,
  work: (session: AccountSession) => Result | Promise<Result>,
): Promise<Result> => {
  const session = new AccountSession(options, terminal);
  try {
    return await work(session);
  } finally {
    session.close();
  }
};
