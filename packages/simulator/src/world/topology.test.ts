import { describe, expect, it } from 'vitest';
import { mappedBy, openEcho, openParty } from '../../scenarios/party.ts';
import { simulate } from '../index.ts';

describe('the topology', () => {
  it('puts a home behind a carrier, with addresses of RFC 6598 between them', () => {
    const world = simulate();
    const echo = openEcho(world, world.host('server'), 3478);
    const carrier = world.nat({ type: 'symmetric', name: 'carrier' });
    const homes = [world.nat({ type: 'full-cone', name: 'home' }), world.nat('full-cone')];
    const alice = world.host('alice', { nat: [homes[0]!, carrier] });
    const bob = world.host('bob', { nat: [homes[1]!, carrier] });
    const mapped = mappedBy(world, openParty(world, alice), echo.local);
    expect(alice.address).toMatch(/^192\.168\./);
    expect(homes.map(({ externalAddresses }) => externalAddresses[0])).toEqual(['100.64.0.1', '100.64.0.2']);
    expect(carrier.externalAddresses).toEqual([mapped?.address]);
    expect(world.trace()[0]?.via.map(({ nat, from }) => `${nat} ${from.address}`)).toEqual([
      'home 100.64.0.1',
      `carrier ${mapped?.address}`,
    ]);
    expect(alice.nats.map(({ name }) => name)).toEqual(['home', 'carrier']);
    expect(bob.nat.outside.network).toBe(carrier.inside);
  });

  it('lets hosts of one home speak directly, and not those of two homes', () => {
    const world = simulate();
    const nat = world.nat('symmetric');
    const [alice, bob] = ['alice', 'bob'].map((name) => openParty(world, world.host(name, { nat })));
    const carol = openParty(world, world.host('carol', { nat: 'symmetric' }));
    alice!.send('hello', bob!.local);
    alice!.send('hello', carol.local);
    world.advance(1000);
    expect(bob!.received[0]?.from).toEqual(alice!.local);
    expect(world.trace()[0]?.via).toEqual([]);
    expect(carol.received).toEqual([]);
    expect(world.trace()[1]).toMatchObject({ where: 'the Internet', why: 'no route' });
  });

  it('lets two homes have the same addresses, and reach neither the other by them', () => {
    const world = simulate();
    const inside = '192.168.1.0/24';
    const [alice, bob] = ['alice', 'bob'].map((name) => world.host(name, { nat: { inside } }));
    expect(alice!.address).toBe(bob!.address);
    const [one, other] = [openParty(world, alice!, 4000), openParty(world, bob!, 4000)];
    one.send('to myself', other.local);
    world.advance(100);
    expect(one.received[0]?.text).toBe('to myself');
    expect(other.received).toEqual([]);
  });

  it('gives a host several interfaces, and each destination the one that leads there', () => {
    const world = simulate();
    const server = world.host('server', { families: ['ipv4', 'ipv6'] });
    const echo4 = openEcho(world, server, 3478);
    const phone = world.host('phone', {
      interfaces: [
        { nat: { type: 'full-cone', name: 'wifi' }, link: { latencyMs: 2 } },
        { nat: { type: 'symmetric', name: 'mobile' }, link: { latencyMs: 50 }, families: ['ipv4', 'ipv6'] },
      ],
    });
    expect(phone.addresses).toHaveLength(3);
    const [wifi, mobile] = phone.interfaces.map(({ nats }) => nats[0]!);
    const from = phone.addresses.slice(0, 2).map((address) => openParty(world, phone, 0, address));
    expect(mappedBy(world, from[0]!, echo4.local)?.address).toBe(wifi?.externalAddresses[0]);
    expect(mappedBy(world, from[1]!, echo4.local)?.address).toBe(mobile?.externalAddresses[0]);
    const six = openParty(world, server, 0, server.addresses[1]!);
    const from6 = openParty(world, phone, 0, phone.addresses[2]!);
    from6.send('hello', six.local);
    world.advance(1000);
    expect(six.received[0]?.from).toEqual(from6.local);
  });

  it('lets IPv6 in behind a NAT only where that is said', () => {
    const hears = (ipv6: 'open' | 'firewall'): boolean => {
      const world = simulate();
      const nat = [{ ipv6 }, { ipv6: 'open', type: 'symmetric' }] as const;
      const alice = world.host('alice', { nat, families: ['ipv6'] });
      const party = openParty(world, alice);
      openParty(world, world.host('bob', { families: ['ipv6'] })).send('hello', party.local);
      world.advance(1000);
      return party.received.length === 1;
    };
    expect(hears('open')).toBe(true);
    expect(hears('firewall')).toBe(false);
  });

  it('takes an IPv6 address out of every network around when its host leaves', () => {
    const world = simulate();
    const chain = [world.nat({ ipv6: 'open' }), world.nat({ ipv6: 'open' })];
    const alice = world.host('alice', { nat: chain, families: ['ipv6'] });
    const { address } = alice;
    const bob = openParty(world, world.host('bob', { families: ['ipv6'] }));
    alice.move({});
    bob.send('hello', { address, port: 9 });
    world.advance(1000);
    expect(world.trace()[0]).toMatchObject({ where: 'the Internet', why: 'no route' });
    expect(world.host('carol', { nat: chain, addresses: [address] }).address).toBe(address);
  });

  it('refuses what cannot be', () => {
    const world = simulate();
    const nat = world.nat();
    expect(() => nat.link).toThrow('stands nowhere yet');
    expect(() => nat.inside).toThrow('stands nowhere yet');
    const alice = world.host('alice', { nat, addresses: ['192.168.1.7'] });
    expect(() => world.host('alice')).toThrow('called alice already');
    expect(() => world.host('bob', { nat, addresses: [alice.address] })).toThrow('192.168.1.7 is taken');
    expect(() => world.host('carol', { nat: [nat, 'symmetric'] })).toThrow('stands elsewhere already');
    expect(() => world.nat({ filtering: 'none' })).toThrow('cannot let in what has no mapping');
    expect(() => world.host('dave', { addresses: ['203.0.113'] })).toThrow('is no IP address');
    expect(() =>
      world.host('erin', { nat: { type: 'firewall' } }).nat.reboot({ externalAddresses: 1 }),
    ).toThrow('no addresses of its own');
  });
});
