import type { DnsRecord, TransportName } from '@ringdown/sip';
import { beforeEach, describe, expect, it } from 'vitest';
import { SERVER_ADDRESS } from '../world/network.ts';
import { passes, UserAgentPhone, type UserAgentPhoneOptions } from '../world/user-agent.ts';
import { World } from '../world/world.ts';

/** The way to the server: kept open, found out to be broken, and found anew. */
let world: World;
beforeEach(() => {
  world = new World({ users: ['alice', 'bob'] });
});

const DEAD = '192.0.2.99';
/** Two servers of the domain: one that is not there is to be tried first. */
const twoServers: readonly DnsRecord[] = [
  ...(['_sip._udp', '_sip._tcp', '_sips._tcp'] as const).flatMap((service) =>
    (['dead', 'live'] as const).map(
      (host, priority): DnsRecord => ({
        type: 'SRV',
        name: `${service}.home.example`,
        ttlSeconds: 60,
        priority,
        weight: 1,
        port: service === '_sips._tcp' ? 5061 : 5060,
        target: `${host}.home.example`,
      }),
    ),
  ),
  { type: 'A', name: 'dead.home.example', ttlSeconds: 60, address: DEAD },
  { type: 'A', name: 'live.home.example', ttlSeconds: 60, address: '192.0.2.1' },
];

const phone = (options: UserAgentPhoneOptions = {}, dead: readonly string[] = []): UserAgentPhone => {
  const made = new UserAgentPhone(world, 'alice', options);
  for (const address of dead) made.deadServers.add(address);
  return made;
};
const pass = (one: UserAgentPhone, milliseconds: number): void => passes(world, [one], milliseconds);
const registers = (one: UserAgentPhone): number => one.requests('REGISTER').length;

describe('over UDP', () => {
  it('is asked by STUN, and left where no answer comes any more', () => {
    const alice = phone().registers();
    pass(alice, 200_000);
    const before = registers(alice);
    alice.stunIsAnswered = false;
    pass(alice, 25_000 + 39_500);
    expect(registers(alice)).toBe(before + 1);
    expect(alice.agent.registration).toBe('registered');
  });

  it('is registered anew where we are seen from elsewhere', () => {
    const alice = phone().registers();
    pass(alice, 10_000);
    const before = registers(alice);
    alice.seenAs = { address: '203.0.113.1', port: 4_711 };
    pass(alice, 25_000);
    expect(registers(alice)).toBe(before + 1);
    pass(alice, 200_000);
    expect(registers(alice)).toBe(before + 1);
    expect(alice.agent.registration).toBe('registered');
  });

  it('stays where the server agrees upon outbound and knows no STUN', () => {
    const alice = phone();
    alice.stunIsAnswered = false;
    alice.registers();
    const before = registers(alice);
    // Once it is looked whether anybody is there; after that what every server passes over keeps the way open.
    pass(alice, 200_000);
    expect(registers(alice)).toBe(before + 1);
    expect(alice.keptAlive.length).toBeGreaterThanOrEqual(5);
    expect(alice.agent.registration).toBe('registered');
    expect(alice.events.filter(({ kind }) => kind === 'registration')).toHaveLength(2);
  });

  it('is not left for what strangers say', () => {
    const alice = phone().registers();
    pass(alice, 1_000);
    const before = registers(alice);
    const flow = alice.flowTo({ transport: 'udp', address: '192.0.2.1', port: 5060 })!;
    for (const bytes of [
      new Uint8Array(),
      new Uint8Array(20),
      Uint8Array.of(1, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42),
    ])
      alice.does((agent) => agent.stunReceived(bytes, flow));
    pass(alice, 100_000);
    expect(registers(alice)).toBe(before);
  });
});

