import { simulate } from '@ringdown/simulator';
import type { MediaWishes } from '@ringdown/user-agent';
import { expect, test } from 'vitest';
import { MediaPeer, settled, soundOf, toneDbfs } from '../world/media-peer.ts';

const SOUND = { profile: 'telephone', security: ['none'] } as const satisfies MediaWishes;

/** A caller whose call two phones answer, one after the other, each with a tone of its own. */
const forked = async (ice: boolean, more: MediaWishes = {}) => {
  const world = simulate();
  const wishes = { ...SOUND, ice, ...more };
  const [alice, bob, carol] = ['alice', 'bob', 'carol'].map(
    (name) => new MediaPeer(world, world.host(name)),
  ) as [MediaPeer, MediaPeer, MediaPeer];
  const [hers, his, another] = [soundOf([440], 16_000), soundOf([1_000], 16_000), soundOf([1_500], 16_000)];
  const offer = await settled(world, alice.offer('call', { ...wishes, sound: hers.sound }));
  const bobs = await settled(world, bob.answer('call', offer, { ...wishes, sound: his.sound }));
  const carols = await settled(world, carol.answer('call', offer, { ...wishes, sound: another.sound }));
  for (const one of [bob, carol]) one.engine.ask({ kind: 'establish', session: 'call' });
  for (const session of ['bob', 'carol']) alice.engine.ask({ kind: 'fork', session, of: 'call' });
  await settled(world, alice.takeAnswer('bob', bobs));
  await settled(world, alice.takeAnswer('carol', carols));
  const pass = async (ms: number): Promise<void> => {
    const end = world.clock.now() + ms;
    await world.run({ until: () => world.clock.now() >= end, withinMs: ms + 1_000 });
  };
  const heard = () => ({
    bob: toneDbfs(hers.sink().last(400), 1_000, 16_000),
    carol: toneDbfs(hers.sink().last(400), 1_500, 16_000),
  });
  return { world, alice, bob, carol, pass, heard, hers, another };
};

test('the fork that was answered first is heard until the call is established with the other', async () => {
  const { alice, bob, carol, pass, heard, another } = await forked(false);
  await pass(1_000);
  expect(heard().bob).toBeCloseTo(-12, 0);
  expect(heard().carol).toBeLessThan(-50);
  alice.engine.ask({ kind: 'establish', session: 'carol' });
  for (const session of ['bob', 'call']) alice.engine.ask({ kind: 'close', session });
  bob.engine.ask({ kind: 'close', session: 'call' });
  await pass(1_500);
  expect(heard().bob).toBeLessThan(-50);
  expect(heard().carol).toBeCloseTo(-12, 0);
  expect(toneDbfs(another.sink().last(400), 440, 16_000)).toBeCloseTo(-12, 0);
  expect(alice.of('path').at(-1)).toMatchObject({
    session: 'carol',
    path: { remote: { address: carol.host.address } },
  });
});

test('with ICE the other fork asks for a restart, and is heard behind it', async () => {
  const { world, alice, bob, carol, pass, heard, another } = await forked(true);
  await pass(1_000);
  expect(heard().bob).toBeCloseTo(-12, 0);
  alice.engine.ask({ kind: 'establish', session: 'carol' });
  for (const session of ['bob', 'call']) alice.engine.ask({ kind: 'close', session });
  bob.engine.ask({ kind: 'close', session: 'call' });
  await world.run({ until: () => alice.of('restart wanted').length > 0, withinMs: 1_000 });
  expect(alice.of('restart wanted')[0]?.session).toBe('carol');
  const offer = await settled(world, alice.offer('carol', undefined, { restart: true }));
  const answer = await settled(world, carol.answer('call', offer));
  await settled(world, alice.takeAnswer('carol', answer));
  await pass(3_000);
  expect(heard().carol).toBeCloseTo(-12, 0);
  expect(toneDbfs(another.sink().last(400), 440, 16_000)).toBeCloseTo(-12, 0);
});

test.each([true, false])('the only fork goes on when the others are closed (ICE: %s)', async (ice) => {
  const { alice, carol, pass, heard, hers } = await forked(ice);
  for (const session of ['call', 'carol']) alice.engine.ask({ kind: 'close', session });
  carol.engine.ask({ kind: 'close', session: 'call' });
  alice.engine.ask({ kind: 'establish', session: 'bob' });
  await pass(2_000);
  expect(heard().bob).toBeCloseTo(-12, 0);
  expect(hers.sink().isClosed).toBe(false);
  alice.engine.ask({ kind: 'close', session: 'bob' });
  await pass(3_000);
  expect(hers.sink().isClosed).toBe(true);
});

