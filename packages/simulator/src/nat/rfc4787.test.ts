import { describe, expect, it } from 'vitest';
import { mappedBy, openEcho, openParty, type Party } from '../../scenarios/party.ts';
import { endpointText, type NatOptions, simulate } from '../index.ts';

/** Two hosts behind one NAT, and an echo with two ports and two addresses outside. */
const scene = (options: NatOptions, seed = 1) => {
  const world = simulate({ seed });
  const servers = [world.host('server'), world.host('second server')];
  const echoes = servers.map((host) => openEcho(world, host, 3478));
  const otherPort = openEcho(world, servers[0]!, 3479);
  const nat = world.nat(options);
  const alice = world.host('alice', { nat });
  const bob = world.host('bob', { nat });
  return { world, nat, alice, bob, echo: echoes[0]!, otherAddress: echoes[1]!, otherPort };
};

const texts = ({ received }: Party): readonly string[] => received.map(({ text }) => text);

describe('RFC 4787', () => {
  it('REQ-1: endpoint-independent mapping is the same toward everybody; the others are not', () => {
    const mappings = (options: NatOptions): number => {
      const { world, alice, echo, otherAddress, otherPort } = scene(options);
      const party = openParty(world, alice);
      const seen = [echo, otherPort, otherAddress].map(({ local }) => mappedBy(world, party, local)?.port);
      return new Set(seen).size;
    };
    expect(mappings({ mapping: 'endpoint-independent' })).toBe(1);
    expect(mappings({ mapping: 'address-dependent' })).toBe(2);
    expect(mappings({ mapping: 'address-and-port-dependent' })).toBe(3);
  });

  it('REQ-2: paired pooling shows a host at one address, arbitrary pooling at several', () => {
    const addresses = (pooling: 'paired' | 'arbitrary'): number => {
      const { world, alice, echo } = scene({ pooling, externalAddresses: 4 });
      const seen = Array.from({ length: 20 }, () => mappedBy(world, openParty(world, alice), echo.local));
      return new Set(seen.map((endpoint) => endpoint?.address)).size;
    };
    expect(addresses('paired')).toBe(1);
    expect(addresses('arbitrary')).toBe(4);
  });

  it('REQ-2: pairs dissolve with the last mapping, and different hosts may have different addresses', () => {
    const { world, nat, echo } = scene({ externalAddresses: ['203.0.113.100', '203.0.113.101'] });
    const hosts = Array.from({ length: 12 }, (_, index) => world.host(`host ${index}`, { nat }));
    const seen = hosts.map((host) => mappedBy(world, openParty(world, host), echo.local)?.address);
    expect(new Set(seen)).toEqual(new Set(['203.0.113.100', '203.0.113.101']));
    const again = hosts.map((host) => {
      world.advance(200_000);
      return mappedBy(world, openParty(world, host), echo.local)?.address;
    });
    expect(again).not.toEqual(seen);
  });

  it('REQ-3: preserves a port that is free, and never gives one twice', () => {
    const { world, alice, bob, echo } = scene({ portPreservation: true });
    const first = mappedBy(world, openParty(world, alice, 5060), echo.local);
    const second = mappedBy(world, openParty(world, bob, 5060), echo.local);
    expect(first?.port).toBe(5060);
    expect(second?.port).not.toBe(5060);
    expect(mappedBy(world, openParty(world, bob, 5062), echo.local)?.port).toBe(5062);
  });

  it('REQ-4: keeps the parity of ports where it is asked to', () => {
    const { world, alice, echo } = scene({ portParity: true });
    for (const port of [4000, 4001, 4002, 4003, 4004, 4005, 4006, 4007]) {
      expect(mappedBy(world, openParty(world, alice, port), echo.local)!.port % 2).toBe(port % 2);
    }
  });

  it('REQ-5 and 6: a mapping lives by what goes out, and by what comes in only where that is said', () => {
    const lives = (refreshedByInbound: boolean, direction: 'in' | 'out'): boolean => {
      const { world, alice, echo } = scene({ type: 'full-cone', lifetimeMs: 120_000, refreshedByInbound });
      const party = openParty(world, alice);
      const mapped = mappedBy(world, party, echo.local)!;
      for (let round = 0; round < 3; round++) {
        world.advance(100_000);
        if (direction === 'out') party.send('refresh', echo.local);
        else echo.send('refresh', mapped);
      }
      world.advance(100_000);
      const before = party.received.length;
      echo.send('are you there?', mapped);
      world.advance(1000);
      return party.received.length > before;
    };
    expect(lives(false, 'out')).toBe(true);
    expect(lives(true, 'in')).toBe(true);
    expect(lives(false, 'in')).toBe(false);
  });

  it('REQ-5: ends to the millisecond', () => {
    const { world, alice, echo } = scene({ type: 'full-cone', lifetimeMs: 30_000 });
    const party = openParty(world, alice);
    const sentAt = world.clock.now();
    const mapped = mappedBy(world, party, echo.local)!;
    // The mapping was made 5 ms after sending; what the echo sends comes to the NAT after 10 ms.
    world.advance(sentAt + 5 + 30_000 - 11 - world.clock.now());
    echo.send('in time', mapped);
    world.advance(1);
    echo.send('too late', mapped);
    world.advance(1000);
    expect(texts(party).slice(1)).toEqual(['in time']);
  });

  it('REQ-8: filters as strictly as it is said', () => {
    const heard = (filtering: NatOptions['filtering']): readonly string[] => {
      const { world, alice, echo, otherAddress, otherPort } = scene({ filtering: filtering! });
      const party = openParty(world, alice);
      const mapped = mappedBy(world, party, echo.local)!;
      echo.send('itself', mapped);
      otherPort.send('other port', mapped);
      otherAddress.send('other address', mapped);
      world.advance(1000);
      return texts(party).slice(1);
    };
    expect(heard('endpoint-independent')).toEqual(['itself', 'other port', 'other address']);
    expect(heard('address-dependent')).toEqual(['itself', 'other port']);
    expect(heard('address-and-port-dependent')).toEqual(['itself']);
  });

  it('REQ-8: forgets a remote that was not written to, though the mapping lives by others', () => {
    const { world, alice, echo, otherAddress } = scene({ type: 'port-restricted', lifetimeMs: 30_000 });
    const party = openParty(world, alice);
    const start = world.clock.now();
    const mapped = mappedBy(world, party, echo.local)!;
    world.advance(19_000);
    expect(mappedBy(world, party, otherAddress.local)).toEqual(mapped);
    world.advance(start + 5 + 30_000 - 11 - world.clock.now());
    echo.send('in time', mapped);
    world.advance(1);
    echo.send('too late', mapped);
    otherAddress.send('still welcome', mapped);
    world.advance(1000);
    expect(texts(party).slice(2)).toEqual(['in time', 'still welcome']);
  });

  it('REQ-9: hairpins with the source that it is told to, or not at all', () => {
    const source = (hairpinning: NatOptions['hairpinning']) => {
      const { world, alice, bob, echo } = scene({ type: 'full-cone', hairpinning: hairpinning! });
      const [one, other] = [openParty(world, alice), openParty(world, bob)];
      const mapped = [one, other].map((party) => mappedBy(world, party, echo.local)!);
      one.send('over the roof', mapped[1]!);
      world.advance(1000);
      const from = other.received.find(({ text }) => text === 'over the roof')?.from;
      const last = world.trace().at(-1);
      if (from === undefined) return last?.why;
      expect(last?.via.map(({ direction }) => direction)).toEqual(['hairpin']);
      if (from.port === mapped[0]!.port && from.address === mapped[0]!.address) return 'external';
      return from.port === one.local.port && from.address === one.local.address ? 'internal' : from;
    };
    expect(source(false)).toBe('no hairpinning');
    expect(source(true)).toBe('external');
    expect(source('external-source')).toBe('external');
    expect(source('internal-source')).toBe('internal');
  });

  it('REQ-9: filters what it hairpins', () => {
    const { world, alice, bob, echo } = scene({ type: 'port-restricted', hairpinning: true });
    const [one, other] = [openParty(world, alice), openParty(world, bob)];
    const [first, second] = [one, other].map((party) => mappedBy(world, party, echo.local)!);
    one.send('unasked', second!);
    world.advance(100);
    expect(texts(other)).not.toContain('unasked');
    other.send('asked', first!);
    one.send('answer', second!);
    world.advance(100);
    expect(texts(one)).toContain('asked');
    expect(texts(other)).toContain('answer');
  });

  it('REQ-10: ICMP about a datagram finds its way back, and ends no mapping', () => {
    const world = simulate();
    const nat = world.nat('symmetric');
    const server = world.host('server', { icmp: true });
    const party = openParty(world, world.host('alice', { nat }));
    party.send('to a closed port', { address: server.address, port: 9 });
    world.advance(1000);
    expect(party.failures).toEqual([`${server.address}:9 is unreachable: its port is closed`]);
    expect(nat.mappings()).toHaveLength(1);
  });

  it('REQ-10: ICMP from inside goes out by the mapping that stands, and keeps none alive', () => {
    const world = simulate();
    const alice = world.host('alice', { nat: 'full-cone', icmp: true });
    const echo = openEcho(world, world.host('server'), 3478);
    const stranger = openParty(world, world.host('stranger'));
    const party = openParty(world, alice);
    const mapped = mappedBy(world, party, echo.local)!;
    const [before] = alice.nat.mappings();
    party.socket.close();
    stranger.send('anybody?', mapped);
    world.advance(1000);
    expect(stranger.failures).toEqual([`${endpointText(mapped)} is unreachable: its port is closed`]);
    expect(alice.nat.mappings()).toEqual([before]);
    world.advance(120_000 - 1015);
    stranger.send('just in time for nobody', mapped);
    world.advance(12);
    expect(alice.nat.mappings()).toEqual([]);
    world.advance(1000);
    expect(world.trace().at(-1)).toMatchObject({ why: 'no mapping' });
  });

  it('gives no port when all are taken, and gives them again when mappings have ended', () => {
    const { world, nat, alice, echo } = scene({ portRange: [40_000, 40_003], lifetimeMs: 30_000 });
    const ask = () => mappedBy(world, openParty(world, alice), echo.local)?.port;
    const ports = [ask(), ask(), ask(), ask()];
    expect(ports.toSorted()).toEqual([40_000, 40_001, 40_002, 40_003]);
    expect(ask()).toBeUndefined();
    expect(world.trace().at(-1)?.why).toBe('ports exhausted');
    world.advance(30_000);
    expect(nat.mappings()).toEqual([]);
    expect(ask()).toBeGreaterThanOrEqual(40_000);
  });

  it('keeps no more mappings than it may, and sweeps out the dead', () => {
    const { world, nat, alice, echo } = scene({ maxMappings: 5, lifetimeMs: 30_000 });
    const ask = () => mappedBy(world, openParty(world, alice), echo.local);
    for (let count = 0; count < 5; count++) expect(ask()).toBeDefined();
    expect(ask()).toBeUndefined();
    expect(world.trace().at(-1)?.why).toBe('table full');
    expect(nat.mappings()).toHaveLength(5);
    world.advance(30_000);
    expect(ask()).toBeDefined();
    expect(nat.mappings()).toHaveLength(1);
  });

  it('sweeps when its table is full, however short ago it swept', () => {
    const { world, alice, echo } = scene({ maxMappings: 2, lifetimeMs: 30_000 });
    const ask = () => mappedBy(world, openParty(world, alice), echo.local);
    expect(ask()).toBeDefined();
    world.advance(16_000);
    expect(ask()).toBeDefined();
    world.advance(13_000);
    expect(ask()).toBeDefined();
  });

  it('forgets what it let out of IPv6 as well', () => {
    const world = simulate();
    const families = ['ipv4', 'ipv6'] as const;
    const server = world.host('server', { families });
    const alice = world.host('alice', { nat: 'full-cone', families });
    const [party, other] = [alice, server].map((host) => openParty(world, host, 0, host.addresses[1]!));
    party!.send('hello', other!.local);
    world.advance(100);
    alice.nat.reboot();
    other!.send('lost', party!.local);
    world.advance(100);
    expect(party!.received).toEqual([]);
    expect(world.trace().at(-1)?.why).toBe('no mapping');
  });

  it('forgets everything when it is switched off and on, and may come back elsewhere', () => {
    const { world, nat, alice, echo } = scene({ type: 'full-cone' });
    const party = openParty(world, alice);
    const before = mappedBy(world, party, echo.local)!;
    nat.reboot();
    echo.send('lost', before);
    world.advance(1000);
    expect(world.trace().at(-1)?.why).toBe('no mapping');
    const same = mappedBy(world, party, echo.local)!;
    expect(same.address).toBe(before.address);
    nat.reboot({ externalAddresses: ['198.51.100.7'] });
    echo.send('lost again', same);
    world.advance(1000);
    expect(world.trace().at(-1)?.why).toBe('no route');
    expect(mappedBy(world, party, echo.local)?.address).toBe('198.51.100.7');
    nat.reboot({ externalAddresses: 1 });
    expect(mappedBy(world, party, echo.local)?.address).not.toBe('198.51.100.7');
  });
});