describe('over a connection', () => {
  it.each(['tcp', 'tls', 'ws', 'wss'] as const)('that breaks (%s) is made again at once', (transport) => {
    const alice = phone({ transport }).registers();
    pass(alice, 200_000);
    const before = registers(alice);
    alice.does(() => alice.losesFlows());
    pass(alice, 1_000);
    expect(registers(alice)).toBe(before + 1);
    expect(alice.agent.registration).toBe('registered');
    const bob = new UserAgentPhone(world, 'bob').registers();
    bob.calls('alice');
    passes(world, [alice, bob], 100);
    expect(alice.ringing.state).toBe('ringing');
  });

  it('that breaks while the server is started anew is made again within a minute', () => {
    for (const livedMs of [1_000, 200_000]) {
      const alice = new UserAgentPhone(world, 'alice', { transport: 'tcp' }).registers();
      pass(alice, livedMs);
      alice.deadServers.add(SERVER_ADDRESS);
      alice.losesFlows();
      pass(alice, 5_000);
      expect(alice.agent.registration).toBe('waiting');
      alice.deadServers.clear();
      pass(alice, 24_000);
      expect(alice.agent.registration).toBe('waiting');
      pass(alice, 32_000);
      expect(alice.agent.registration).toBe('registered');
    }
  });

  it('that the server forgot, when it was started anew, is found out and made again', () => {
    const alice = phone({ transport: 'tls' }).registers();
    pass(alice, 200_000);
    const before = registers(alice);
    world.network.forgetsConnections();
    pass(alice, 26_000);
    expect(registers(alice)).toBe(before + 1);
    expect(alice.agent.registration).toBe('registered');
  });

  it('that the server forgot is no reason for a call to fail', () => {
    const bob = new UserAgentPhone(world, 'bob').registers();
    const alice = phone({ transport: 'tcp' }).registers();
    passes(world, [alice, bob], 200_000);
    world.network.forgetsConnections();
    const call = alice.calls('bob');
    passes(world, [alice, bob], 1_000);
    expect(call.state).toBe('early');
  });

  it('that breaks as soon as it stands is not made again and again', () => {
    const alice = phone({ transport: 'tcp' }).registers();
    pass(alice, 200_000);
    const before = registers(alice);
    alice.does(() => alice.losesFlows());
    pass(alice, 1_000);
    expect(registers(alice)).toBe(before + 1);
    alice.does(() => alice.losesFlows());
    pass(alice, 29_000);
    expect(alice.agent.registration).toBe('waiting');
    expect(registers(alice)).toBe(before + 1);
    pass(alice, 120_000);
    expect(alice.agent.registration).toBe('registered');
  });

  it('is not kept busier than the server wants', () => {
    const alice = phone({ transport: 'tcp' });
    alice.flowTimer = 100;
    alice.registers();
    pass(alice, 1_000_000);
    expect(alice.keptAlive.length).toBeGreaterThanOrEqual(10);
    expect(alice.keptAlive.length).toBeLessThanOrEqual(12);
  });
});

describe('a device that slept', () => {
  it.each(['udp', 'tcp', 'wss'] as const)('registers anew as soon as it wakes (%s)', (transport) => {
    const alice = phone({ transport }).registers();
    pass(alice, 60_000);
    const before = registers(alice);
    alice.sleptMs = 7_200_000;
    pass(alice, 26_000);
    expect(registers(alice)).toBe(before + 1);
    expect(alice.agent.registration).toBe('registered');
    expect(world.bindingsOf('alice')).toHaveLength(1);
  });

  it('takes the place of its old binding where it wakes in another network', () => {
    const alice = phone({ transport: 'tcp' }).registers();
    pass(alice, 60_000);
    alice.does(() => alice.goesTo('203.0.113.240'));
    pass(alice, 100);
    expect(alice.agent.registration).toBe('registered');
    expect(world.bindingsOf('alice').map(({ contact }) => contact)).toEqual([
      expect.stringContaining('203.0.113.240'),
    ]);
  });

  it('does not wait for its turn when it moves while the server is away', () => {
    const alice = phone({ transport: 'tcp' });
    alice.loses = () => true;
    alice.does((agent) => agent.register());
    pass(alice, 33_000);
    expect(alice.agent.registration).toBe('waiting');
    alice.loses = () => false;
    alice.does(() => alice.goesTo('203.0.113.241'));
    pass(alice, 100);
    expect(alice.agent.registration).toBe('registered');
  });
});

