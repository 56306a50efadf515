import type { ContractRunner } from '../contract-runner.ts';
import type { Domain } from './account.ts';
import type { AccountStore, NewAccount } from './account-store.ts';

const radio: Domain = { name: 'radio.example', realm: 'radio.example', algorithms: ['MD5'] };
const studio: Domain = {
  name: 'studio.example',
  realm: 'a1b2.studio.example',
  algorithms: ['SHA-256', 'MD5'],
};

const hashes = (tag: string): NewAccount['ha1'] => ({
  MD5: `md5-${tag}`,
  'SHA-256': `sha256-${tag}`,
  'SHA-512-256': `sha512-256-${tag}`,
});

const newAccount = (username: string, more: Partial<NewAccount> = {}): NewAccount => ({
  username,
  authUsername: username,
  displayName: undefined,
  ha1: hashes(username),
  ...more,
});

/**
 * The tests that every {@link AccountStore} passes.
 *
 * @param makeStore makes an empty store, another one each time
 */
export const accountStoreContract = (
  runner: ContractRunner,
  name: string,
  makeStore: () => AccountStore,
): void => {
  const store = (): AccountStore => {
    const made = makeStore();
    made.addDomain(radio);
    made.addDomain(studio);
    return made;
  };
  runner.describe(`${name} as an account store`, () => {
    domainContract(runner, makeStore, store);
    accountContract(runner, store);
    importContract(runner, store);
    listContract(runner, store);
  });
};

const domainContract = (
  { it, expect }: ContractRunner,
  makeStore: () => AccountStore,
  store: () => AccountStore,
): void => {
  it('starts without domains and accounts', () => {
    const empty = makeStore();
    expect(empty.domains()).toEqual([]);
    expect(empty.count()).toBe(0);
    expect(empty.list({ limit: 10 })).toEqual([]);
    expect(empty.domain('radio.example')).toBe(undefined);
    expect(empty.add('radio.example', newAccount('alice'))).toEqual({ kind: 'unknown domain' });
    expect(empty.import('radio.example', [newAccount('alice')])).toEqual({ kind: 'unknown domain' });
    empty.close();
  });

  it('keeps domains in the order in which they came', () => {
    const both = store();
    expect(both.domains()).toEqual([radio, studio]);
    expect(both.domain('studio.example')).toEqual(studio);
    both.close();
  });

  it('never gives a domain another realm', () => {
    const both = store();
    expect(both.addDomain({ ...radio, realm: 'other' })).toEqual(radio);
    expect(both.domain('radio.example')).toEqual(radio);
    both.close();
  });
};

const accountContract = ({ it, expect }: ContractRunner, store: () => AccountStore): void => {
  it('finds an account by its address and by its credentials', () => {
    const accounts = store();
    const added = accounts.add(
      'studio.example',
      newAccount('alice', { authUsername: 'a-17', displayName: 'Alice Ångström' }),
    );
    const expected = {
      id: 1,
      username: 'alice',
      domain: 'studio.example',
      realm: 'a1b2.studio.example',
      authUsername: 'a-17',
      displayName: 'Alice Ångström',
      ha1: hashes('alice'),
      passwordVersion: 1,
    };
    expect(added).toEqual({ kind: 'added', account: expected });
    expect(accounts.byAddress('alice', 'studio.example')).toEqual(expected);
    expect(accounts.byCredentials('a-17', 'a1b2.studio.example')).toEqual(expected);
    expect(accounts.count()).toBe(1);
    expect(accounts.count('studio.example')).toBe(1);
    expect(accounts.count('other.example')).toBe(0);
    accounts.close();
  });

  it('compares user names by case, and by domain and realm', () => {
    const accounts = store();
    accounts.add('radio.example', newAccount('alice', { authUsername: 'a-17' }));
    expect(accounts.byAddress('Alice', 'radio.example')).toBe(undefined);
    expect(accounts.byAddress('alice', 'studio.example')).toBe(undefined);
    expect(accounts.byAddress('a-17', 'radio.example')).toBe(undefined);
    expect(accounts.byCredentials('A-17', 'radio.example')).toBe(undefined);
    expect(accounts.byCredentials('a-17', 'a1b2.studio.example')).toBe(undefined);
    expect(accounts.byCredentials('alice', 'radio.example')).toBe(undefined);
    expect(accounts.add('radio.example', newAccount('Alice'))).toMatchObject({ kind: 'added' });
    expect(accounts.add('studio.example', newAccount('alice'))).toMatchObject({ kind: 'added' });
    accounts.close();
  });

  it('refuses an address and credentials that are there', () => {
    const accounts = store();
    accounts.add('radio.example', newAccount('alice', { authUsername: 'a-17' }));
    expect(accounts.add('radio.example', newAccount('alice'))).toEqual({
      kind: 'exists',
      conflict: 'address',
    });
    expect(accounts.add('radio.example', newAccount('bob', { authUsername: 'a-17' }))).toEqual({
      kind: 'exists',
      conflict: 'credentials',
    });
    expect(accounts.count()).toBe(1);
    accounts.close();
  });

  it('changes a password and counts its version', () => {
    const accounts = store();
    accounts.add('radio.example', newAccount('alice'));
    const changed = accounts.setPassword('alice', 'radio.example', hashes('new'));
    expect(changed).toMatchObject({ id: 1, ha1: hashes('new'), passwordVersion: 2 });
    expect(accounts.byCredentials('alice', 'radio.example')).toEqual(changed);
    expect(accounts.setPassword('bob', 'radio.example', hashes('new'))).toBe(undefined);
    expect(accounts.setPassword('alice', 'studio.example', hashes('new'))).toBe(undefined);
    accounts.close();
  });

  it('removes an account and gives its number to no other', () => {
    const accounts = store();
    accounts.add('radio.example', newAccount('alice'));
    expect(accounts.remove('alice', 'radio.example')).toMatchObject({ id: 1, username: 'alice' });
    expect(accounts.remove('alice', 'radio.example')).toBe(undefined);
    expect(accounts.byAddress('alice', 'radio.example')).toBe(undefined);
    expect(accounts.byCredentials('alice', 'radio.example')).toBe(undefined);
    const again = accounts.add('radio.example', newAccount('alice'));
    expect(again).toMatchObject({ kind: 'added', account: { id: 2, passwordVersion: 1 } });
    accounts.close();
  });
};

