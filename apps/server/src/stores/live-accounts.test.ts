import { hash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, StatementSync } from 'node:sqlite';
import type { AccountChange, Domain } from '@ringdown/provider';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { LiveAccounts } from './live-accounts.ts';
import { SqliteAccountStore } from './sqlite-account-store.ts';

const ha1 = { MD5: 'm', 'SHA-256': 's', 'SHA-512-256': 't' };
const newHa1 = { MD5: 'm2', 'SHA-256': 's2', 'SHA-512-256': 't2' };
const domain = 'radio.example';

let folder: string;
let file: string;
let store: SqliteAccountStore;
let live: LiveAccounts;
let changes: AccountChange[];
let domains: (readonly Domain[])[];
let settle: () => Promise<void>;
let troubles: string[];

const add = (username: string): void => {
  store.add(domain, { username, authUsername: `${username}-auth`, displayName: undefined, ha1 });
};

const open = (cacheEntries = 100): LiveAccounts =>
  new LiveAccounts({
    file,
    cacheEntries,
    onChange: (change) => changes.push(change),
    onDomains: (all) => domains.push(all),
    settled: () => settle(),
    onTrouble: (why) => troubles.push(why),
  });

/** Lets promises that are ready go on. */
const promisesDone = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringdown-live-'));
  file = join(folder, 'accounts.db');
  store = new SqliteAccountStore(file);
  store.addDomain({ name: domain, realm: 'the-realm', algorithms: ['MD5'] });
  changes = [];
  domains = [];
  troubles = [];
  settle = async () => {};
  live = open();
  live.poll();
});

afterEach(() => {
  live.close();
  store.close();
  rmSync(folder, { recursive: true });
});

