import type { HostOptions, NatType } from '@ringdown/simulator';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { connect, Stage, twoParties } from './stage.ts';

const natType = fc.constantFrom<NatType>(
  'open',
  'firewall',
  'full-cone',
  'address-restricted',
  'port-restricted',
  'symmetric',
);
const linkLosing = (loss: number) =>
  fc.record({
    latencyMs: fc.integer({ min: 1, max: 150 }),
    jitterMs: fc.integer({ min: 0, max: 30 }),
    loss: fc.double({ min: 0, max: loss, noNaN: true }),
    duplication: fc.double({ min: 0, max: 0.1, noNaN: true }),
    reordering: fc.double({ min: 0, max: 0.1, noNaN: true }),
  });
const link = linkLosing(0.1);
/** At home, behind a carrier's NAT too, with or without UDP, with one IP version or the other. */
const place: fc.Arbitrary<HostOptions> = fc.oneof(
  fc.record({ nat: natType, link }),
  fc.record({ nat: fc.tuple(natType, natType), link }),
  // A stream that loses each tenth packet stands still for longer than consent lasts.
  fc.record({ nat: natType, link: linkLosing(0.02), firewall: fc.constant({ udp: false }) }),
  fc.record({ nat: fc.record({ nat64: fc.constant('well-known' as const) }), link }),
  fc.record({
    nat: fc.record({ type: natType, ipv6: fc.constantFrom('open', 'firewall') }),
    families: fc.constant(['ipv4', 'ipv6'] as const),
    link,
  }),
);

describe('any two devices', () => {
  test('find a way, talk, and give everything back', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(place, place, fc.integer({ min: 1, max: 1_000_000 }), async (alice, bob, seed) => {
        const stage = new Stage(seed);
        const servers = [stage.stunServer, stage.turnServer, stage.turnServerTls];
        const pair = twoParties(stage, { alice, bob, servers });
        await connect(stage, pair, 60_000);
        // Data may be lost, or stand in line behind a segment that is: who is not heard says it again.
        for (let times = 0; times < 40; times++) {
          const heard = [pair.alice, pair.bob].every((one) => one.heard.length > 0);
          if (heard) break;
          pair.alice.say('hello');
          pair.bob.say('hello');
          stage.world.advance(500);
        }
        expect([pair.alice.heard[0], pair.bob.heard[0]]).toEqual(['hello', 'hello']);
        for (const { connectivity } of [pair.alice, pair.bob]) connectivity.close();
        await stage.world.run({
          until: () => [pair.alice, pair.bob].every((one) => one.of('closed').length === 1),
          withinMs: 2_600,
        });
        stage.world.advance(4_000_000);
        expect([stage.allocations, stage.world.waiting]).toEqual([0, 0]);
      }),
      // Always the same ones: what chance finds once is to be found again.
      { numRuns: 40, seed: 8445 },
    );
  });
});
