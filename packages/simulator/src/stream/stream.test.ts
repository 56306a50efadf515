import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, type StreamEnd, streamEnd } from '../../scenarios/party.ts';
import { type AcceptedStream, type Host, type HostOptions, simulate, type World } from '../index.ts';

const listening = (world: World, host: Host, port: number) => {
  const ends: StreamEnd[] = [];
  const accepted: AcceptedStream[] = [];
  const listener = host.listen({ port }, (stream) => {
    accepted.push(stream);
    const end = streamEnd(world);
    ends.push(end);
    return end;
  });
  return { ends, accepted, listener };
};

const callTo = (world: World, host: Host, server: Host, port: number, serverName?: string): StreamEnd => {
  const end = streamEnd(world);
  const remote = { address: server.address, port };
  end.socket = host.sockets.connect(
    { remote, ...(serverName !== undefined && { tls: { serverName } }) },
    end,
  );
  return end;
};

const pair = (options: HostOptions = {}, seed = 1, streamGiveUpMs = 30_000) => {
  const world = simulate({ seed });
  const server = world.host('server', { streamGiveUpMs });
  const alice = world.host('alice', { ...options, streamGiveUpMs });
  return { world, server, alice };
};

describe('a stream', () => {
  it('opens after a round trip, carries what was sent before, and ends at both ends', () => {
    const { world, server, alice } = pair({ nat: 'symmetric' });
    const { ends, accepted } = listening(world, server, 443);
    const end = callTo(world, alice, server, 443, 'turn.example');
    expect(end.socket?.local).toBeUndefined();
    end.socket?.send(bytesOf('hello'));
    world.advance(1000);
    expect(end.openedAt).toBe(30);
    expect(end.socket?.local?.address).toBe(alice.address);
    expect(ends[0]?.text).toBe('hello');
    expect(accepted[0]?.tls).toEqual({ serverName: 'turn.example' });
    expect(accepted[0]?.remote).toEqual(alice.nat.mappings()[0]?.external);
    expect(accepted[0]?.local).toEqual({ address: server.address, port: 443 });
    ends[0]?.socket?.send(bytesOf('good day'));
    ends[0]?.socket?.close();
    world.advance(1000);
    expect(end.text).toBe('good day');
    expect(end.closedWhy).toEqual(['closed by the other end']);
    expect(ends[0]?.closedWhy).toEqual([]);
    expect(world.waiting).toBe(0);
  });

  it('is refused where nobody listens, and gives up where nobody answers', () => {
    const { world, server, alice } = pair();
    const refused = callTo(world, alice, server, 443);
    const lost = streamEnd(world);
    alice.sockets.connect({ remote: { address: '203.0.113.99', port: 443 } }, lost);
    const homeless = streamEnd(world);
    alice.sockets.connect({ remote: { address: '2001:db8::1', port: 443 } }, homeless);
    expect(homeless.closedWhy).toEqual([]);
    world.advance(25);
    expect(refused.closedWhy).toEqual(['refused']);
    expect(homeless.closedWhy).toEqual(['this host has no address toward 2001:db8::1']);
    world.advance(60_000);
    expect(lost.closedWhy).toEqual(['timed out']);
    expect(world.waiting).toBe(0);
  });

  it('tells nothing after it was closed here', () => {
    const { world, server, alice } = pair();
    const { ends } = listening(world, server, 80);
    const early = callTo(world, alice, server, 80);
    early.socket?.close();
    world.advance(1000);
    expect(early).toMatchObject({ openedAt: undefined, closedWhy: [] });
    const end = callTo(world, alice, server, 80);
    world.advance(100);
    end.socket?.close();
    ends.at(-1)?.socket?.send(bytesOf('too late'));
    world.advance(60_000);
    expect(end).toMatchObject({ text: '', closedWhy: [] });
    expect(ends.at(-1)?.closedWhy).toEqual(['closed by the other end']);
    expect(world.waiting).toBe(0);
  });

  it('keeps order and loses nothing over links that do', () => {
    const pieces = fc.array(fc.string({ unit: 'binary-ascii', maxLength: 5000 }), { maxLength: 20 });
    const link = fc.record({
      loss: fc.double({ min: 0, max: 0.3, noNaN: true }),
      duplication: fc.double({ min: 0, max: 0.3, noNaN: true }),
      reordering: fc.double({ min: 0, max: 0.3, noNaN: true }),
      jitterMs: fc.integer({ min: 0, max: 100 }),
      bitsPerSecond: fc.constantFrom(64_000, 1_000_000, 100_000_000),
    });
    fc.assert(
      fc.property(pieces, link, fc.integer(), (texts, options, seed) => {
        const { world, server, alice } = pair({ link: options, nat: 'port-restricted' }, seed, 600_000);
        const { ends } = listening(world, server, 80);
        const end = callTo(world, alice, server, 80);
        for (const text of texts) end.socket?.send(bytesOf(text));
        world.advance(1_000_000);
        expect(ends[0]?.text).toBe(texts.join(''));
        for (const text of texts) ends[0]?.socket?.send(bytesOf(text));
        ends[0]?.socket?.close();
        world.advance(2_000_000);
        expect(end.text).toBe(texts.join(''));
        expect(end.closedWhy).toEqual(['closed by the other end']);
        expect(world.waiting).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  it('sends again what was lost, and nothing else', () => {
    const { world, server, alice } = pair();
    const { ends } = listening(world, server, 80);
    const end = callTo(world, alice, server, 80);
    world.advance(100);
    const send = (text: string): void => {
      end.socket?.send(bytesOf(text));
      world.advance(1);
    };
    const dataSent = (): number => world.trace().filter(({ kind }) => kind === 'data').length;
    alice.link.change({ up: { loss: 1 } });
    send('A');
    alice.link.change({ up: { loss: 0 } });
    for (const text of 'BCD') send(text);
    world.advance(1000);
    expect(ends[0]?.text).toBe('ABCD');
    expect(dataSent()).toBe(5);
    server.link.change({ up: { loss: 1 } });
    for (const text of 'EFG') send(text);
    world.advance(15);
    server.link.change({ up: { loss: 0 } });
    send('H');
    world.advance(1000);
    expect(ends[0]?.text).toBe('ABCDEFGH');
    expect(dataSent()).toBe(9);
    expect(world.waiting).toBe(0);
  });

  it('dies when its NAT has forgotten it', () => {
    const { world, server, alice } = pair({ nat: 'full-cone' });
    const { ends } = listening(world, server, 80);
    const end = callTo(world, alice, server, 80);
    world.advance(100);
    alice.nat.reboot();
    end.socket?.send(bytesOf('still there?'));
    ends[0]?.socket?.send(bytesOf('and you?'));
    world.advance(60_000);
    expect(end).toMatchObject({ text: '', closedWhy: ['timed out'] });
    expect(ends[0]).toMatchObject({ text: '', closedWhy: ['timed out'] });
    expect(world.counters().reasons).toHaveProperty('no mapping');
  });

  it('may be turned away as soon as it is there', () => {
    const { world, server, alice } = pair();
    const turnedAway = streamEnd(world);
    server.listen({ port: 80 }, (stream) => {
      stream.close();
      return turnedAway;
    });
    server.listen({ port: 81 }, () => undefined);
    const ends = [80, 81].map((port) => callTo(world, alice, server, port));
    world.advance(1000);
    for (const end of ends) expect(end.closedWhy).toEqual(['closed by the other end']);
    expect(turnedAway).toMatchObject({ openedAt: undefined, closedWhy: [] });
    expect(world.waiting).toBe(0);
  });

  it('opens no more to a listener that was closed', () => {
    const { world, server, alice } = pair();
    const { listener } = listening(world, server, 0);
    expect(() => server.listen({ port: listener.port }, () => streamEnd(world))).toThrow('has a listener');
    const { port } = listener;
    listener.close();
    const end = callTo(world, alice, server, port);
    world.advance(25);
    expect(end.closedWhy).toEqual(['refused']);
    expect(world.waiting).toBe(0);
  });
});
