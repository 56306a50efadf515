import { simulate } from '@ringdown/simulator';
import type { MediaWishes } from '@ringdown/user-agent';
import { expect, test } from 'vitest';
import { connect, MediaPeer, settled, soundOf, toneDbfs } from '../world/media-peer.ts';

/** A call that is made for something else while it goes on. */
const arrange = async (security: MediaWishes['security'] & object, ice: boolean) => {
  const world = simulate({ seed: 3 });
  const alice = new MediaPeer(world, world.host('alice', { link: { latencyMs: 20 } }));
  const bob = new MediaPeer(world, world.host('bob', { link: { latencyMs: 20 } }));
  const [hers, his] = [soundOf([440, 880], 48_000), soundOf([1_000, 2_000], 48_000)];
  const wishes = { ice, security, profile: 'voice' } as const;
  await connect(
    world,
    [alice, { ...wishes, sound: hers.sound }],
    [bob, { ...wishes, profile: 'lossless', sound: his.sound }],
  );
  const pass = async (ms: number): Promise<void> => {
    const end = world.clock.now() + ms;
    await world.run({ until: () => world.clock.now() >= end, withinMs: ms + 1_000 });
  };
  await world.run({ until: () => alice.of('sound').length > 0 && bob.of('sound').length > 0 });
  await pass(500);
  const codecs = () => [alice, bob].map((one) => one.of('media').at(-1)?.media.codec);
  return { world, alice, bob, hers, his, pass, codecs };
};

test.each([
  ['plain', ['none'], false],
  ['protected, with ICE', ['dtls-srtp'], true],
] as const)('another profile is agreed upon in mid-call: %s', async (_, security, ice) => {
  const { world, alice, bob, hers, his, pass, codecs } = await arrange(security, ice);
  expect(codecs()).toEqual(['opus', 'opus']);
  const offer = await settled(world, alice.offer('call', { profile: 'lossless' }));
  const answer = await settled(world, bob.answer('call', offer));
  // Nothing changes before both sides have said so.
  expect(alice.of('media').at(-1)?.media.profile).toBe('voice');
  await settled(world, alice.takeAnswer('call', answer));
  await pass(2_000);
  expect(codecs()).toEqual(['L16', 'L16']);
  expect(alice.of('media').at(-1)?.media).toMatchObject({ profile: 'lossless', channels: 2 });
  // Each channel is heard on its own side, and the stream is the same.
  for (const [sink, frequencies] of [
    [his.sink(), [440, 880]],
    [hers.sink(), [1_000, 2_000]],
  ] as const)
    for (const [channel, frequency] of frequencies.entries())
      expect(
        toneDbfs(sink.last(400, channel % sink.format.channels), frequency, sink.format.sampleRateHz),
      ).toBeGreaterThan(-20);
  if (!ice) expect(new Set(alice.rtp.map(({ ssrc }) => ssrc)).size).toBe(1);
  // What is offered later goes on with it.
  const later = await settled(world, alice.offer('call', undefined, { hold: true }));
  expect(later).toContain('L16');
});

test('one that the peer refuses leaves the call as it was', async () => {
  const { world, alice, bob, his, pass, codecs } = await arrange(['none'], false);
  const before = await settled(world, alice.offer('call'));
  alice.engine.ask({ kind: 'roll back', session: 'call' });
  await settled(world, alice.offer('call', { profile: 'lossless' }));
  alice.engine.ask({ kind: 'roll back', session: 'call' });
  const after = await settled(world, alice.offer('call'));
  expect(after.replace(/^o=.*$/m, '')).toBe(before.replace(/^o=.*$/m, ''));
  const answer = await settled(world, bob.answer('call', after));
  await settled(world, alice.takeAnswer('call', answer));
  await pass(1_000);
  expect(codecs()).toEqual(['opus', 'opus']);
  expect(alice.of('media').at(-1)?.media.profile).toBe('voice');
  expect(toneDbfs(his.sink().last(400), 440, his.sink().format.sampleRateHz)).toBeGreaterThan(-20);
});

test.each([
  ['lossless', 'L16', 2],
  ['music-stereo', 'opus', 2],
  ['interview', 'opus', 1],
] as const)('who names no profile takes a call for %s as what it is', async (profile, codec, channels) => {
  const world = simulate({ seed: 3 });
  const [alice, bob, carol] = ['alice', 'bob', 'carol'].map(
    (name) => new MediaPeer(world, world.host(name)),
  ) as [MediaPeer, MediaPeer, MediaPeer];
  await connect(world, [alice, { profile }], [bob, {}]);
  expect(bob.of('media').at(-1)?.media).toMatchObject({ codec, channels });
  expect(alice.of('media').at(-1)?.media).toMatchObject({ codec, channels });
  // Who names one gets that.
  await connect(world, [alice, { profile }], [carol, { profile: 'voice' }], 'another');
  expect(carol.of('media').at(-1)?.media).toMatchObject({ codec: 'opus', profile: 'voice' });
  const her = alice.of('media').filter(({ session }) => session === 'another');
  expect(her.at(-1)?.media).toMatchObject({ codec: 'opus', sentChannels: 1 });
});
