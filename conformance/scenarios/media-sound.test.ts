import { type SoundSource, toneSource } from '@ringdown/media';
import { simulate } from '@ringdown/simulator';
import type { MediaProfile, MediaWishes } from '@ringdown/user-agent';
import { describe, expect, test } from 'vitest';
import { connect, loudnessDbfs, MediaPeer, only, settled, soundOf, toneDbfs } from '../world/media-peer.ts';

const pair = (codec: string) => {
  const world = simulate();
  const link = { latencyMs: 20 };
  const alice = new MediaPeer(world, world.host('alice', { link }));
  const bob = new MediaPeer(world, world.host('bob', { link }), {}, { codecs: only(codec) });
  return { world, alice, bob };
};

const PLAIN = { ice: false, security: ['none'] } as const satisfies MediaWishes;
const [ALICE_HZ, BOB_HZ] = [
  [440, 880],
  [1_000, 600],
];

describe('a tone of each side arrives at the other, on its channel, with its frequency and its level', () => {
  test.each<[string, MediaProfile, string, number, number]>([
    ['PCMA', 'telephone', 'PCMA', 8_000, 1],
    ['G.722', 'telephone', 'G722', 16_000, 1],
    ['Opus', 'interview', 'opus', 48_000, 1],
    ['Opus in stereo', 'music-stereo', 'opus', 48_000, 2],
    ['L16 in stereo', 'lossless', 'L16', 48_000, 2],
  ])('%s', async (_, profile, codec, rateHz, channels) => {
    const { world, alice, bob } = pair(codec);
    const hers = soundOf(ALICE_HZ.slice(0, channels), rateHz);
    const his = soundOf(BOB_HZ.slice(0, channels), rateHz);
    const wishes = { ...PLAIN, profile };
    await connect(world, [alice, { ...wishes, sound: hers.sound }], [bob, { ...wishes, sound: his.sound }]);
    await world.run({ until: () => alice.of('quality').length >= 3 });
    expect(bob.of('media').at(-1)?.media).toMatchObject({ codec, rateHz, channels, direction: 'sendrecv' });
    for (const [sink, frequencies] of [
      [his.sink(), ALICE_HZ],
      [hers.sink(), BOB_HZ],
    ] as const) {
      for (let channel = 0; channel < channels; channel++) {
        const heard = sink.last(500, channel);
        expect(toneDbfs(heard, frequencies[channel]!, rateHz)).toBeCloseTo(-12, 0);
        expect(loudnessDbfs(heard)).toBeCloseTo(-12, 0);
      }
    }
    expect(alice.of('sound')).toHaveLength(1);
    expect(alice.of('quality').at(-1)?.quality).toMatchObject({ lossRatio: 0, lost: 0, concealedRatio: 0 });
    expect(alice.of('path')[0]?.path).toMatchObject({ kind: 'direct', ice: false });
  });
});

test('all sockets and timers are given back', async () => {
  const { world, alice, bob } = pair('PCMA');
  const hers = soundOf([440], 8_000);
  await connect(world, [alice, { ...PLAIN, sound: hers.sound }], [bob, PLAIN]);
  await world.run({ until: () => bob.of('quality').length >= 2 });
  let closed = 0;
  for (const { engine } of [alice, bob])
    void engine.close().then(() => {
      closed++;
    });
  await world.run({ until: () => closed === 2, withinMs: 5_000 });
  await world.run({ withinMs: 100 });
  expect(world.waiting).toBe(0);
});

test('linear sound arrives bit for bit', async () => {
  const { world, alice, bob } = pair('L16');
  const [hers, his] = [soundOf([441.3, 880.7], 48_000, -1), soundOf([1_000], 48_000)];
  const said = soundOf([441.3, 880.7], 48_000, -1);
  const wishes = { ...PLAIN, profile: 'lossless' } as const;
  await connect(world, [alice, { ...wishes, sound: hers.sound }], [bob, { ...wishes, sound: his.sound }]);
  await world.run({ until: () => alice.of('quality').length >= 5 });
  const { play } = said.sound as { play: SoundSource };
  const original = play.read(48_000 * 5);
  for (const channel of [0, 1]) {
    const heard = his.sink().last(3_000, channel);
    // The tones are in no step with each other: the first samples say where the rest has to be.
    const first = original[channel]!.findIndex((_, at) =>
      heard.subarray(0, 64).every((sample, index) => sample === original[channel]![at + index]),
    );
    expect(first).toBeGreaterThanOrEqual(0);
    expect(heard).toEqual(original[channel]!.slice(first, first + heard.length));
  }
});

test.each([
  ['opus', 'voice', 60, 20],
  ['opus', 'music-stereo', 40, 20],
  ['L16', 'lossless', 30, 5],
] as const)('sound of %s, %s, takes no longer than the network and the buffer', async (...row) => {
  const [codec, profile, bufferMs, packetMs] = row;
  const { world, alice, bob } = pair(codec);
  const hers = soundOf([440, 440], 48_000);
  const wishes = { ...PLAIN, profile } as const;
  await connect(world, [alice, { ...wishes, sound: hers.sound }], [bob, wishes]);
  const begun = world.clock.now();
  await world.run({ until: () => bob.of('sound').length > 0 });
  // 20 ms to each router and the same back, and one packet.
  expect(world.clock.now() - begun).toBeLessThanOrEqual(40 + bufferMs + packetMs + 5);
});

test.each(['opus', 'PCMA', 'G722'])(
  '%s: who sends silence is not heard until there is a sound',
  async (codec) => {
    const { world, alice, bob } = pair(codec);
    const tone = toneSource({ frequenciesHz: [440], levelDbfs: -30, sampleRateHz: 8_000 });
    let played = 0;
    const play: SoundSource = {
      format: tone.format,
      read: (samples) => {
        played += samples;
        return played <= 2 * 8_000 ? [new Int16Array(samples)] : tone.read(samples);
      },
      ended: false,
      close: () => undefined,
    };
    // A profile that sends silence, too.
    const wishes = { ...PLAIN, profile: 'interview' } as const;
    await connect(world, [alice, { ...wishes, sound: { play } }], [bob, wishes]);
    await world.run({ until: () => bob.of('quality').some(({ quality }) => quality.received > 20) });
    expect(bob.of('sound')).toHaveLength(0);
    await world.run({ until: () => bob.of('sound').length > 0, withinMs: 3_000 });
    expect(played).toBeGreaterThan(2 * 8_000);
    await world.run({ until: () => bob.of('quality').length >= 5 });
    expect(bob.of('sound')).toHaveLength(1);
    // Nobody plays anything at Bob's.
    expect(alice.of('sound')).toHaveLength(0);
  },
);

test('what has come is recorded, also where the call ends before it was to be heard', async () => {
  const { world, alice, bob } = pair('L16');
  const [hers, his] = [soundOf([440], 48_000, -12, 1_000), soundOf([1_000], 48_000)];
  const wishes = { ...PLAIN, profile: 'lossless' } as const;
  await connect(world, [alice, { ...wishes, sound: hers.sound }], [bob, { ...wishes, sound: his.sound }]);
  await world.run({ until: () => alice.of('played').length > 0, withinMs: 2_000 });
  // On its way for 40 ms; the buffer holds 30 more.
  const arrived = world.clock.now() + 45;
  await world.run({ until: () => world.clock.now() >= arrived });
  bob.engine.ask({ kind: 'close', session: 'call' });
  await settled(world, bob.engine.close());
  const loud = his
    .sink()
    .last(2_000)
    .filter((sample) => Math.abs(sample) > 200).length;
  expect(loud / 48).toBeGreaterThan(975);
});
