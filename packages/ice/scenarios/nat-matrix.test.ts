import { NAT_DEFINITIONS, type NatType, simulate } from '@ringdown/simulator';
import { describe, expect, test } from 'vitest';
import { Party, stunServer } from './party.ts';
import { Relay } from './relay.ts';

const TYPES = Object.keys(NAT_DEFINITIONS) as NatType[];

/**
 * Whether two parties can meet directly without guessing ports: the packets of one get through to the other once both have
 * sent to what they have been told or have seen.
 */
const canMeetDirectly = (left: NatType, right: NatType): boolean => {
  const [one, other] = [NAT_DEFINITIONS[left], NAT_DEFINITIONS[right]];
  const reaches = (from: typeof one, to: typeof one): boolean =>
    from.mapping === 'endpoint-independent' || to.filtering !== 'address-and-port-dependent';
  return reaches(one, other) && reaches(other, one);
};

const meet = async (left: NatType, right: NatType, seed = 1, loss = 0) => {
  const world = simulate({ seed });
  const server = stunServer(world.host('stun'));
  const relay = new Relay(world.host('relay'));
  const link = { latencyMs: 20, loss };
  const options = { stunServers: [server], relay };
  const alice = new Party(world, world.host('alice', { nat: left, link }), {
    ...options,
    role: 'controlling',
  });
  const bob = new Party(world, world.host('bob', { nat: right, link }), { ...options, role: 'controlled' });
  await world.run({ withinMs: 1 });
  alice.call(bob);
  const begin = world.clock.now();
  await world.run({
    until: () => alice.agent.state === 'completed' && bob.agent.state === 'completed',
    withinMs: 30_000,
    what: `${left} and ${right} complete`,
  });
  return { world, alice, bob, tookMs: world.clock.now() - begin };
};

describe('any two NATs', () => {
  for (const left of TYPES) {
    for (const right of TYPES) {
      test(`${left} and ${right} meet, directly exactly when they can`, async () => {
        const { alice, bob, tookMs } = await meet(left, right);
        const isDirect = canMeetDirectly(left, right);
        expect([alice.selected()?.relayed, bob.selected()?.relayed]).toEqual([!isDirect, !isDirect]);
        expect(tookMs).toBeLessThan(isDirect ? 1_200 : 3_000);
      });
    }
  }
});
