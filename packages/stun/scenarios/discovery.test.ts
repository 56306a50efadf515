import { nodeHashes } from '@ringdown/net/ports';
import type { UdpSocket } from '@ringdown/sans-io';
import { type Host, type HostOptions, type NatType, simulate, type World } from '@ringdown/simulator';
import { describe, expect, test } from 'vitest';
import {
  answerBinding,
  BindingServer,
  type BindingServerOptions,
  type ClassicNatType,
  discoverNat,
  type NatDiscoveryOptions,
  type NatReport,
  type TransportAddress,
} from '../src/index.ts';

const PORTS = [3478, 3479] as const;

/** A server of RFC 5780 on a host with two addresses. @returns its primary address */
const openBehaviourServer = (
  world: World,
  options: BindingServerOptions = { responsePort: true },
  {
    silent = [],
    families = ['ipv4'],
  }: { silent?: readonly string[]; families?: HostOptions['families'] } = {},
): TransportAddress => {
  const pair =
    families?.[0] === 'ipv6' ? ['2001:db8:ffff::1', '2001:db8:ffff::2'] : ['192.0.2.10', '192.0.2.11'];
  const addresses = pair as [string, string];
  const host = world.host('server', { addresses, families: families! });
  const server = new BindingServer({ behaviour: { addresses, ports: PORTS }, ...options });
  const sockets = new Map<string, UdpSocket>();
  for (const address of addresses.filter((one) => !silent.includes(one))) {
    for (const port of PORTS) {
      host.sockets.openUdp(
        { address, port },
        {
          opened: (socket) => void sockets.set(`${address} ${port}`, socket),
          failed: (why) => {
            throw new Error(why);
          },
          received: (bytes, from) => {
            const answer = server.answer(bytes, from, { address, port });
            if (answer === undefined) return;
            sockets.get(`${answer.from.address} ${answer.from.port}`)?.send(answer.bytes, answer.to);
          },
        },
      );
    }
  }
  return { address: addresses[0], port: PORTS[0] };
};

/** A server of RFC 8489 alone. */
const openPlainServer = (host: Host, port = 3478): TransportAddress => {
  let socket: UdpSocket | undefined;
  host.sockets.openUdp(
    { address: host.address, port },
    {
      opened: (opened) => {
        socket = opened;
      },
      failed: () => {},
      received: (bytes, from) => {
        const answer = answerBinding(bytes, from);
        if (answer !== undefined) socket?.send(answer, from);
      },
    },
  );
  return { address: host.address, port };
};

const discover = async (
  world: World,
  host: Host,
  options: NatDiscoveryOptions,
  withinMs = 120_000,
): Promise<readonly NatReport[]> => {
  let reports: readonly NatReport[] | undefined;
  const ports = { sockets: host.sockets, timers: world.timers, random: world.random, hashes: nodeHashes };
  void discoverNat(options, ports).then((found) => {
    reports = found;
  });
  // A world in which nothing is left to happen stops, however many promises have yet to tell each other.
  const pulse = { timerFired: () => void world.timers.start(pulse, 'pulse', 100) };
  pulse.timerFired();
  await world.run({ until: () => reports !== undefined, withinMs });
  return reports!;
};

const discoverOne = async (...parts: Parameters<typeof discover>): Promise<NatReport> => {
  const [report] = await discover(...parts);
  return report!;
};

const NAMES: readonly (readonly [NatType, ClassicNatType])[] = [
  ['open', 'open Internet'],
  ['firewall', 'symmetric UDP firewall'],
  ['full-cone', 'full cone'],
  ['address-restricted', 'restricted cone'],
  ['port-restricted', 'port-restricted cone'],
  ['symmetric', 'symmetric'],
];

