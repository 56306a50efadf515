import { simulate, type World } from '@ringdown/simulator';
import type { MediaWishes } from '@ringdown/user-agent';
import { expect, test } from 'vitest';
import { connect, MediaPeer, settled, soundOf, toneDbfs } from '../world/media-peer.ts';

const PLAIN = { profile: 'telephone', security: ['none'], ice: false } as const satisfies MediaWishes;

const peers = (world: World): readonly [MediaPeer, MediaPeer, MediaPeer] =>
  ['alice', 'bob', 'carol'].map((name) => new MediaPeer(world, world.host(name))) as [
    MediaPeer,
    MediaPeer,
    MediaPeer,
  ];

const pass = async (world: World, ms: number): Promise<void> => {
  const end = world.clock.now() + ms;
  await world.run({ until: () => world.clock.now() >= end, withinMs: ms + 1_000 });
};

test('a call that is handed over takes its sound along: the end of the first closes nothing', async () => {
  const world = simulate();
  const [alice, bob, carol] = peers(world);
  const [hers, his, another] = [soundOf([440], 16_000), soundOf([1_000], 16_000), soundOf([1_500], 16_000)];
  const heardFrom = (frequencyHz: number) => toneDbfs(hers.sink().last(400), frequencyHz, 16_000);
  const toldBy = (whose: typeof his) => toneDbfs(whose.sink().last(400), 440, 16_000);
  await connect(world, [alice, { ...PLAIN, sound: hers.sound }], [bob, { ...PLAIN, sound: his.sound }]);
  await pass(world, 1_000);
  // The new call is begun while the first stands, and heard as soon as it is taken.
  await connect(
    world,
    [alice, { ...PLAIN, sound: hers.sound }],
    [carol, { ...PLAIN, sound: another.sound }],
    'second',
  );
  await pass(world, 1_500);
  expect([heardFrom(1_500), toldBy(another)].map(Math.round)).toEqual([-12, -12]);
  expect(heardFrom(1_000)).toBeLessThan(-50);
  expect(toldBy(his)).toBeLessThan(-50);
  const sink = hers.sink();
  for (const { engine } of [alice, bob]) engine.ask({ kind: 'close', session: 'call' });
  await pass(world, 1_500);
  expect([heardFrom(1_500), toldBy(another)].map(Math.round)).toEqual([-12, -12]);
  expect(hers.sink()).toBe(sink);
  expect(sink.isClosed).toBe(false);
  alice.engine.ask({ kind: 'close', session: 'second' });
  await world.run({ until: () => sink.isClosed });
});

test('a call that came to nothing gives the sound back to the one that goes on', async () => {
  const world = simulate();
  const [alice, bob, carol] = peers(world);
  const [hers, his] = [soundOf([440], 16_000), soundOf([1_000], 16_000)];
  await connect(world, [alice, { ...PLAIN, sound: hers.sound }], [bob, { ...PLAIN, sound: his.sound }]);
  await connect(world, [alice, { ...PLAIN, sound: hers.sound }], [carol, PLAIN], 'second');
  await pass(world, 1_000);
  alice.engine.ask({ kind: 'close', session: 'second' });
  await pass(world, 1_500);
  expect(toneDbfs(his.sink().last(400), 440, 16_000)).toBeCloseTo(-12, 0);
  expect(toneDbfs(hers.sink().last(400), 1_000, 16_000)).toBeCloseTo(-12, 0);
  expect(hers.sink().isClosed).toBe(false);
});

test('what one session was given is open for the next that is begun before that one is closed', async () => {
  const world = simulate();
  const [alice, bob] = peers(world);
  const [hers, his] = [soundOf([440], 16_000), soundOf([1_000], 16_000)];
  const wishes = { ...PLAIN, sound: hers.sound };
  await settled(world, alice.offer('first', wishes));
  // In one go, as an INVITE that is refused and sent anew has it.
  const again = alice.offer('call', wishes);
  alice.engine.ask({ kind: 'close', session: 'first' });
  const offer = await settled(world, again);
  const answer = await settled(world, bob.answer('call', offer, { ...PLAIN, sound: his.sound }));
  bob.engine.ask({ kind: 'establish', session: 'call' });
  await settled(world, alice.takeAnswer('call', answer));
  alice.engine.ask({ kind: 'establish', session: 'call' });
  await pass(world, 1_500);
  expect(toneDbfs(his.sink().last(400), 440, 16_000)).toBeCloseTo(-12, 0);
});
