import type { UdpSocket } from '@ringdown/sans-io';
import { describe, expect, it } from 'vitest';
import { openEcho, openParty } from '../../scenarios/party.ts';
import { simulate, traceText } from '../index.ts';

describe('a world', () => {
  it('brings a datagram from one public host to another, in the time of both links', () => {
    const world = simulate();
    const alice = world.host('alice', { link: { latencyMs: 30 } });
    const bob = world.host('bob', { link: { latencyMs: 80 } });
    const [from, to] = [openParty(world, alice), openParty(world, bob, 5060)];
    from.send('hello', to.local);
    world.advance(109.9);
    expect(to.received).toEqual([]);
    world.advance(0.1);
    expect(to.received).toEqual([{ text: 'hello', from: from.local, at: 110 }]);
    expect(alice.address).toBe('203.0.113.1');
    expect(bob.address).toBe('203.0.113.2');
  });

  it('waits for what promises do, and stops as soon as it is true', async () => {
    const world = simulate();
    const server = world.host('server');
    const echo = openEcho(world, server, 3478);
    const alice = world.host('alice');
    let answeredAt: number | undefined;
    const call = async (): Promise<void> => {
      const socket = await new Promise<UdpSocket>((resolve, reject) => {
        const user = { opened: resolve, failed: reject, received: () => (answeredAt = world.clock.now()) };
        alice.sockets.openUdp({ address: alice.address }, user);
      });
      await new Promise<void>((resolve) => {
        world.timers.start({ timerFired: () => resolve() }, 'a second', 1000);
      });
      socket.send(Uint8Array.of(1), echo.local);
    };
    const done = call();
    await world.run({ until: () => answeredAt !== undefined, withinMs: 2000 });
    await done;
    expect(answeredAt).toBe(1020);
    expect(world.clock.now()).toBe(1020);
    expect(world.clock.wallTime() - Date.UTC(2026, 0, 1)).toBe(1020);
  });

  it('gives promises that await promises the time to come to an end before time moves on', async () => {
    const world = simulate();
    const moments: number[] = [];
    const delay = (ms: number): Promise<void> =>
      new Promise((resolve) => {
        world.timers.start({ timerFired: () => resolve() }, 'delay', ms);
      });
    const deep = async (depth: number): Promise<void> => {
      if (depth > 0) await deep(depth - 1);
      else await delay(10);
    };
    const play = async (): Promise<void> => {
      await deep(30);
      moments.push(world.clock.now());
      await Promise.all([deep(30), delay(12)]);
      await deep(200);
      moments.push(world.clock.now());
    };
    const playing = play();
    world.timers.start({ timerFired: () => undefined }, 'something else', 10.5);
    await world.run({ until: () => moments.length === 2, withinMs: 1000 });
    await playing;
    expect(moments).toEqual([10, 32]);
  });

  it('says what did not happen, and what became of the packets', async () => {
    const world = simulate();
    const alice = openParty(world, world.host('alice'));
    alice.send('anybody?', { address: '203.0.113.77', port: 9 });
    const call = { state: 'early' };
    const run = world.run({ until: () => call.state === 'confirmed', withinMs: 32_000 });
    await expect(run).rejects.toThrow(
      /within 32000 virtual ms: .*call\.state === .confirmed.; nothing is left to happen; the last packets:\n.*203\.0\.113\.77:9 .*DROPPED at the Internet, 5 ms: no route/,
    );
    expect(world.clock.now()).toBe(32_000);
  });

  it('runs until nothing is left to happen when nothing is waited for', async () => {
    const world = simulate();
    const fired: number[] = [];
    const target = { timerFired: (_: string, now: number) => void fired.push(now) };
    world.timers.start(target, 'one', 12.5);
    world.timers.stop(world.timers.start(target, 'stopped', 20));
    await world.run();
    expect(fired).toEqual([12.5]);
    expect(world.clock.now()).toBe(12.5);
    expect(world.waiting).toBe(0);
  });

  it('notices that time stands still', () => {
    const world = simulate();
    const target = { timerFired: () => void world.timers.start(target, 'again', 0) };
    world.timers.start(target, 'again', 0);
    expect(() => world.advance(1)).toThrow('time stands still at 0 ms');
  });

  it('tells of every packet where it went', () => {
    const world = simulate();
    const server = world.host('server', { icmp: true });
    const nat = world.nat('full-cone');
    const alice = openParty(world, world.host('alice', { nat }), 1234);
    alice.send('hello', { address: server.address, port: 1 });
    world.advance(100);
    const [datagram, icmp] = world.trace();
    const external = nat.mappings()[0]!.external;
    expect(datagram).toMatchObject({
      sender: 'alice',
      protocol: 'udp',
      from: { address: '192.168.1.1', port: 1234 },
      via: [{ nat: 'nat', direction: 'out', from: external }],
      outcome: 'dropped',
      where: 'server',
      why: 'port closed',
      endedAt: 15,
    });
    expect(icmp).toMatchObject({ protocol: 'icmp', outcome: 'delivered', where: 'alice' });
    expect(traceText(world.trace())).toContain('DROPPED at server, 15 ms: port closed');
    expect(alice.failures).toEqual(['203.0.113.1:1 is unreachable: its port is closed']);
    expect(world.counters()).toEqual({ sent: 2, delivered: 1, dropped: 1, reasons: { 'port closed': 1 } });
  });
});
