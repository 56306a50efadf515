import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mappedBy, openEcho, openParty, streamEnd } from '../../scenarios/party.ts';
import { type Host, Nat64Prefix, type NatOptions, type RecordType, simulate, type World } from '../index.ts';

const resolved = (world: World, host: Host, name: string, type: RecordType): readonly string[] => {
  let answer: readonly string[] | undefined;
  host.resolve(name, type, (addresses) => {
    answer = addresses;
  });
  expect(answer).toBeUndefined();
  world.advance(20);
  return answer!;
};

const scene = (options: NatOptions = {}) => {
  const world = simulate();
  const server = world.host('server', { families: ['ipv4', 'ipv6'] });
  const oldServer = world.host('old server');
  const nat = world.nat({ nat64: 'well-known', ...options });
  const phone = world.host('phone', { nat });
  world.dns.set('server.example', server.addresses);
  world.dns.set('old.example', oldServer.addresses);
  return { world, server, oldServer, nat, phone };
};

describe('NAT64', () => {
  it('embeds addresses as in the table of RFC 6052 §2.4', () => {
    const table = [
      ['2001:db8::/32', '2001:db8:c000:221::'],
      ['2001:db8:100::/40', '2001:db8:1c0:2:21::'],
      ['2001:db8:122::/48', '2001:db8:122:c000:2:2100::'],
      ['2001:db8:122:300::/56', '2001:db8:122:3c0:0:221::'],
      ['2001:db8:122:344::/64', '2001:db8:122:344:c0:2:2100:0'],
      ['2001:db8:122:344::/96', '2001:db8:122:344::c000:221'],
      ['64:ff9b::/96', '64:ff9b::c000:221'],
    ] as const;
    for (const [prefix, address] of table) {
      expect(new Nat64Prefix(prefix).embed('192.0.2.33')).toBe(address);
      expect(new Nat64Prefix(prefix).extract(address)).toBe('192.0.2.33');
      expect(new Nat64Prefix(prefix).extract('2001:db7::1')).toBeUndefined();
    }
    expect(() => new Nat64Prefix('64:ff9b::/95')).toThrow('is no prefix for NAT64');
  });

  it('finds again what it embedded', () => {
    const lengths = fc.constantFrom(32, 40, 48, 56, 64, 96);
    fc.assert(
      fc.property(lengths, fc.ipV4(), (length, address) => {
        const prefix = new Nat64Prefix(`2001:db8::/${length}`);
        expect(prefix.extract(prefix.embed(address))).toBe(address);
      }),
    );
  });

  it('carries datagrams and streams of a host with IPv6 alone to IPv4 and back', () => {
    const { world, oldServer, nat, phone } = scene();
    expect(phone.addresses).toEqual(['2001:db8:1::1']);
    const echo = openEcho(world, oldServer, 3478);
    const [address] = resolved(world, phone, 'old.example', 'AAAA');
    expect(address).toBe(new Nat64Prefix('64:ff9b::/96').embed(oldServer.address));
    const party = openParty(world, phone);
    const mapped = mappedBy(world, party, { address: address!, port: 3478 });
    expect(mapped?.address).toBe(nat.externalAddresses[0]);
    expect(party.received[0]?.from).toEqual({ address, port: 3478 });
    expect(echo.received[0]?.from).toEqual(mapped);

    const server = streamEnd(world);
    oldServer.listen({ port: 443 }, () => server);
    const end = streamEnd(world);
    phone.sockets.connect({ remote: { address: address!, port: 443 } }, end).send(Uint8Array.of(65));
    world.advance(1000);
    expect(server.text).toBe('A');
    expect(server.socket?.remote.address).toBe(nat.externalAddresses[0]);
  });

  it('filters like any NAT', () => {
    const { world, oldServer, phone } = scene({ type: 'port-restricted' });
    const echo = openEcho(world, oldServer, 3478);
    const stranger = openParty(world, oldServer);
    const [address] = resolved(world, phone, 'old.example', 'AAAA');
    const party = openParty(world, phone);
    const mapped = mappedBy(world, party, { address: address!, port: 3478 })!;
    stranger.send('hello', mapped);
    echo.send('hello', mapped);
    world.advance(1000);
    expect(party.received.map(({ from }) => from.port)).toEqual([3478, 3478]);
    expect(world.counters().reasons).toEqual({ filtered: 1 });
  });

  it('hairpins under its prefix', () => {
    const { world, oldServer, nat, phone } = scene({ type: 'full-cone', hairpinning: true });
    openEcho(world, oldServer, 3478);
    const other = openParty(world, world.host('other phone', { nat }));
    const [address] = resolved(world, phone, 'old.example', 'AAAA');
    const party = openParty(world, phone);
    const mapped = [party, other].map((one) => mappedBy(world, one, { address: address!, port: 3478 })!);
    const embed = (ipv4: string): string => new Nat64Prefix('64:ff9b::/96').embed(ipv4);
    party.send('hello', { address: embed(mapped[1]!.address), port: mapped[1]!.port });
    world.advance(1000);
    const from = { address: embed(mapped[0]!.address), port: mapped[0]!.port };
    expect(other.received.at(-1)).toMatchObject({ text: 'hello', from });
  });

  it('leaves IPv6 as it is, behind a firewall', () => {
    const { world, server, phone } = scene();
    const address = server.addresses[1]!;
    const party = openParty(world, phone);
    const other = openParty(world, server, 5060, address);
    other.send('unasked', party.local);
    world.advance(1000);
    party.send('hello', other.local);
    world.advance(1000);
    expect(other.received[0]?.from).toEqual(party.local);
    other.send('asked', party.local);
    world.advance(1000);
    expect(party.received.map(({ text }) => text)).toEqual(['asked']);
  });

  it('reaches no IPv4 address that is not embedded', () => {
    const { world, oldServer, phone } = scene();
    openEcho(world, oldServer, 3478);
    expect(
      mappedBy(world, openParty(world, phone), { address: oldServer.address, port: 3478 }),
    ).toBeUndefined();
    expect(world.trace()).toEqual([]);
  });

  it('is found by asking for ipv4only.arpa (RFC 7050), with a prefix of the network too', () => {
    const prefix = '2001:db8:122:344::/64';
    for (const [options, found] of [
      [{}, ['64:ff9b::c000:aa', '64:ff9b::c000:ab']],
      [{ nat64: { prefix } }, ['2001:db8:122:344:c0:0:aa00:0', '2001:db8:122:344:c0:0:ab00:0']],
      [{ dns64: false }, []],
    ] as const) {
      const { world, phone } = scene(options);
      expect(resolved(world, phone, 'ipv4only.arpa', 'AAAA')).toEqual(found);
      expect(resolved(world, phone, 'ipv4only.arpa', 'A')).toEqual(['192.0.0.170', '192.0.0.171']);
    }
  });

  it('makes no address where there is a real one, nor for hosts elsewhere', () => {
    const { world, server, phone } = scene();
    expect(resolved(world, phone, 'Server.Example', 'AAAA')).toEqual([server.addresses[1]]);
    expect(resolved(world, server, 'old.example', 'AAAA')).toEqual([]);
    expect(resolved(world, server, 'server.example', 'A')).toEqual([server.addresses[0]]);
    world.dns.set('server.example', []);
    expect(resolved(world, phone, 'server.example', 'AAAA')).toEqual([]);
  });
});
