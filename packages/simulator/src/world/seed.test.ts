import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, openEcho, openParty, streamEnd } from '../../scenarios/party.ts';
import { simulate, type TraceEntry, type World } from '../index.ts';

/** A world in which much is left to chance. */
const play = (seed: number): { world: World; trace: readonly TraceEntry[] } => {
  const world = simulate({ seed });
  const link = { loss: 0.1, jitterMs: 30, duplication: 0.1, reordering: 0.1 };
  const server = world.host('server', { link });
  const echo = openEcho(world, server, 3478);
  const alice = world.host('alice', { link, nat: ['full-cone', 'symmetric'] });
  const party = openParty(world, alice);
  const end = streamEnd(world);
  server.listen({ port: 443 }, () => streamEnd(world));
  const stream = alice.sockets.connect({ remote: { address: server.address, port: 443 } }, end);
  for (let index = 0; index < 20; index++) {
    party.send(world.random.token(10), echo.local);
    stream.send(bytesOf(world.random.token(3000)));
    world.advance(50);
  }
  world.advance(60_000);
  return { world, trace: world.trace() };
};

describe('a seed', () => {
  it('makes the same world each time', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        expect(play(seed).trace).toEqual(play(seed).trace);
      }),
      { numRuns: 20 },
    );
  });

  it('makes another world than another seed', () => {
    expect(play(1).trace).not.toEqual(play(2).trace);
  });

  it('gives each link chance of its own: what another host sends changes nothing here', () => {
    const heard = (withBystander: boolean): readonly unknown[] => {
      const world = simulate({ seed: 7 });
      const link = { loss: 0.2, jitterMs: 30, duplication: 0.1, reordering: 0.1 };
      const server = openParty(world, world.host('server'));
      const alice = openParty(world, world.host('alice', { link, nat: { link } }));
      const bystander = openParty(world, world.host('bystander', { link, nat: { link } }));
      for (let index = 0; index < 100; index++) {
        if (withBystander) bystander.send('and I', server.local);
        alice.send(`packet ${index}`, server.local);
        world.advance(5);
      }
      world.advance(1000);
      return server.received.filter(({ text }) => text.startsWith('packet'));
    };
    expect(heard(true)).toEqual(heard(false));
    expect(heard(true).length).toBeGreaterThan(50);
  });

  it('loses and brings nothing without a line in the trace, and no line stays under way', () => {
    const { world, trace } = play(3);
    const count = (outcome: string): number => trace.filter((entry) => entry.outcome === outcome).length;
    const { sent, delivered, dropped, reasons } = world.counters();
    expect({ sent, delivered, dropped }).toEqual({
      sent: trace.length,
      delivered: count('delivered'),
      dropped: count('dropped'),
    });
    expect(sent).toBe(delivered + dropped);
    expect(Object.values(reasons).reduce((sum, one) => sum + one, 0)).toBe(dropped);
  });

  it('remembers no more packets than it is told to', () => {
    const world = simulate({ traceLimit: 10 });
    const party = openParty(world, world.host('alice'));
    for (let index = 0; index < 95; index++) party.send(`packet ${index}`, party.local);
    world.advance(1);
    expect(world.trace()).toHaveLength(10);
    expect(world.trace().at(-1)?.bytes).toEqual(bytesOf('packet 94'));
    expect(world.counters().delivered).toBe(95);
    expect(simulate({ traceLimit: 0 }).trace()).toEqual([]);
  });
});
