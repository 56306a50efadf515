import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AccountChange } from '@ringdown/provider';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Home, openHome } from '../home/home.ts';
import { lockForServing, type ServeLock } from '../home/serve-lock.ts';
import { LiveAccounts } from '../stores/live-accounts.ts';
import { accountAdd } from './account-add.ts';
import { accountPassword } from './account-password.ts';
import { accountRemove } from './account-remove.ts';
import type { Terminal } from './terminal.ts';

let home: Home;
let lock: ServeLock;
let live: LiveAccounts;
let changes: AccountChange[];
let notes: string[];
let terminal: Terminal;

const openLive = (): LiveAccounts =>
  new LiveAccounts({
    file: home.accountsFile,
    onChange: (change) => changes.push(change),
    onDomains: () => {},
    settled: async () => {},
    onTrouble: (why) => notes.push(why),
    pollMs: 20,
  });

beforeEach(() => {
  home = openHome(mkdtempSync(join(tmpdir(), 'ringdown-session-')));
  lock = lockForServing(home);
  changes = [];
  notes = [];
  live = openLive();
  live.watch();
  terminal = { print: () => {}, note: (text) => notes.push(text), readInput: async () => '' };
});

afterEach(() => {
  live.close();
  lock.release();
  rmSync(home.directory, { recursive: true });
});

it('returns when the running server has what was changed', async () => {
  const options = { home: home.directory };
  await accountAdd('alice', { ...options, domain: 'radio.example' }, terminal);
  expect(live.domains().map(({ name }) => name)).toEqual(['radio.example']);
  expect(live.byAddress('alice', 'radio.example')).toMatchObject({ passwordVersion: 1 });
  await accountPassword('alice', options, terminal);
  expect(changes.map(({ kind }) => kind)).toEqual(['password']);
  expect(live.byAddress('alice', 'radio.example')).toMatchObject({ passwordVersion: 2 });
  await accountRemove('alice', options, terminal);
  expect(changes.map(({ kind }) => kind)).toEqual(['password', 'removed']);
  expect(live.byAddress('alice', 'radio.example')).toBe(undefined);
  expect(notes).toEqual([]);
});

it('says so where the running server does not confirm', async () => {
  live.close();
  live = openLive(); // it does not watch
  await accountAdd('alice', { home: home.directory }, terminal);
  expect(notes).toEqual([
    'ringdown: this is done, but the running server is busy and has not confirmed that it knows',
  ]);
});

it('says that an account takes the place of a service', async () => {
  const options = { home: home.directory, domain: 'radio.example' };
  await accountAdd('echo', options, terminal);
  expect(notes).toEqual([
    'ringdown: the server itself answers sip:echo@radio.example no longer: this account has its name now',
  ]);
});