describe('a domain with several servers', () => {
  it.each([
    ['udp', 33_000],
    ['tcp', 100],
    ['tls', 100],
  ] as readonly (readonly [TransportName, number])[])(
    'is reached by the next where one is not there (%s)',
    (transport, withinMs) => {
      const alice = phone({ transport, dns: twoServers }, [DEAD]);
      alice.does((agent) => agent.register());
      pass(alice, withinMs);
      expect(alice.agent.registration).toBe('registered');
      expect(alice.sentTo.at(-1)).toBe('192.0.2.1');
      expect(alice.sentTo[0]).toBe(DEAD);
      // And all else goes where the registration is.
      alice.does((agent) => agent.options('bob'));
      pass(alice, 100);
      expect(alice.sentTo.at(-1)).toBe('192.0.2.1');
    },
  );

  it.each([
    ['does not answer a refresh', false],
    ['does not answer STUN', true],
  ])('is left for the next where one %s any more, without waiting', (_, speaksStun) => {
    const alice = phone({
      transport: 'udp',
      dns: twoServers,
      ...(!speaksStun && { keepAliveMs: 10_000_000 }),
    });
    alice.alsoServers.add(DEAD);
    alice.registers();
    expect(alice.sentTo.at(-1)).toBe(DEAD);
    pass(alice, 200_000);
    alice.deadServers.add(DEAD);
    const before = alice.sent.length;
    // A keep-alive or a refresh is due, is given up, and so is what is tried there first.
    pass(alice, speaksStun ? 25_000 + 39_500 + 33_000 : 2_900_000 + 32_000 + 33_000);
    expect(alice.agent.registration).toBe('registered');
    expect(alice.sentTo.at(-1)).toBe('192.0.2.1');
    expect(alice.sentTo.slice(before)).toContain(DEAD);
    const states = alice.events.flatMap((event) => (event.kind === 'registration' ? [event.state] : []));
    expect(states).not.toContain('waiting');
  });

  it('is left for the next where one is overloaded', () => {
    const alice = phone({ transport: 'udp', dns: twoServers });
    alice.alsoServers.add(DEAD);
    alice.registers();
    pass(alice, 200_000);
    alice.overloaded.add(DEAD);
    pass(alice, 2_900_000);
    expect(alice.agent.registration).toBe('registered');
    expect(alice.sentTo.at(-1)).toBe('192.0.2.1');
  });
});

describe('a server that is away', () => {
  it('is asked ever more seldom, up to half an hour (RFC 5626 §4.5)', () => {
    const alice = phone({ transport: 'tcp' });
    alice.isOffline = true;
    alice.does((agent) => agent.register());
    const times: number[] = [];
    let seen = 0;
    for (let seconds = 0; seconds < 20_000; seconds++) {
      pass(alice, 1_000);
      const failures = alice.events.filter(
        (event) => event.kind === 'registration' && event.state === 'waiting',
      ).length;
      if (failures > seen) times.push(seconds);
      seen = failures;
    }
    const waits = times.slice(1).map((time, at) => time - times[at]!);
    expect(waits.length).toBeGreaterThanOrEqual(10);
    for (const [at, wait] of waits.entries()) {
      const upper = Math.min(1_800, 30 * 2 ** (at + 1));
      expect(wait).toBeGreaterThanOrEqual(upper / 2 - 2);
      expect(wait).toBeLessThanOrEqual(upper + 2);
    }
  });
});

it('takes sips: for what it asks: TLS from the first hop on', () => {
  const plain = new UserAgentPhone(world, 'alice').registers();
  expect(() => plain.agent.call('sips:bob@home.example')).toThrow(
    /over udp: register over TLS, or write sip:/,
  );
  expect(() => plain.agent.message('sips:bob@home.example', 'Hello')).toThrow(TypeError);
  expect(plain.requests('INVITE')).toEqual([]);
  const secure = new UserAgentPhone(world, 'bob', { transport: 'tls' }).registers();
  pass(secure, 1_000);
  secure.does(() => secure.agent.call('sips:alice@home.example'));
  pass(secure, 100);
  expect(secure.requests('INVITE').length).toBeGreaterThan(0);
});
