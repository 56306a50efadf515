import type { Listener } from '@ringdown/net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { browserTurnUris, greeting } from './greeting.ts';
import { homeAt } from './home/home.ts';

beforeEach(() => vi.stubEnv('RINGDOWN_HOME', '/standard'));
afterEach(() => vi.unstubAllEnvs());

const radio = { name: 'radio.example', realm: 'radio.example', algorithms: ['MD5'] } as const;
const other = { name: 'first.example', realm: 'first.example', algorithms: ['MD5'] } as const;
const at = (address: string, port = 5060, transport: Listener['transport'] = 'udp'): Listener => ({
  transport,
  address,
  port,
});
const lines = (
  listeners: readonly Listener[],
  { directory = '/standard', first = undefined as typeof other | undefined, advertise = '' } = {},
): readonly string[] =>
  greeting(
    {
      home: homeAt(directory),
      domain: { domain: radio, isNew: false, first },
      accounts: 1,
      listeners,
      tlsName: undefined,
      services: ['echo', 'tone'],
      turnListeners: [at('127.0.0.1', 3478), at('192.0.2.2', 3478), at('0.0.0.0', 5349, 'tls')],
    },
    advertise || undefined,
  ).split('\n');

it('says what a phone is given, how an account is added, and what listens', () => {
  expect(
    lines([at('127.0.0.1'), at('192.0.2.2'), at('::1'), at('2001:db8::2'), at('::', 5061, 'tls')]),
  ).toEqual([
    'domain radio.example (realm radio.example) with 1 account in /standard',
    'phones: where one asks for a server or proxy, give 192.0.2.2 or [2001:db8::2]',
    'relay: where one asks for STUN or TURN, give stun:192.0.2.2 turn:192.0.2.2 turns:192.0.2.2, with the user name and password of an account',
    'try it: call sip:echo@radio.example to hear yourself, sip:tone@radio.example to hear a tone',
    'accounts: npx ringdown account add NAME',
    'ready udp:127.0.0.1:5060 udp:192.0.2.2:5060 udp:[::1]:5060 udp:[2001:db8::2]:5060 tls:[::]:5061 turn-udp:127.0.0.1:3478 turn-udp:192.0.2.2:3478 turn-tls:0.0.0.0:5349',
    '',
  ]);
});

it.each([
  [[at('127.0.0.1', 45_000)], '', '127.0.0.1:45000'],
  [[at('192.0.2.2')], 'sip.radio.example', 'sip.radio.example or 192.0.2.2'],
  [[at('192.0.2.2'), at('192.0.2.3')], '192.0.2.2', '192.0.2.2 or 192.0.2.3'],
  [[at('192.0.2.2', 5070)], '[2001:db8::9]', '[2001:db8::9]:5070 or 192.0.2.2:5070'],
])('tells phones of %j, advertised as %j: %s', (listeners, advertise, servers) => {
  expect(lines(listeners, { advertise })).toContain(
    `phones: where one asks for a server or proxy, give ${servers}`,
  );
});

it('names a domain that is not the first, and a home that is not the usual one', () => {
  expect(lines([at('192.0.2.2')], { directory: '/a home', first: other })).toContain(
    'accounts: npx ringdown account add NAME@radio.example --home "/a home"',
  );
});

it('says where TURN is as a browser is told, by what listens', () => {
  const server = {
    listeners: [at('127.0.0.1'), at('127.0.0.1', 18_443, 'wss')],
    turnListeners: [at('127.0.0.1', 13_478), at('127.0.0.1', 13_478, 'tcp'), at('127.0.0.1', 5349, 'tls')],
    tlsName: undefined,
  };
  expect(browserTurnUris(server, undefined)).toEqual([
    'turn:127.0.0.1:13478?transport=udp',
    'turn:127.0.0.1:13478?transport=tcp',
    'turns:127.0.0.1?transport=tcp',
    'turns:127.0.0.1:18443?transport=tcp',
  ]);
  expect(browserTurnUris({ ...server, tlsName: 'sip.radio.example' }, '[2001:db8::9]')).toEqual([
    'turn:[2001:db8::9]:13478?transport=udp',
    'turn:[2001:db8::9]:13478?transport=tcp',
    'turns:sip.radio.example?transport=tcp',
    'turns:sip.radio.example:18443?transport=tcp',
  ]);
  expect(browserTurnUris({ ...server, turnListeners: [] }, undefined)).toEqual([]);
});
