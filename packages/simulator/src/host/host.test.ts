import { describe, expect, it } from 'vitest';
import { mappedBy, openEcho, openParty, streamEnd } from '../../scenarios/party.ts';
import { simulate } from '../index.ts';

const nobody = { opened: () => undefined, received: () => undefined };

describe('a host', () => {
  it('moves to another network: old sockets are dead, new addresses are there', () => {
    const world = simulate();
    const server = world.host('server');
    const echo = openEcho(world, server, 3478);
    const atServer = streamEnd(world);
    server.listen({ port: 443 }, () => atServer);
    const phone = world.host('phone', { nat: 'full-cone' });
    const old = openParty(world, phone);
    const mapped = mappedBy(world, old, echo.local)!;
    const stream = streamEnd(world);
    phone.sockets.connect({ remote: { address: server.address, port: 443 } }, stream);
    world.advance(100);
    const before = phone.address;

    phone.move({ nat: 'symmetric', link: { latencyMs: 60 } });
    expect(phone.address).not.toBe(before);
    expect(phone.sockets.addresses()).toEqual([phone.address]);
    expect(phone.link).toBe(phone.interfaces[0]?.attachment.link);
    stream.socket?.send(Uint8Array.of(1));
    old.send('from the old address', echo.local);
    echo.send('to the old address', mapped);
    world.advance(60_000);
    expect(echo.received).toHaveLength(1);
    expect(old.received).toHaveLength(1);
    expect(stream.closedWhy).toEqual(['timed out']);
    expect(atServer.text).toBe('');
    const { reasons } = world.counters();
    expect(reasons).toMatchObject({ 'no route': 1 });
    expect(reasons['address is gone']).toBeGreaterThan(1);
    expect(mappedBy(world, openParty(world, phone), echo.local)?.address).toBe(
      phone.nat.externalAddresses[0],
    );

    phone.leave();
    expect(phone.addresses).toEqual([]);
    expect(() => phone.address).toThrow('phone has no address');
    expect(() => phone.link).toThrow('attached nowhere');
    expect(() => phone.nat).toThrow('behind no NAT');
  });

  it('does not get what was on its way when it moved', () => {
    const world = simulate();
    const alice = openParty(world, world.host('alice'));
    const phone = world.host('phone');
    const party = openParty(world, phone);
    alice.send('hello', party.local);
    world.advance(7);
    phone.move({});
    world.advance(100);
    expect(party.received).toEqual([]);
    expect(world.trace()[0]).toMatchObject({ where: 'phone', why: 'address is gone' });
  });

  it('speaks to itself, by loopback and by its own address, without its link', () => {
    const world = simulate();
    const alice = world.host('alice', { link: { loss: 1 } });
    const [one, other] = [openParty(world, alice), openParty(world, alice, 0, '127.0.0.1')];
    const second = openParty(world, alice, 0, '127.0.0.1');
    one.send('hello', one.local);
    second.send('hello', other.local);
    other.send('out?', { address: '203.0.113.99', port: 9 });
    expect(one.received).toEqual([]);
    world.advance(0);
    expect(one.received).toHaveLength(1);
    expect(other.received[0]?.from).toEqual(second.local);
    one.send('never heard', one.local);
    alice.leave();
    world.advance(0);
    expect(one.received).toHaveLength(1);
    expect(world.trace()[3]?.why).toBe('address is gone');
    expect(world.trace()[2]?.why).toBe('loopback leads nowhere else');
  });

  it('binds a port once, and only addresses of its own', () => {
    const world = simulate();
    const alice = world.host('alice');
    const failures: string[] = [];
    const failed = (why: string): void => void failures.push(why);
    const first = openParty(world, alice, 5060);
    alice.sockets.openUdp({ address: alice.address, port: 5060 }, { ...nobody, failed });
    alice.sockets.openUdp({ address: '203.0.113.99' }, { ...nobody, failed });
    expect(failures).toEqual([]);
    world.advance(0);
    expect(failures).toEqual([`${alice.address}:5060 is in use`, '203.0.113.99 is no address of this host']);
    first.socket.close();
    first.send('from a closed socket', first.local);
    world.advance(10);
    expect(openParty(world, alice, 5060).received).toEqual([]);
    expect(world.trace()).toEqual([]);
  });

  it('hears nothing on a socket that was closed', () => {
    const world = simulate();
    const [alice, bob] = ['alice', 'bob'].map((name) => openParty(world, world.host(name)));
    alice!.send('hello', bob!.local);
    world.advance(5);
    bob!.socket.close();
    world.advance(100);
    expect(bob!.received).toEqual([]);
    expect(world.trace()[0]?.why).toBe('port closed');
    expect(alice!.failures).toEqual([]);
  });

  it('lets nothing out but streams to port 443 where that is said, and no stranger in', () => {
    const world = simulate();
    const server = world.host('server');
    const echo = openEcho(world, server, 3478);
    for (const port of [443, 3478]) server.listen({ port }, () => streamEnd(world));
    const firewall = { udp: false, tcpPorts: [443] };
    const alice = world.host('alice', { firewall });
    const party = openParty(world, alice);
    expect(mappedBy(world, party, echo.local)).toBeUndefined();
    echo.send('hello', party.local);
    const ends = [443, 3478].map((port) => {
      const end = streamEnd(world);
      alice.sockets.connect({ remote: { address: server.address, port } }, end);
      return end;
    });
    alice.listen({ port: 80 }, () => streamEnd(world));
    const stranger = streamEnd(world);
    server.sockets.connect({ remote: { address: alice.address, port: 80 } }, stranger);
    world.advance(60_000);
    expect(ends.map(({ openedAt }) => openedAt !== undefined)).toEqual([true, false]);
    expect(stranger.closedWhy).toEqual(['timed out']);
    expect(party.received).toEqual([]);
    expect(Object.keys(world.counters().reasons)).toEqual(['firewall: no UDP', 'firewall: no such stream']);

    alice.move({});
    expect(mappedBy(world, openParty(world, alice), echo.local)).toBeDefined();
  });

  it('may let UDP go to some ports alone', () => {
    const world = simulate();
    const server = world.host('server');
    const [stun, sip] = [openEcho(world, server, 3478), openEcho(world, server, 5060)];
    const nat = world.nat({ firewall: { udpPorts: [3478] } });
    const party = openParty(world, world.host('alice', { nat }));
    expect(mappedBy(world, party, stun.local)).toBeDefined();
    expect(mappedBy(world, party, sip.local)).toBeUndefined();
    expect(world.trace().at(-1)).toMatchObject({ where: 'nat', why: 'firewall: no UDP' });
  });

  it('keeps the bytes that it sent apart from those that are heard', () => {
    const world = simulate();
    const bob = world.host('bob', { link: { duplication: 1 } });
    const heard: Uint8Array[] = [];
    const user = { ...nobody, failed: () => undefined };
    bob.sockets.openUdp(
      { address: bob.address, port: 9 },
      {
        ...user,
        received: (bytes) => {
          heard.push(bytes.slice());
          bytes.fill(0);
        },
      },
    );
    openParty(world, world.host('alice')).send('A', { address: bob.address, port: 9 });
    world.advance(100);
    expect(heard).toEqual([Uint8Array.of(65), Uint8Array.of(65)]);
    expect(world.trace().map(({ bytes }) => bytes[0])).toEqual([65, 65]);
  });
});
