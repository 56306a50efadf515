import { describe, expect, it } from 'vitest';
import { openParty } from '../../scenarios/party.ts';
import { type LinkOptions, simulate } from '../index.ts';

/** Sends numbered datagrams of 72 bytes (100 on the wire) from a host with that link, one every `everyMs`. */
const sent = (link: LinkOptions, count: number, everyMs = 1, seed = 1) => {
  const world = simulate({ seed });
  const alice = world.host('alice', { link });
  const bob = openParty(world, world.host('bob', { link: { latencyMs: 0 } }));
  const party = openParty(world, alice);
  for (let index = 0; index < count; index++) {
    party.send(String(index).padEnd(72), bob.local);
    world.advance(everyMs);
  }
  world.advance(100_000);
  const numbers = bob.received.map(({ text }) => Number(text));
  return { world, alice, party, bob, numbers, times: bob.received.map(({ at }) => at) };
};

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

describe('a link', () => {
  it('delays each direction by its own latency', () => {
    const { world, party, bob, times } = sent({ up: { latencyMs: 7 }, down: { latencyMs: 90 } }, 1);
    expect(times).toEqual([7]);
    const at = world.clock.now();
    bob.send('back', party.local);
    world.advance(1000);
    expect(party.received[0]?.at).toBe(at + 90);
  });

  it('loses about as many as it is told to, and says so', () => {
    const { world, numbers } = sent({ loss: 0.25 }, 2000);
    expect(numbers.length).toBeGreaterThan(1400);
    expect(numbers.length).toBeLessThan(1600);
    expect(world.counters()).toMatchObject({
      delivered: numbers.length,
      reasons: { lost: 2000 - numbers.length },
    });
    expect(world.trace().find(({ outcome }) => outcome === 'dropped')?.where).toBe('alice, link up');
  });

  it('keeps order under jitter, within its bounds', () => {
    const { numbers, times } = sent({ latencyMs: 20, jitterMs: 50 }, 500);
    expect(numbers).toEqual(upTo(500));
    const delays = times.map((time, index) => time - index);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(20);
    expect(Math.max(...delays)).toBeLessThanOrEqual(70);
    expect(new Set(delays).size).toBeGreaterThan(10);
  });

  it('holds some back while others pass', () => {
    const { numbers } = sent({ reordering: 0.2, reorderingMs: 10 }, 500);
    expect(numbers).not.toEqual(upTo(500));
    expect(numbers.toSorted((one, other) => one - other)).toEqual(upTo(500));
  });

  it('brings some twice', () => {
    const { world, numbers } = sent({ duplication: 0.1, loss: 0.1 }, 1000);
    const twice = numbers.length - new Set(numbers).size;
    expect(twice).toBeGreaterThan(50);
    expect(twice).toBeLessThan(150);
    const { sent: all, delivered, dropped } = world.counters();
    expect(delivered + dropped).toBe(all);
  });

  it('sends at its rate, and drops what finds its queue full', () => {
    // 100 bytes at 80,000 bit/s take 10 ms.
    const paced = sent({ latencyMs: 5, bitsPerSecond: 80_000 }, 5);
    expect(paced.times).toEqual([15, 25, 35, 45, 55]);
    const full = sent({ latencyMs: 0, bitsPerSecond: 80_000, queueBytes: 300 }, 100);
    expect(full.numbers.length).toBeLessThan(15);
    expect(full.world.counters().reasons['queue full']).toBe(100 - full.numbers.length);
    expect(full.times.every((time, index) => index === 0 || time - full.times[index - 1]! > 9.99)).toBe(true);
  });

  it('changes in mid-call, one direction or both', () => {
    const { world, alice, party, bob } = sent({ latencyMs: 5, up: { latencyMs: 6 } }, 1);
    const delay = (): number | undefined => {
      const [before, at] = [bob.received.length, world.clock.now()];
      party.send('x', bob.local);
      world.advance(1000);
      const last = bob.received[before];
      return last === undefined ? undefined : last.at - at;
    };
    expect(delay()).toBe(6);
    alice.link.change({ up: { latencyMs: 20 } });
    expect(delay()).toBe(20);
    alice.link.change({ loss: 1 });
    expect(delay()).toBeUndefined();
    alice.link.change({ loss: 0, latencyMs: 30 });
    expect(delay()).toBe(30);
  });
});