describe('discoverNat', () => {
  test.each(NAMES)('%s is called %s', async (nat, classic) => {
    const world = simulate();
    const server = openBehaviourServer(world);
    const alice = world.host('alice', { nat });
    const report = await discoverOne(world, alice, { servers: [server] });
    expect(report.classic).toBe(classic);
    const { mapping, filtering, translates } = alice.nat.behaviour;
    expect([report.mapping, report.translated]).toEqual([mapping, translates]);
    expect(report.filtering).toBe(filtering === 'none' ? 'endpoint-independent' : filtering);
    expect(report.mapped?.address).toBe(translates ? alice.nat.externalAddresses[0] : alice.address);
    expect(world.clock.now()).toBeLessThan(12_000);
    expect(report.sentences.join(' ')).not.toMatch(/not known/);
  });

  test.each(NAMES)('%s with a fifth of the packets lost, ten times', async (nat, classic) => {
    for (let seed = 1; seed <= 10; seed++) {
      const world = simulate({ seed });
      const server = openBehaviourServer(world);
      const alice = world.host('alice', { nat, link: { loss: 0.2, jitterMs: 30, duplication: 0.05 } });
      const report = await discoverOne(world, alice, { servers: [server] });
      expect([seed, report.classic]).toEqual([seed, classic]);
    }
  });

  test.each([
    ['address-dependent', 'endpoint-independent'],
    ['address-dependent', 'address-dependent'],
    ['address-and-port-dependent', 'endpoint-independent'],
    ['endpoint-independent', 'address-dependent'],
  ] as const)('mapping %s with filtering %s, in the words of RFC 4787', async (mapping, filtering) => {
    const world = simulate();
    const server = openBehaviourServer(world);
    const report = await discoverOne(world, world.host('alice', { nat: { mapping, filtering } }), {
      servers: [server],
    });
    expect([report.mapping, report.filtering]).toEqual([mapping, filtering]);
    expect(report.classic).toBe(mapping === 'endpoint-independent' ? 'restricted cone' : 'symmetric');
  });

  test('symmetric: says what it means for a call', async () => {
    const world = simulate();
    const server = openBehaviourServer(world);
    const report = await discoverOne(world, world.host('alice', { nat: 'symmetric' }), { servers: [server] });
    expect(report.sentences.join(' ')).toContain(
      'Your router gives you a new port for each peer (symmetric NAT). Calls to people behind the same kind',
    );
  });

  test.each([
    [true, true],
    ['internal-source', true],
    [false, false],
  ] as const)('hairpinning %s', async (hairpinning, expected) => {
    for (const type of ['full-cone', 'port-restricted'] as const) {
      const world = simulate();
      const server = openBehaviourServer(world);
      const alice = world.host('alice', { nat: { type, hairpinning } });
      expect((await discoverOne(world, alice, { servers: [server] })).hairpinning).toBe(expected);
    }
  });

  test.each([
    [{ portPreservation: true }, 'always', true],
    [{ portParity: true }, 'never', true],
    [{}, 'never', false],
  ] as const)('ports of %o', async (behaviour, portPreservation, portParity) => {
    const world = simulate();
    const server = openBehaviourServer(world);
    const alice = world.host('alice', { nat: { type: 'full-cone', ...behaviour } });
    const report = await discoverOne(world, alice, { servers: [server] });
    expect([report.portPreservation, report.portParity]).toEqual([portPreservation, portParity]);
  });

  test.each(['full-cone', 'symmetric'] as const)(
    'two plain servers show the mapping of %s, and never the filtering',
    async (type) => {
      const world = simulate();
      const servers = ['one', 'two'].map((name) => openPlainServer(world.host(name)));
      const report = await discoverOne(world, world.host('alice', { nat: type }), { servers });
      expect(report.mapping).toBe(type === 'symmetric' ? 'dependent' : 'endpoint-independent');
      expect(report.filtering).toBe('unknown');
      expect(report.classic).toBe(type === 'symmetric' ? 'symmetric' : undefined);
      expect(report.sentences.join(' ')).toContain('that takes a server with two addresses (RFC 5780)');
    },
  );

  test('one plain server shows the address, and nothing is guessed', async () => {
    const world = simulate();
    const server = openPlainServer(world.host('one'));
    const alice = world.host('alice', { nat: 'full-cone' });
    const report = await discoverOne(world, alice, { servers: [server] });
    expect(report.mapped?.address).toBe(alice.nat.externalAddresses[0]);
    expect([report.mapping, report.filtering, report.classic]).toEqual(['unknown', 'unknown', undefined]);
    expect(report.sentences.join(' ')).toContain('or a second server');
  });

  test('a second address that is dead proves nothing about a filter', async () => {
    const world = simulate();
    const server = openBehaviourServer(world, {}, { silent: ['192.0.2.11'] });
    const report = await discoverOne(world, world.host('alice', { nat: 'full-cone' }), { servers: [server] });
    expect([report.filtering, report.classic]).toEqual(['unknown', undefined]);
  });

  test('UDP that is blocked, and a server that is not there', async () => {
    const world = simulate();
    const host = world.host('server');
    const server = openPlainServer(host);
    const alice = world.host('alice', { firewall: { udp: false } });
    const silent = await discoverOne(world, alice, { servers: [server] });
    expect([silent.udp, silent.classic]).toEqual(['no answer', undefined]);
    host.listen({ port: 3478 }, (stream) => ({
      opened: () => {},
      received: (bytes) => stream.send(answerBinding(bytes, stream.remote)!),
      closed: () => {},
    }));
    const blocked = await discoverOne(world, alice, { servers: [server] });
    expect([blocked.udp, blocked.classic]).toEqual(['blocked', 'UDP blocked']);
    expect(blocked.sentences[0]).toMatch(/^UDP does not get through/);
  });

  test('IPv6 beside IPv4, each with its own report', async () => {
    const world = simulate();
    const six = openBehaviourServer(world, {}, { families: ['ipv6'] });
    const four = openPlainServer(world.host('four'));
    const alice = world.host('alice', { nat: 'symmetric', families: ['ipv4', 'ipv6'] });
    const reports = await discover(world, alice, { servers: [six, four] });
    expect(reports.map(({ family, translated }) => [family, translated])).toEqual([
      ['IPv4', true],
      ['IPv6', false],
    ]);
    expect(reports[1]?.classic).toBe('symmetric UDP firewall');
    const old = await discover(world, world.host('old', { nat: 'full-cone' }), { servers: [six] });
    expect(old[0]?.udp).toBe('no address');
  });

  test.each([
    [30_000, undefined],
    [120_000, undefined],
    [200_000, 0.1],
  ])('a mapping that lives %i ms is measured by RESPONSE-PORT', async (lifetimeMs, loss = 0) => {
    const world = simulate();
    const server = openBehaviourServer(world);
    const alice = world.host('alice', { nat: { type: 'port-restricted', lifetimeMs }, link: { loss } });
    const { lifetime } = await discoverOne(world, alice, { servers: [server], lifetime: {} }, 1_200_000);
    expect(lifetime?.method).toBe('RESPONSE-PORT');
    expect(lifetime!.atLeastMs).toBeLessThanOrEqual(lifetimeMs + 1);
    expect(lifetime!.lessThanMs).toBeGreaterThanOrEqual(lifetimeMs);
    expect(lifetime!.lessThanMs! - lifetime!.atLeastMs).toBeLessThanOrEqual(5_000);
    // Nobody waits for the longest of all where a shorter time was enough.
    expect(world.clock.now()).toBeLessThan(lifetimeMs * 3.5 + 30_000);
  });

  test('without RESPONSE-PORT by the own port that changes; a NAT that keeps ports never tells', async () => {
    for (const portPreservation of [false, true]) {
      const world = simulate();
      const server = openPlainServer(world.host('one'));
      const nat = { type: 'full-cone', lifetimeMs: 60_000, portPreservation } as const;
      const progress: string[] = [];
      const { lifetime } = await discoverOne(
        world,
        world.host('alice', { nat }),
        { servers: [server], lifetime: { maxMs: 120_000 }, progress: (sentence) => progress.push(sentence) },
        600_000,
      );
      if (portPreservation) expect(lifetime).toBeUndefined();
      else {
        expect(lifetime).toMatchObject({ method: 'own probes' });
        expect(lifetime!.atLeastMs).toBeLessThanOrEqual(60_000);
        expect(lifetime!.lessThanMs).toBeGreaterThanOrEqual(60_000);
      }
      expect(progress.join(' ')).toContain('Waiting up to 120 s');
    }
  });

  test('a mapping that outlives the measurement', async () => {
    const world = simulate();
    const server = openBehaviourServer(world);
    const alice = world.host('alice', { nat: { type: 'full-cone', lifetimeMs: 900_000 } });
    const options = { servers: [server], lifetime: { maxMs: 100_000 } };
    const { lifetime, sentences } = await discoverOne(world, alice, options, 300_000);
    expect(lifetime).toEqual({ atLeastMs: 100_000, lessThanMs: undefined, method: 'RESPONSE-PORT' });
    expect(sentences.at(-1)).toContain('stays open for 100 s and more');
  });

  test('two NATs in a row are named by what they do together', async () => {
    const world = simulate();
    const server = openBehaviourServer(world);
    const alice = world.host('alice', { nat: ['full-cone', 'symmetric'] });
    expect((await discoverOne(world, alice, { servers: [server] })).classic).toBe('symmetric');
  });

  test('nobody to ask is a mistake of the caller', async () => {
    const world = simulate();
    const { sockets } = world.host('alice');
    const ports = { sockets, timers: world.timers, random: world.random, hashes: nodeHashes };
    await expect(discoverNat({ servers: [] }, ports)).rejects.toThrow(RangeError);
  });
});
