import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { NewAccount } from '@ringdown/provider';
import { accountStoreContract } from '@ringdown/provider/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Refusal } from '../refusal.ts';
import { AccountQueries } from './account-rows.ts';
import { accountMigrations, userhashOf } from './schema.ts';
import { SqliteAccountStore } from './sqlite-account-store.ts';

let folder = '';
let files = 0;
const newFile = (): string => join(folder, `${++files}.db`);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringdown-accounts-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

accountStoreContract({ describe, it, expect }, 'SqliteAccountStore', () => new SqliteAccountStore(newFile()));

const ha1 = { MD5: 'm', 'SHA-256': 's', 'SHA-512-256': 't' };
const radio = { name: 'radio.example', realm: 'radio.example', algorithms: ['MD5'] } as const;

describe('the file of accounts', () => {
  it('gives everything back to the next process', () => {
    const file = newFile();
    const first = new SqliteAccountStore(file);
    first.addDomain({ ...radio, algorithms: ['SHA-512-256', 'MD5'] });
    const added = first.add('radio.example', {
      username: 'zoë\u0000',
      authUsername: 'z',
      displayName: 'Zoë 😀',
      ha1,
    });
    first.close();
    const second = new SqliteAccountStore(file);
    expect(second.domains()).toEqual([{ ...radio, algorithms: ['SHA-512-256', 'MD5'] }]);
    expect({ kind: 'added', account: second.byCredentials('z', 'radio.example') }).toEqual(added);
    second.close();
  });

  it('finds who hides behind a userhash (RFC 8489 §14.4), also those of an older file', () => {
    const file = newFile();
    const old = new DatabaseSync(file);
    const [first] = accountMigrations;
    old.exec(String(first));
    old.exec("INSERT INTO domains (name, realm, algorithms) VALUES ('radio.example', 'r.example', 'MD5')");
    old.exec(`INSERT INTO accounts (domain_id, username, auth_username, ha1_md5, ha1_sha256, ha1_sha512_256)
              VALUES (1, 'alice', 'a-17', 'm', 's', 't')`);
    old.exec('PRAGMA user_version = 1');
    old.close();
    const store = new SqliteAccountStore(file);
    store.add('radio.example', { username: 'bob', authUsername: 'bob', displayName: undefined, ha1 });
    store.close();
    const database = new DatabaseSync(file);
    const queries = new AccountQueries(database);
    expect(queries.byUserhash(userhashOf('a-17', 'r.example'))).toMatchObject({ username: 'alice' });
    expect(queries.byUserhash(userhashOf('bob', 'r.example'))).toMatchObject({ username: 'bob' });
    expect(queries.byUserhash(userhashOf('alice', 'r.example'))).toBe(undefined);
    expect(userhashOf('bob', 'r.example')).toMatch(/^[0-9a-f]{64}$/);
    database.close();
  });

  it('takes 20,000 accounts within seconds', () => {
    const store = new SqliteAccountStore(newFile());
    store.addDomain(radio);
    const accounts: NewAccount[] = Array.from({ length: 20_000 }, (_, index) => ({
      username: `u${index}`,
      authUsername: `a${index}`,
      displayName: undefined,
      ha1: { MD5: 'a'.repeat(32), 'SHA-256': 'b'.repeat(64), 'SHA-512-256': 'c'.repeat(64) },
    }));
    const start = performance.now();
    expect(store.import('radio.example', accounts)).toEqual({ kind: 'imported', count: 20_000 });
    expect(performance.now() - start).toBeLessThan(5_000);
    expect(store.list({ limit: 3 }).map(({ username }) => username)).toEqual(['u0', 'u1', 'u10']);
    store.close();
  });

  it('says what is wrong with a file that is no database', () => {
    const file = newFile();
    writeFileSync(
      file,
      'this is a text, and long enough that it could be a database of the kind that is wanted here',
    );
    expect(() => new SqliteAccountStore(file)).toThrow(Refusal);
    expect(() => new SqliteAccountStore(file)).toThrow(
      /is damaged or no database .*; put a backup in its place/,
    );
  });

  it('refuses the schema of a newer program', () => {
    const file = newFile();
    new SqliteAccountStore(file).close();
    const database = new DatabaseSync(file);
    database.exec('PRAGMA user_version = 99');
    database.close();
    expect(() => new SqliteAccountStore(file)).toThrow(
      `${file} has schema version 99 and this program knows 2 at most: run the newer ringdown that made it, or restore a backup`,
    );
  });

  it('counts what a running server has to apply, and an addition is not among it', () => {
    const store = new SqliteAccountStore(newFile());
    expect(store.lastChange()).toBe(0);
    store.addDomain(radio);
    store.addDomain(radio);
    expect(store.lastChange()).toBe(1);
    store.add('radio.example', { username: 'a', authUsername: 'a', displayName: undefined, ha1 });
    expect(store.lastChange()).toBe(1);
    store.setPassword('a', 'radio.example', ha1);
    store.remove('a', 'radio.example');
    expect(store.lastChange()).toBe(3);
    expect(store.appliedChange()).toBe(0);
    store.close();
  });
});
