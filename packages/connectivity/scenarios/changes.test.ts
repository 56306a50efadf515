import { describe, expect, test } from 'vitest';
import { connect, type Party, Stage, talk, twoParties } from './stage.ts';

const both = ({ alice, bob }: { alice: Party; bob: Party }): Party[] => [alice, bob];
const completed = (pair: { alice: Party; bob: Party }): boolean =>
  both(pair).every(({ connectivity }) => connectivity.state === 'completed');

describe('a restart', () => {
  test('gives new parameters on both sides, and data go on meanwhile', async () => {
    const stage = new Stage();
    const pair = twoParties(stage, { alice: { nat: 'symmetric' }, bob: { nat: 'port-restricted' } });
    await connect(stage, pair);
    const relays = stage.allocations;
    const before = both(pair).map(({ connectivity }) => connectivity.parameters?.ufrag);
    pair.alice.connectivity.restart();
    expect(pair.alice.connectivity.state).not.toBe('completed');
    await talk(stage, pair);
    await stage.world.run({ until: () => completed(pair) && pair.bob.of('parameters').length === 2 });
    const after = both(pair).map(({ connectivity }) => connectivity.parameters?.ufrag);
    for (const [index, ufrag] of after.entries()) expect(ufrag).not.toBe(before[index]);
    await talk(stage, pair);
    expect(both(pair).flatMap((one) => one.of('lost'))).toEqual([]);
    expect(stage.allocations).toBe(relays);
    expect(both(pair).flatMap((one) => one.of('server-failed'))).toEqual([]);
  });

  test('offers what was known before, the mapped addresses of relays included', async () => {
    const stage = new Stage();
    const pair = twoParties(stage, {
      servers: [stage.turnServer],
      alice: { nat: 'port-restricted' },
      bob: { nat: 'port-restricted' },
    });
    await connect(stage, pair);
    const types = (ufrag: string | undefined): string[] =>
      pair.alice
        .of('candidate')
        .filter(({ candidate }) => candidate.ufrag === ufrag)
        .map(({ candidate }) => candidate.type)
        .sort();
    const before = types(pair.alice.connectivity.parameters?.ufrag);
    pair.alice.connectivity.restart();
    await stage.world.run({ until: () => completed(pair) && pair.alice.of('gathered').length === 2 });
    expect(types(pair.alice.connectivity.parameters?.ufrag)).toEqual(before);
    expect(before).toContain('srflx');
    expect(before).toContain('relay');
  });

  test('of both at once is one', async () => {
    const stage = new Stage();
    const pair = twoParties(stage, { alice: { nat: 'symmetric' }, bob: { nat: 'symmetric' } });
    await connect(stage, pair);
    for (const { connectivity } of both(pair)) connectivity.restart();
    await stage.world.run({ until: () => completed(pair) });
    stage.world.advance(1_000);
    expect(both(pair).map((one) => one.of('parameters').length)).toEqual([2, 2]);
    await talk(stage, pair);
  });

  test('of the peer takes up the addresses that this device has got since', async () => {
    const stage = new Stage();
    const pair = twoParties(stage, { alice: { nat: 'symmetric' }, bob: { nat: 'symmetric' } });
    await connect(stage, pair);
    pair.alice.host.move({ nat: 'symmetric' });
    stage.world.advance(2_100);
    pair.bob.connectivity.restart();
    await stage.world.run({ until: () => completed(pair) && pair.alice.of('parameters').length === 2 });
    const { ufrag } = pair.alice.connectivity.parameters!;
    const addresses = pair.alice
      .of('candidate')
      .filter(({ candidate }) => candidate.ufrag === ufrag && candidate.type === 'host')
      .map(({ candidate }) => candidate.address);
    expect(addresses).toEqual([pair.alice.host.address]);
    await talk(stage, pair);
  });

  test('tells its parameters before the candidates that belong to them', async () => {
    const stage = new Stage();
    const pair = twoParties(stage);
    await connect(stage, pair);
    pair.alice.connectivity.restart();
    await stage.world.run({ until: () => completed(pair) && pair.bob.of('gathered').length === 2 });
    for (const { outputs } of both(pair)) {
      let ufrag: string | undefined;
      for (const output of outputs) {
        if (output.kind === 'parameters') ufrag = output.parameters.ufrag;
        if (output.kind === 'candidate') expect(output.candidate.ufrag).toBe(ufrag);
      }
    }
  });
});

describe('a device that goes from one network to another', () => {
  test('wants a restart, and finds its way again by it', async () => {
    const stage = new Stage();
    const pair = twoParties(stage, { alice: { nat: 'port-restricted' }, bob: { nat: 'symmetric' } });
    await connect(stage, pair);
    await talk(stage, pair);
    pair.alice.host.move({ nat: { type: 'symmetric', name: 'mobile' } });
    await stage.world.run({
      until: () => pair.alice.of('restart-wanted').some(({ why }) => /addresses/.test(why)),
      withinMs: 2_100,
    });
    pair.alice.connectivity.restart();
    await stage.world.run({ until: () => completed(pair) });
    const address = pair.alice.host.address;
    expect(
      pair.alice
        .of('candidate')
        .some(({ candidate }) => candidate.type === 'host' && candidate.address === address),
    ).toBe(true);
    await talk(stage, pair);
    // What hung on the old address is not asked for any more, and missed by nobody.
    stage.world.advance(700_000);
    expect(pair.alice.of('server-failed')).toEqual([]);
    await talk(stage, pair);
  });

  test('is asked at once where its owner knows', async () => {
    const stage = new Stage();
    const pair = twoParties(stage);
    await connect(stage, pair);
    pair.alice.host.move({ nat: 'full-cone' });
    pair.alice.connectivity.addressesChanged();
    await stage.world.run({ until: () => pair.alice.of('restart-wanted').length > 0, withinMs: 50 });
  });

  test('loses nothing while another of its addresses works', async () => {
    const stage = new Stage();
    const pair = twoParties(stage, {
      alice: {
        interfaces: [
          { nat: { type: 'full-cone', name: 'wifi' } },
          { nat: { type: 'full-cone', name: 'mobile' } },
        ],
      },
      bob: { nat: 'port-restricted' },
    });
    await connect(stage, pair);
    await talk(stage, pair);
    const used = pair.alice.of('selected').at(-1)?.pair.local.base.address;
    const [kept] = pair.alice.host.interfaces.filter(({ attachment }) => !attachment.has(used ?? ''));
    pair.alice.host.move({ nat: kept!.nats, addresses: kept!.attachment.addresses });
    pair.alice.connectivity.addressesChanged();
    await stage.world.run({ until: () => pair.alice.say('still here'), withinMs: 10_000 });
    pair.alice.connectivity.restart();
    await stage.world.run({ until: () => completed(pair) && pair.bob.of('parameters').length === 2 });
    await talk(stage, pair);
  });

  test('with no network at all says that it has lost its way, and comes back', async () => {
    const stage = new Stage();
    const pair = twoParties(stage, { alice: { nat: 'full-cone' }, bob: { nat: 'full-cone' } });
    await connect(stage, pair);
    pair.alice.host.leave();
    await stage.world.run({ until: () => pair.alice.of('lost').length > 0, withinMs: 5_000 });
    expect(pair.alice.say('anybody?')).toBe(false);
    pair.alice.host.move({ nat: 'full-cone' });
    pair.alice.connectivity.restart();
    await stage.world.run({ until: () => completed(pair) && pair.bob.of('parameters').length === 2 });
    await talk(stage, pair);
  });
});