describe('the accounts of a running server', () => {
  it('have what another process adds, from the next look on where they were asked for before', () => {
    const userhash = hash('sha256', 'alice-auth:the-realm');
    expect(live.byAddress('alice', domain)).toBe(undefined);
    expect(live.byCredentials('alice-auth', 'the-realm')).toBe(undefined);
    expect(live.byUserhash(userhash)).toBe(undefined);
    add('alice');
    add('bob');
    expect(live.byAddress('bob', domain)).toMatchObject({ username: 'bob' });
    live.poll();
    expect(live.byUserhash(userhash)).toMatchObject({ id: 1 });
    expect(live.byAddress('alice', domain)).toMatchObject({ id: 1, ha1 });
    expect(live.byCredentials('alice-auth', 'the-realm')).toBe(live.byCredentials('alice-auth', 'the-realm'));
  });

  it('answer for names that nobody has as for names that somebody has: from memory', () => {
    add('alice');
    live.poll();
    const names = ['alice', 'nobody', 'x'.repeat(129)];
    const ask = () => names.map((name) => live.byAddress(name, domain)?.username);
    expect(ask()).toEqual(['alice', undefined, undefined]);
    // Nothing can be read any more.
    const reading = vi.spyOn(StatementSync.prototype, 'get').mockImplementation(() => {
      throw new Error('SQLite was asked');
    });
    onTestFinished(() => reading.mockRestore());
    expect(ask()).toEqual(['alice', undefined, undefined]);
    expect(() => live.byAddress('somebody', domain)).toThrow('SQLite was asked');
  });

  it('tell of a new password and answer with it', () => {
    add('alice');
    live.byAddress('alice', domain);
    live.byCredentials('alice-auth', 'the-realm');
    store.setPassword('alice', domain, newHa1);
    expect(live.byAddress('alice', domain)).toMatchObject({ ha1 });
    live.poll();
    expect(changes).toEqual([
      { kind: 'password', accountId: 1, username: 'alice', domain, authUsername: 'alice-auth' },
    ]);
    expect(live.byAddress('alice', domain)).toMatchObject({ ha1: newHa1, passwordVersion: 2 });
    expect(live.byCredentials('alice-auth', 'the-realm')).toMatchObject({ ha1: newHa1 });
  });

  it('let go of an account that was removed, and take a new one of its name', () => {
    add('alice');
    live.byAddress('alice', domain);
    live.byCredentials('alice-auth', 'the-realm');
    store.remove('alice', domain);
    live.poll();
    expect(changes).toMatchObject([{ kind: 'removed', accountId: 1 }]);
    expect(live.byAddress('alice', domain)).toBe(undefined);
    expect(live.byCredentials('alice-auth', 'the-realm')).toBe(undefined);
    add('alice');
    live.poll();
    expect(live.byAddress('alice', domain)).toMatchObject({ id: 2 });
  });

  it('tell of another domain', () => {
    store.addDomain({ name: 'studio.example', realm: 'studio.example', algorithms: ['SHA-256'] });
    store.add('studio.example', { username: 'bob', authUsername: 'bob', displayName: undefined, ha1 });
    live.poll();
    expect(domains.at(-1)?.map(({ name }) => name)).toEqual([domain, 'studio.example']);
    expect(live.domains().length).toBe(2);
    expect(live.byAddress('bob', 'studio.example')).toMatchObject({ username: 'bob' });
  });

  it('note what was applied once what it ended is settled', async () => {
    let settled = () => {};
    settle = () =>
      new Promise((resolve) => {
        settled = resolve;
      });
    await promisesDone();
    add('alice');
    store.setPassword('alice', domain, newHa1);
    live.poll();
    await promisesDone();
    expect(store.appliedChange()).toBeLessThan(store.lastChange());
    settled();
    await promisesDone();
    live.poll();
    expect(store.appliedChange()).toBe(store.lastChange());
  });

  it('tell after a restart what the server before had not applied', async () => {
    settle = () => new Promise(() => {});
    await promisesDone();
    add('alice');
    store.setPassword('alice', domain, newHa1);
    live.poll();
    live.close();
    changes = [];
    settle = async () => {};
    live = open();
    live.poll();
    expect(changes).toMatchObject([{ kind: 'password', username: 'alice' }]);
    await promisesDone();
    live.close();
    changes = [];
    live = open();
    live.poll();
    expect(changes).toEqual([]);
  });

  it('apply very many changes portion by portion', async () => {
    const many = Array.from({ length: 1_200 }, (_, index) => ({
      username: `u${index}`,
      authUsername: `u${index}`,
      displayName: undefined,
      ha1,
    }));
    store.import(domain, many);
    for (const { username } of many) store.remove(username, domain);
    const told: number[] = [];
    for (let look = 0; look < 4; look++) {
      live.poll();
      await promisesDone();
      told.push(changes.length);
    }
    expect(told).toEqual([500, 1_000, 1_200, 1_200]);
    live.poll();
    await promisesDone();
    expect(store.appliedChange()).toBe(store.lastChange());
  });

  it('go on while another process writes for long, and note when it is done', async () => {
    add('alice');
    store.setPassword('alice', domain, newHa1);
    const importing = new DatabaseSync(file);
    importing.exec('BEGIN IMMEDIATE');
    const start = performance.now();
    live.poll();
    await promisesDone();
    expect(performance.now() - start).toBeLessThan(500);
    expect(changes.length).toBe(1);
    expect(store.appliedChange()).toBeLessThan(store.lastChange());
    importing.exec('ROLLBACK');
    importing.close();
    live.poll();
    await promisesDone();
    expect(store.appliedChange()).toBe(store.lastChange());
  });

  it('say what is the trouble and try again', async () => {
    settle = () => Promise.reject(new Error('no space'));
    await promisesDone();
    add('alice');
    store.setPassword('alice', domain, newHa1);
    live.poll();
    await promisesDone();
    expect(troubles).toEqual(['applied changes of accounts cannot be noted: no space']);
    settle = async () => {};
    live.poll();
    await promisesDone();
    expect(store.appliedChange()).toBe(store.lastChange());
    expect(changes.length).toBe(1);
  });

  it('stay right with a cache smaller than the number of accounts', () => {
    live.close();
    live = open(4);
    live.poll();
    const names = Array.from({ length: 40 }, (_, index) => `u${index}`);
    for (const name of names) add(name);
    for (let round = 0; round < 3; round++) {
      for (const name of names) expect(live.byAddress(name, domain)?.username).toBe(name);
    }
    for (const name of names) store.setPassword(name, domain, newHa1);
    live.poll();
    for (const name of names) expect(live.byAddress(name, domain)?.passwordVersion).toBe(2);
  });
});
