import { describe, expect, it } from 'vitest';
import { type Dependence, NAT_DEFINITIONS, type NatDefinition, simulate } from '../src/index.ts';
import { mappedBy, openEcho, openParty } from './party.ts';

const DEPENDENCES: readonly Dependence[] = [
  'endpoint-independent',
  'address-dependent',
  'address-and-port-dependent',
];

const KINDS: readonly (readonly [string, NatDefinition])[] = [
  ...Object.entries(NAT_DEFINITIONS),
  ...DEPENDENCES.flatMap((mapping) =>
    DEPENDENCES.map(
      (filtering) =>
        [`mapping ${mapping}, filtering ${filtering}`, { translates: true, mapping, filtering }] as const,
    ),
  ),
];

/**
 * Both know the endpoint that the server saw of the other and send to it. Computed from the definitions alone: what the
 * one sends comes from the endpoint that the server saw only if its mapping is independent of the destination, and the
 * other's filter knows of it only if what the other sent left by the mapping that the server saw.
 */
const isHeard = (sender: NatDefinition, receiver: NatDefinition): boolean => {
  if (receiver.filtering === 'none' || receiver.filtering === 'endpoint-independent') return true;
  if (receiver.mapping !== 'endpoint-independent') return false;
  return receiver.filtering === 'address-dependent' || sender.mapping === 'endpoint-independent';
};

const punch = (one: NatDefinition, other: NatDefinition): { first: boolean; second: boolean } => {
  const world = simulate();
  const { local: server } = openEcho(world, world.host('server'), 3478);
  const [first, second] = [one, other].map((nat, index) =>
    openParty(world, world.host(`phone ${index}`, { nat: { ...nat } })),
  );
  const [atFirst, atSecond] = [first!, second!].map((party) => mappedBy(world, party, server)!);
  for (let round = 0; round < 2; round++) {
    first!.send('hello', atSecond!);
    second!.send('hello', atFirst!);
    world.advance(1000);
  }
  const heard = (party: typeof first): boolean => party!.received.some(({ text }) => text === 'hello');
  return { first: heard(first), second: heard(second) };
};

describe('hole punching', () => {
  it.each(KINDS)('from behind %s reaches whom the definitions say', (_, one) => {
    for (const [name, other] of KINDS) {
      const expected = { first: isHeard(other, one), second: isHeard(one, other) };
      expect(punch(one, other), name).toEqual(expected);
    }
  });
});
