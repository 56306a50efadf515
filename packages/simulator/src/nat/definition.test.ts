import type { SocketAddress } from '@ringdown/sans-io';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openParty } from '../../scenarios/party.ts';
import { type Dependence, endpointText, simulate } from '../index.ts';

const DEPENDENCES: readonly Dependence[] = [
  'endpoint-independent',
  'address-dependent',
  'address-and-port-dependent',
];

/** RFC 4787 §4.1 and §5 in words of this test's own: do two remotes count as the same? */
const same = (dependence: Dependence, one: SocketAddress, other: SocketAddress): boolean => {
  switch (dependence) {
    case 'endpoint-independent':
      return true;
    case 'address-dependent':
      return one.address === other.address;
    case 'address-and-port-dependent':
      return one.address === other.address && one.port === other.port;
  }
};

/** A packet that passed the NAT: which of the mappings carried it, when, and to or from whom. */
interface Passed {
  readonly at: number;
  readonly mapping: number;
  readonly inside: number;
  readonly external: SocketAddress;
  readonly remote: SocketAddress;
  readonly isOutbound: boolean;
}

const LIFETIME_MS = 100;
const PORTS = 6;

const step = fc.record({
  afterMs: fc.oneof(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 90, max: 110 })),
  direction: fc.constantFrom('out', 'in'),
  inside: fc.nat(2),
  outside: fc.nat(3),
  external: fc.nat(PORTS - 1),
});

describe('a NAT of a mapping and a filtering', () => {
  it('maps and lets in as its definition says, and nothing else', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...DEPENDENCES),
        fc.constantFrom(...DEPENDENCES),
        fc.boolean(),
        fc.array(step, { minLength: 20, maxLength: 80 }),
        (mapping, filtering, refreshedByInbound, steps) => {
          const world = simulate();
          const link = { latencyMs: 0 };
          const portRange = [2000, 2000 + PORTS - 1] as const;
          const nat = world.nat({
            ...{ mapping, filtering, refreshedByInbound, portRange, link },
            lifetimeMs: LIFETIME_MS,
          });
          const hosts = [0, 1].map((index) => world.host(`inside ${index}`, { nat, link }));
          const insides = [hosts[0]!, hosts[0]!, hosts[1]!].map((host) => openParty(world, host));
          const servers = [0, 1].map((index) => world.host(`outside ${index}`, { link }));
          const outsides = [0, 0, 1, 1].map((index, port) => openParty(world, servers[index]!, 3478 + port));
          const history: Passed[] = [];
          let mappings = 0;

          const recent = (): readonly Passed[] =>
            history.filter(({ at }) => world.clock.now() - at < LIFETIME_MS);

          const sendOut = (inside: number, outside: number): void => {
            const remote = outsides[outside]!.local;
            const standing = recent().find(
              (passed) =>
                passed.inside === inside &&
                history.some(
                  (one) =>
                    one.mapping === passed.mapping && one.isOutbound && same(mapping, one.remote, remote),
                ),
            );
            const inUse = new Set(recent().map((passed) => passed.external.port));
            const before = outsides[outside]!.received.length;
            insides[inside]!.send('out', remote);
            world.advance(0);
            const seen = outsides[outside]!.received[before]?.from;
            if (standing !== undefined) expect(seen).toEqual(standing.external);
            else if (inUse.size === PORTS) expect(seen).toBeUndefined();
            else expect(inUse.has(seen!.port)).toBe(false);
            if (seen === undefined) return;
            const id = standing?.mapping ?? mappings++;
            history.push({
              ...{ at: world.clock.now(), mapping: id, inside, external: seen, remote, isOutbound: true },
            });
          };

          const sendIn = (outside: number, index: number): void => {
            const remote = outsides[outside]!.local;
            const anyPort = { address: nat.externalAddresses[0]!, port: portRange[0] + index };
            const to = history.at(-1 - index)?.external ?? anyPort;
            const expected = recent().find(
              (passed) =>
                endpointText(passed.external) === endpointText(to) && same(filtering, passed.remote, remote),
            );
            const before = insides.map(({ received }) => received.length);
            outsides[outside]!.send('in', to);
            world.advance(0);
            const got = insides.flatMap(({ received }, inside) =>
              received.length > before[inside]! ? [{ inside, from: received.at(-1)!.from }] : [],
            );
            expect(got).toEqual(expected === undefined ? [] : [{ inside: expected.inside, from: remote }]);
            if (expected !== undefined && refreshedByInbound) {
              history.push({ ...expected, at: world.clock.now(), remote, isOutbound: false });
            }
          };

          for (const { afterMs, direction, inside, outside, external } of steps) {
            world.advance(afterMs);
            if (direction === 'out') sendOut(inside, outside);
            else sendIn(outside, external);
          }
          const alive = new Set(recent().map((passed) => passed.mapping));
          expect(nat.mappings().length).toBe(alive.size);
        },
      ),
      { numRuns: 300 },
    );
  });
});
