import type { NatType } from '@ringdown/simulator';
import type { MediaWishes } from '@ringdown/user-agent';
import { describe, expect, test } from 'vitest';
import { Stage } from '../../packages/connectivity/scenarios/stage.ts';
import { connect, MediaPeer, settled, soundOf, toneDbfs } from '../world/media-peer.ts';

const SOUND: MediaWishes = { profile: 'telephone', security: ['none'] };

/** Two phones behind NATs, which tell each other what they find. */
const household = (nats: readonly [NatType | undefined, NatType | undefined] = [undefined, undefined]) => {
  const stage = new Stage();
  const { world } = stage;
  const servers = () => [stage.stunServer, stage.turnServer];
  const [alice, bob] = (['alice', 'bob'] as const).map((name, at) => {
    const nat = nats[at];
    const host = world.host(name, { link: { latencyMs: 15 }, ...(nat === undefined ? {} : { nat }) });
    return new MediaPeer(world, host, { servers });
  }) as [MediaPeer, MediaPeer];
  for (const [one, other] of [
    [alice, bob],
    [bob, alice],
  ] as const)
    one.onEvent = (event) => {
      if (event.kind === 'fragment') other.engine.ask({ ...event, kind: 'take fragment' });
    };
  return { stage, world, alice, bob };
};

const tones = () => ({ hers: soundOf([440], 16_000), his: soundOf([1_000], 16_000) });

const call = async (home: ReturnType<typeof household>, wishes: MediaWishes = SOUND, others = wishes) => {
  const { hers, his } = tones();
  const { world, alice, bob } = home;
  const said = await connect(
    world,
    [alice, { ...wishes, sound: hers.sound }],
    [bob, { ...others, sound: his.sound }],
  );
  await world.run({
    until: () => alice.of('sound').length > 0 && bob.of('sound').length > 0,
    withinMs: 10_000,
    what: 'each hears the other',
  });
  return { ...said, hers, his };
};

const listen = async ({ world }: ReturnType<typeof household>, ms: number): Promise<void> => {
  const end = world.clock.now() + ms;
  await world.run({ until: () => world.clock.now() >= end, withinMs: ms + 100 });
};

describe('with ICE', () => {
  test.each<[string, NatType | undefined, NatType | undefined, string]>([
    ['in the open', undefined, undefined, 'direct'],
    ['behind full cones', 'full-cone', 'full-cone', 'direct'],
    ['behind port-restricted cones', 'port-restricted', 'port-restricted', 'direct'],
    ['behind symmetric NATs', 'symmetric', 'symmetric', 'relayed'],
  ])('two phones %s hear each other', async (_, hers, his, kind) => {
    const home = household([hers, his]);
    const { alice, bob } = home;
    const heard = await call(home);
    await listen(home, 1_500);
    expect(alice.of('path').at(-1)?.path).toMatchObject({ kind, ice: true });
    expect(bob.of('path').at(-1)?.path).toMatchObject({ kind, ice: true });
    expect(toneDbfs(heard.his.sink().last(500), 440, 16_000)).toBeCloseTo(-12, 0);
    expect(toneDbfs(heard.hers.sink().last(500), 1_000, 16_000)).toBeCloseTo(-12, 0);
    expect(alice.engine.pairs('call').filter(({ selected }) => selected)).toHaveLength(1);
  });

  test('one who moves to another network in mid-call goes on after a restart, with the same stream', async () => {
    const home = household(['port-restricted', 'port-restricted']);
    const { world, alice, bob } = home;
    const heard = await call(home);
    const ssrcs = new Set<string>();
    await listen(home, 1_000);
    alice.host.move({ nat: 'symmetric', link: { latencyMs: 40 } });
    await world.run({ until: () => alice.of('restart wanted').length > 0, what: 'the move is noticed' });
    const offer = await settled(world, alice.offer('call', undefined, { restart: true }));
    const answer = await settled(world, bob.answer('call', offer));
    await settled(world, alice.takeAnswer('call', answer));
    const before = bob.of('path').length;
    await world.run({ until: () => bob.of('path').length > before, what: 'another path' });
    await listen(home, 1_500);
    expect(toneDbfs(heard.his.sink().last(500), 440, 16_000)).toBeCloseTo(-12, 0);
    expect(toneDbfs(heard.hers.sink().last(500), 1_000, 16_000)).toBeCloseTo(-12, 0);
    expect(ssrcs.size).toBe(0);
    expect(alice.of('failed')).toEqual([]);
  });
});