const importContract = ({ it, expect }: ContractRunner, store: () => AccountStore): void => {
  it('imports many', () => {
    const accounts = store();
    const many = Array.from({ length: 300 }, (_, index) => newAccount(`user${index}`));
    expect(accounts.import('radio.example', many)).toEqual({ kind: 'imported', count: 300 });
    expect(accounts.count()).toBe(300);
    expect(accounts.byAddress('user299', 'radio.example')).toMatchObject({ ha1: hashes('user299') });
    accounts.close();
  });

  it('imports nothing where one is in the way of what is there', () => {
    const accounts = store();
    accounts.add('radio.example', newAccount('bob', { authUsername: 'b-1' }));
    const fresh = [newAccount('alice'), newAccount('carol', { authUsername: 'b-1' }), newAccount('dave')];
    expect(accounts.import('radio.example', fresh)).toEqual({
      kind: 'exists',
      conflict: 'credentials',
      index: 1,
    });
    expect(accounts.count()).toBe(1);
    expect(accounts.byAddress('alice', 'radio.example')).toBe(undefined);
    expect(accounts.byCredentials('alice', 'radio.example')).toBe(undefined);
    accounts.close();
  });

  it('imports nothing where two of them are the same', () => {
    const accounts = store();
    const twice = [newAccount('alice'), newAccount('bob'), newAccount('alice', { authUsername: 'other' })];
    expect(accounts.import('radio.example', twice)).toEqual({
      kind: 'exists',
      conflict: 'address',
      index: 2,
    });
    expect(accounts.count()).toBe(0);
    expect(accounts.import('radio.example', [newAccount('alice')])).toEqual({ kind: 'imported', count: 1 });
    accounts.close();
  });
};

const listContract = ({ it, expect }: ContractRunner, store: () => AccountStore): void => {
  it('lists by domain and username, page by page', () => {
    const accounts = store();
    for (const username of ['dave', 'alice', 'Zoe']) accounts.add('studio.example', newAccount(username));
    for (const username of ['carol', 'bob']) accounts.add('radio.example', newAccount(username));
    const seen: string[] = [];
    for (let page = accounts.list({ limit: 2 }); page.length > 0; ) {
      seen.push(page.map(({ username, domain }) => `${username}@${domain}`).join(' '));
      page = accounts.list({ limit: 2, after: page.at(-1) });
    }
    expect(seen).toEqual([
      'bob@radio.example carol@radio.example',
      'Zoe@studio.example alice@studio.example',
      'dave@studio.example',
    ]);
    accounts.close();
  });

  it('lists one domain alone', () => {
    const accounts = store();
    accounts.add('radio.example', newAccount('bob'));
    for (const username of ['dave', 'alice']) accounts.add('studio.example', newAccount(username));
    const usernames = accounts.list({ domain: 'studio.example', limit: 10 }).map(({ username }) => username);
    expect(usernames).toEqual(['alice', 'dave']);
    expect(accounts.list({ domain: 'nowhere.example', limit: 10 })).toEqual([]);
    const first = accounts.byAddress('alice', 'studio.example');
    expect(accounts.list({ domain: 'studio.example', after: first, limit: 1 })).toMatchObject([
      { username: 'dave' },
    ]);
    accounts.close();
  });
};
