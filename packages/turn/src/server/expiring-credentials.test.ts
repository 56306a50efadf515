import { createHmac } from 'node:crypto';
import { nodeHashes } from '@ringdown/net/ports';
import { instant, wallTime } from '@ringdown/sans-io';
import { bytesOf, longTermKey } from '@ringdown/stun';
import { describe, expect, test } from 'vitest';
import { REALM, Stage } from '../../scenarios/server-stage.ts';
import { ALLOCATE, REFRESH } from '../attributes/methods.ts';
import { RequestedTransport, UDP } from '../attributes/numbers.ts';
import { ExpiringCredentials } from './expiring-credentials.ts';

const secret = bytesOf('north');
const NOW = 1_800_000_000_000;

const make = (accounts: ReadonlySet<string> = new Set(['alice', 'a:b'])): ExpiringCredentials =>
  new ExpiringCredentials(
    { realm: REALM, secret, hasAccount: (account) => accounts.has(account) },
    { hashes: nodeHashes, clock: { now: () => instant(0), wallTime: () => wallTime(NOW) } },
  );

describe('ExpiringCredentials', () => {
  test('what is issued is what everybody computes: base64 of an HMAC-SHA1 of the user name', () => {
    const issued = make().issue('alice', 3_600_000);
    expect(issued.username).toBe('1800003600:alice');
    expect(issued.password).toBe(createHmac('sha1', 'north').update('1800003600:alice').digest('base64'));
    expect(issued.expiresAt).toBe(NOW + 3_600_000);
  });

  test('found with its account, its end and its keys', () => {
    const credentials = make();
    for (const account of ['alice', 'a:b']) {
      const { username, password, expiresAt } = credentials.issue(account, 1_000);
      const credential = { username, realm: REALM, password };
      expect(credentials.find(username)).toEqual({
        name: account,
        keys: {
          MD5: longTermKey('MD5', credential, nodeHashes),
          'SHA-256': longTermKey('SHA-256', credential, nodeHashes),
        },
        expiresAt,
      });
    }
  });

  test.each(['alice', ':alice', '1800003600:', '1800003600:nobody', 'x1:alice', '-1:alice', '1e9:alice', ''])(
    '%j is nobody',
    (username) => expect(make().find(username)).toBeUndefined(),
  );

  test('a client allocates with one, and its account ends it', () => {
    const accounts = new Set(['alice']);
    const stage = new Stage();
    const credentials = make(accounts);
    const { username, password } = credentials.issue('alice', 60_000);
    stage.users.get = (name) => credentials.find(name) as never;
    const client = stage.client(1, { username });
    client.key = longTermKey('MD5', { username, realm: REALM, password }, nodeHashes);
    client.allocate();
    accounts.delete('alice');
    stage.server.forget('alice');
    expect(stage.server.size).toBe(0);
    expect(client.code(REFRESH)).toBe(401);
    accounts.add('alice');
    expect(client.code(ALLOCATE, (w) => w.add(RequestedTransport, UDP))).toBe(0);
    stage.advance(60_000);
    expect(client.code(REFRESH)).toBe(0);
    const late = stage.client(2, { username });
    late.key = client.key;
    expect(late.code(ALLOCATE, (w) => w.add(RequestedTransport, UDP))).toBe(401);
  });
});
