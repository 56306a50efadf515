import { parseUri, type Uri } from '@ringdown/sip';
import { describe, expect, it } from 'vitest';
import type { Account, Domain } from '../accounts/account.ts';
import { owns, refuseUnowned } from './ownership.ts';

const domain = (name: string): Domain => ({ name, realm: name, algorithms: ['MD5'] });
const first = domain('example.org');
const second = domain('example.net');
const hosts = new Map([
  ['example.org', first],
  ['192.0.2.9', first],
  ['[2001:db8::9]', first],
  ['example.net', second],
]);
const domains = { of: ({ host }: { host: string }) => hosts.get(host) };
const alice = { id: 1, username: 'alice+1', domain: 'example.org' } as Account;
const uri = (text: string): Uri => parseUri(text) as Uri;

describe('an account', () => {
  it.each([
    ['sip:alice+1@example.org', true],
    ['sip:alice%2B1@EXAMPLE.org:5060;transport=tcp', true],
    ['sips:alice+1@192.0.2.9:5360', true],
    ['sip:alice+1@[2001:db8::9]', true],
    ['sip:Alice+1@example.org', false],
    ['sip:alice+1@example.net', false],
    ['sip:alice+1@example.com', false],
    ['sip:alice+1@192.0.2.8', false],
    ['sip:example.org', false],
    ['sip:bob@example.org', false],
    ['tel:+1', false],
  ])('owns %s: %s', (text, owned) => {
    expect(owns(domains, alice, uri(text))).toBe(owned);
  });

  it('is told which header is not its own', () => {
    expect(refuseUnowned(domains, alice, 'From', uri('sip:alice+1@example.org'))).toBeUndefined();
    expect(refuseUnowned(domains, alice, 'From', uri('sip:bob@example.org'))).toMatchObject({
      status: 403,
      reason: 'From Is Not Your Address',
      why: 'From sip:bob@example.org is not the address of alice+1@example.org',
    });
  });
});