test('what is answered early says nothing until the call is taken, and everything from then on', async () => {
  const world = simulate();
  const [alice, bob] = ['alice', 'bob'].map((name) => new MediaPeer(world, world.host(name))) as [
    MediaPeer,
    MediaPeer,
  ];
  const [hers, his] = [soundOf([440], 16_000), soundOf([1_000], 16_000)];
  const offer = await settled(world, alice.offer('call', { ...SOUND, sound: hers.sound }));
  const answer = await settled(world, bob.answer('call', offer, SOUND, true));
  await settled(world, alice.takeAnswer('call', answer));
  await world.run({ until: () => bob.of('path').length > 0 });
  const ringing = world.clock.now() + 4_000;
  await world.run({ until: () => world.clock.now() >= ringing });
  expect(bob.rtp).toEqual([]);
  expect(bob.of('sound')).toEqual([]);
  bob.engine.ask({ kind: 'establish', session: 'call', wishes: { sound: his.sound } });
  alice.engine.ask({ kind: 'establish', session: 'call' });
  const taken = world.clock.now();
  await world.run({ until: () => alice.of('sound').length > 0 });
  // The jitter buffer's first target, and no more.
  expect(world.clock.now() - taken).toBeLessThan(120);
  await world.run({ until: () => bob.of('sound').length > 0 });
  expect(world.clock.now() - taken).toBeLessThan(120);
  const later = world.clock.now() + 800;
  await world.run({ until: () => world.clock.now() >= later });
  expect(toneDbfs(hers.sink().last(400), 1_000, 16_000)).toBeCloseTo(-12, 0);
  expect(toneDbfs(his.sink().last(400), 440, 16_000)).toBeCloseTo(-12, 0);
});

test('a caller hears early media, and nothing of what it plays is lost while it rings', async () => {
  const world = simulate();
  const [alice, bob] = ['alice', 'bob'].map((name) => new MediaPeer(world, world.host(name))) as [
    MediaPeer,
    MediaPeer,
  ];
  const [hers, his] = [soundOf([440], 16_000, -12, 1_000), soundOf([1_000], 16_000)];
  const pass = async (ms: number): Promise<void> => {
    const end = world.clock.now() + ms;
    await world.run({ until: () => world.clock.now() >= end, withinMs: ms + 1_000 });
  };
  const offer = await settled(world, alice.offer('call', { ...SOUND, sound: hers.sound }));
  const answer = await settled(world, bob.answer('call', offer, { ...SOUND, sound: his.sound }));
  bob.engine.ask({ kind: 'establish', session: 'call' });
  await settled(world, alice.takeAnswer('call', answer));
  await pass(4_000);
  expect(toneDbfs(hers.sink().last(400), 1_000, 16_000)).toBeCloseTo(-12, 0);
  // A NAT lets his packets in.
  expect(alice.rtp.length).toBeGreaterThan(0);
  expect(toneDbfs(his.sink().last(1_000), 440, 16_000)).toBeLessThan(-80);
  expect(alice.engine.levels('call')?.sent[0]?.rmsDbfs).toBe(Number.NEGATIVE_INFINITY);
  expect(alice.of('played')).toEqual([]);
  alice.engine.ask({ kind: 'establish', session: 'call' });
  await world.run({ until: () => alice.of('played').length > 0, withinMs: 2_000 });
  await pass(500);
  const heard = his.sink().last(2_000);
  expect(heard.filter((sample) => Math.abs(sample) > 50).length / 16).toBeGreaterThan(950);
});

test('who does not say anything while it rings is no outage', async () => {
  const world = simulate();
  const [alice, bob] = ['alice', 'bob'].map((name) => new MediaPeer(world, world.host(name))) as [
    MediaPeer,
    MediaPeer,
  ];
  const offer = await settled(world, alice.offer('call', { ...SOUND, ice: false }));
  const answer = await settled(world, bob.answer('call', offer, { ...SOUND, ice: false }, true));
  await settled(world, alice.takeAnswer('call', answer));
  const ringing = world.clock.now() + 35_000;
  await world.run({ until: () => world.clock.now() >= ringing, withinMs: 36_000 });
  expect(alice.of('quality').filter(({ quality }) => quality.silentMs !== undefined)).toEqual([]);
  expect(alice.of('failed')).toEqual([]);
});

test('forks that were offered one key never use it twice: each has a source of its own (RFC 3711 §9.1)', async () => {
  const { alice, bob, carol, pass } = await forked(false, { security: ['sdes'] });
  alice.engine.ask({ kind: 'establish', session: 'bob' });
  await pass(1_000);
  alice.engine.ask({ kind: 'establish', session: 'carol' });
  alice.engine.ask({ kind: 'close', session: 'bob' });
  await pass(1_500);
  const ssrcsTo = ({ host }: MediaPeer): Set<number> => {
    const bytes = alice.sent.filter(({ to }) => to.address === host.address).map((one) => one.bytes);
    // RTP, and RTCP with its sender at another place (RFC 3550 §5.1, §6.4.1).
    return new Set(
      bytes.map((one) =>
        new DataView(one.buffer, one.byteOffset).getUint32(one[1]! >= 192 && one[1]! < 224 ? 4 : 8),
      ),
    );
  };
  const [toBob, toCarol] = [ssrcsTo(bob), ssrcsTo(carol)];
  expect([toBob.size, toCarol.size]).toEqual([1, 1]);
  expect(toBob).not.toEqual(toCarol);
  expect(carol.of('sound')).toHaveLength(1);
});
