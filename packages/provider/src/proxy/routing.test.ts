import { instant, wallTime } from '@ringdown/sans-io';
import { buildRequest, parseSipUriOnly, type SipUri } from '@ringdown/sip';
import { describe, expect, test } from 'vitest';
import type { Domain } from '../accounts/account.ts';
import { MemoryAccountStore } from '../accounts/memory-account-store.ts';
import type { Addressed, Target } from '../incoming.ts';
import { Location } from '../location/location.ts';
import { MemoryBindingStore } from '../location/memory-binding-store.ts';
import { Routing, type Standing } from './routing.ts';

const domain: Domain = { name: 'radio.example', realm: 'radio.example', algorithms: ['MD5'] };
const echo: Target = {
  uri: 'sip:echo@service.invalid',
  routes: [],
  flow: 'wss.house',
  isPhone: true,
  q: 1000,
};

/** A server whose echo answers, and what becomes of a call from one user or stranger. */
const server = (accounts: readonly string[] = []) => {
  const store = new MemoryAccountStore();
  store.addDomain(domain);
  const ha1 = { MD5: '', 'SHA-256': '', 'SHA-512-256': '' };
  for (const username of accounts)
    store.add(domain.name, { username, authUsername: username, displayName: undefined, ha1 });
  const routing = new Routing(
    new Location(new MemoryBindingStore(), wallTime(0)),
    store,
    { of: () => domain },
    (username) => (username === 'echo' ? echo : undefined),
  );
  return (uri: string, standing: Standing) => routing.route(standing)(addressed(uri));
};

const addressed = (uri: string): Addressed => {
  const way = { uri, popped: 0, detour: false, routes: [], from: undefined, to: undefined };
  const end = { address: '192.0.2.1', port: 5060 };
  return {
    ...{ kind: 'incoming', now: instant(0), wallTime: wallTime(0), way },
    request: buildRequest({ method: 'INVITE', uri, headers: [] }),
    flow: {
      transport: 'udp',
      connection: '',
      local: end,
      remote: end,
      advertised: end,
      open: true,
      peerNames: [],
    },
    target: parseSipUriOnly(uri) as SipUri,
    targetDomain: domain,
  };
};

describe('a service of the server itself', () => {
  test('is called by our users, over TLS, too', () => {
    const ask = server();
    for (const uri of ['sip:echo@radio.example', 'sips:echo@radio.example', 'sip:%65cho@radio.example'])
      expect(ask(uri, 'ours')).toEqual({ kind: 'relay', sender: 'phone', targets: [echo] });
  });

  test('is no service for strangers', () => {
    expect(server()('sip:echo@radio.example', 'stranger')).toMatchObject({ kind: 'respond', status: 403 });
  });

  test('gives way to an account of its name', () => {
    const ask = server(['echo']);
    expect(ask('sip:echo@radio.example', 'ours')).toMatchObject({ kind: 'respond', status: 480 });
    expect(ask('sip:echo@radio.example', 'stranger')).toMatchObject({ kind: 'respond', status: 480 });
  });

  test('changes nothing for others', () => {
    const ask = server(['alice']);
    expect(ask('sip:nobody@radio.example', 'ours')).toMatchObject({ kind: 'respond', status: 404 });
    expect(ask('sip:alice@radio.example', 'ours')).toMatchObject({ kind: 'respond', status: 480 });
    expect(ask('sip:nobody@radio.example', 'stranger')).toMatchObject({ kind: 'respond', status: 480 });
  });
});
