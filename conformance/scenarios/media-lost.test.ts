import type { MediaWishes } from '@ringdown/user-agent';
import { expect, test } from 'vitest';
import { Stage } from '../../packages/connectivity/scenarios/stage.ts';
import { connect, MediaPeer, settled, soundOf, toneDbfs } from '../world/media-peer.ts';

const SOUND: MediaWishes = { profile: 'telephone', security: ['none'] };

/** Two phones in a call over ICE; what each engine tells, and when. */
const talk = async () => {
  const stage = new Stage();
  const { world } = stage;
  const servers = () => [stage.stunServer, stage.turnServer];
  const [alice, bob] = ['alice', 'bob'].map(
    (name) => new MediaPeer(world, world.host(name, { link: { latencyMs: 15 } }), { servers }),
  ) as [MediaPeer, MediaPeer];
  const times = new Map<string, number>();
  for (const [one, other] of [
    [alice, bob],
    [bob, alice],
  ] as const)
    one.onEvent = (event) => {
      if (event.kind === 'fragment') other.engine.ask({ ...event, kind: 'take fragment' });
      const key = `${one.host.name} ${event.kind}`;
      if (!times.has(key)) times.set(key, world.clock.now());
    };
  const [hers, his] = [soundOf([440], 16_000), soundOf([1_000], 16_000)];
  await connect(world, [alice, { ...SOUND, sound: hers.sound }], [bob, { ...SOUND, sound: his.sound }]);
  await world.run({ until: () => alice.of('sound').length > 0 && bob.of('sound').length > 0 });
  await world.run({ withinMs: 7_000 });
  const begun = world.clock.now();
  const since = (key: string): number => (times.get(key) ?? Number.POSITIVE_INFINITY) - begun;
  return { world, alice, bob, hers, his, since };
};

/** Alice offers a restart: the way is told again, and each hears the other as before. */
const mended = async ({ world, alice, bob, hers, his }: Awaited<ReturnType<typeof talk>>): Promise<void> => {
  const paths = alice.of('path').length;
  const offer = await settled(world, alice.offer('call', undefined, { restart: true }));
  const answer = await settled(world, bob.answer('call', offer));
  await settled(world, alice.takeAnswer('call', answer));
  await world.run({ until: () => alice.of('path').length > paths, withinMs: 5_000 });
  await world.run({ withinMs: 20_000 });
  expect([...alice.of('failed'), ...bob.of('failed')]).toEqual([]);
  expect(toneDbfs(hers.sink().last(400), 1_000, 16_000)).toBeCloseTo(-12, 0);
  expect(toneDbfs(his.sink().last(400), 440, 16_000)).toBeCloseTo(-12, 0);
};

test('a peer that vanishes is heard to be silent, then known to be lost, then given up: within 41 seconds', async () => {
  const { world, alice, bob, since } = await talk();
  bob.host.leave();
  await world.run({ withinMs: 2_200 });
  expect(alice.of('quality').at(-1)?.quality).toMatchObject({ mos: 1, lossRatio: 1 });
  await world.run({ until: () => alice.of('way lost').length > 0, withinMs: 40_000 });
  const sent = alice.rtp.length;
  await world.run({ until: () => alice.of('failed').length > 0, withinMs: 40_000 });
  // Consent may be as old as six seconds (RFC 7675 §5.1), and holds for thirty.
  expect(since('alice way lost')).toBeGreaterThan(23_500);
  expect(since('alice way lost')).toBeLessThanOrEqual(30_100);
  expect(alice.rtp.length).toBe(sent);
  // Another way was asked for by signalling as soon as the peer had missed two checks, and once more now.
  expect(since('alice restart wanted')).toBeLessThan(20_000);
  expect(alice.of('restart wanted')).toHaveLength(2);
  expect(since('alice failed')).toBeGreaterThan(39_000);
  expect(since('alice failed')).toBeLessThanOrEqual(41_000);
  expect(alice.of('failed')[0]).toMatchObject({
    why: 'The other side does not answer any more: no packets get through, and no other way was found.',
    next: expect.stringContaining('Call again'),
  });
});

test('an offer of ours that nobody answers does not keep the call', async () => {
  const { world, alice, bob, since } = await talk();
  bob.host.leave();
  await world.run({ until: () => alice.of('restart wanted').length > 0, withinMs: 40_000 });
  await settled(world, alice.offer('call', undefined, { restart: true }));
  await world.run({ until: () => alice.of('failed').length > 0, withinMs: 40_000 });
  expect(since('alice failed')).toBeLessThanOrEqual(41_000);
});

test('a device without any network for 25 seconds waits as long as the peer does, and goes on from its new address', async () => {
  const both = await talk();
  const { world, alice } = both;
  alice.host.leave();
  await world.run({ until: () => alice.of('way lost').length > 0, withinMs: 5_000 });
  await world.run({ withinMs: 25_000 });
  alice.host.move({ link: { latencyMs: 40 } });
  await mended(both);
});

test('both miss the way: a restart mends it at the last moment, and the way is told again', async () => {
  const both = await talk();
  const { world, alice, bob } = both;
  alice.host.link.change({ loss: 1 });
  await world.run({
    until: () => alice.of('way lost').length + bob.of('way lost').length === 2,
    withinMs: 40_000,
  });
  await world.run({ withinMs: 7_000 });
  alice.host.link.change({ loss: 0 });
  await mended(both);
  expect(alice.of('quality').at(-1)?.quality.lossRatio).toBe(0);
});
