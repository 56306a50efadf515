import type { NatType } from '@ringdown/simulator';
import { describe, expect, test } from 'vitest';
import { connect, Stage, talk, twoParties } from './stage.ts';

describe('two devices', () => {
  test('in one home speak directly', async () => {
    const stage = new Stage();
    const nat = stage.world.nat('port-restricted');
    const pair = twoParties(stage, { alice: { nat }, bob: { nat } });
    await connect(stage, pair);
    expect([pair.alice.way, pair.bob.way]).toEqual(['host to host', 'host to host']);
    await talk(stage, pair);
    pair.alice.connectivity.close();
    await stage.world.run({ until: () => pair.alice.of('closed').length === 1, withinMs: 2_600 });
    expect(pair.alice.outputs.slice(-2)).toMatchObject([
      { kind: 'state', state: 'closed' },
      { kind: 'closed' },
    ]);
  });

  const kinds: readonly NatType[] = ['full-cone', 'address-restricted', 'port-restricted', 'symmetric'];
  const pairs = kinds.flatMap((left) => kinds.map((right) => [left, right] as const));

  /** What is impossible without a relay, by the definitions of RFC 3489 and RFC 4787. */
  const needsRelay = (left: NatType, right: NatType): boolean =>
    [left, right].includes('symmetric') &&
    [left, right].every((one) => one === 'symmetric' || one === 'port-restricted');

  test.each(pairs)('behind a %s and a %s NAT find a way', async (left, right) => {
    const stage = new Stage();
    const pair = twoParties(stage, { alice: { nat: left }, bob: { nat: right } });
    await connect(stage, pair);
    expect(/relay/.test(`${pair.alice.way} ${pair.bob.way}`)).toBe(needsRelay(left, right));
    await talk(stage, pair);
  });
});
