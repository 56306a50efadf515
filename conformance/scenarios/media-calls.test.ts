import { type LinkOptions, simulate } from '@ringdown/simulator';
import type { MediaProfile, MediaWishes } from '@ringdown/user-agent';
import { describe, expect, test } from 'vitest';
import { connect, loudnessDbfs, MediaPeer, settled, soundOf, toneDbfs } from '../world/media-peer.ts';

const PLAIN = { ice: false, security: ['none'], profile: 'telephone' } as const satisfies MediaWishes;

const arrange = async (wishes: MediaWishes = PLAIN, link: LinkOptions = { latencyMs: 20 }) => {
  const world = simulate({ seed: 7 });
  const alice = new MediaPeer(world, world.host('alice', { link }));
  const bob = new MediaPeer(world, world.host('bob', { link }));
  const rateHz = wishes.profile === 'telephone' ? 16_000 : 48_000;
  const [hers, his] = [soundOf([440], rateHz), soundOf([1_000], rateHz)];
  const said = await connect(
    world,
    [alice, { ...wishes, sound: hers.sound }],
    [bob, { ...wishes, sound: his.sound }],
  );
  const pass = async (ms: number): Promise<void> => {
    const end = world.clock.now() + ms;
    await world.run({ until: () => world.clock.now() >= end, withinMs: ms + 1_000 });
  };
  /** What each has heard lately. */
  const heard = (ms = 400) => ({
    byAlice: toneDbfs(hers.sink().last(ms), 1_000, rateHz),
    byBob: toneDbfs(his.sink().last(ms), 440, rateHz),
  });
  const renew = async (hold = false): Promise<{ offer: string; answer: string }> => {
    const offer = await settled(world, alice.offer('call', undefined, { hold }));
    const answer = await settled(world, bob.answer('call', offer));
    await settled(world, alice.takeAnswer('call', answer));
    return { offer, answer };
  };
  return { world, alice, bob, hers, his, said, pass, heard, renew };
};

test('who is held hears nothing and is not heard; resumed, both are, and the stream has gone on', async () => {
  const { alice, bob, pass, heard, renew } = await arrange();
  await pass(1_000);
  const { offer, answer } = await renew(true);
  expect([offer, answer].map((text) => /a=(sendonly|recvonly)/.exec(text)?.[1])).toEqual([
    'sendonly',
    'recvonly',
  ]);
  await pass(500);
  const sent = [alice.rtp.length, bob.rtp.length];
  await pass(3_000);
  expect([alice.rtp.length, bob.rtp.length]).toEqual(sent);
  expect(bob.of('media').at(-1)?.media.direction).toBe('recvonly');
  await renew(false);
  await pass(1_500);
  expect(heard().byAlice).toBeCloseTo(-12, 0);
  expect(heard().byBob).toBeCloseTo(-12, 0);
  const { rtp } = alice;
  expect(new Set(rtp.map(({ ssrc }) => ssrc)).size).toBe(1);
  const steps = rtp.slice(1).map(({ sequence }, at) => (sequence - rtp[at]!.sequence) & 0xffff);
  expect(new Set(steps)).toEqual(new Set([1]));
  // Timestamps have counted the silence.
  const [first, last] = [rtp[0]!, rtp.at(-1)!];
  const [begin, end] = [alice.sent.find(isRtp)!, alice.sent.findLast(isRtp)!];
  expect(((last.timestamp - first.timestamp) >>> 0) / 8).toBeCloseTo(end.at - begin.at, -1.5);
});

const isRtp = ({ bytes }: { readonly bytes: Uint8Array }): boolean =>
  bytes[0] === 0x80 && bytes[1]! % 128 === 9;

test('an offer that is the same again changes nothing on the wire; one that is taken back neither', async () => {
  const { world, alice, pass, heard, renew, said } = await arrange();
  await pass(500);
  const { offer } = await renew();
  expect(offer).toBe(said.offer);
  const held = await settled(world, alice.offer('call', undefined, { hold: true }));
  expect(held).toContain('a=sendonly');
  alice.engine.ask({ kind: 'roll back', session: 'call' });
  await pass(1_000);
  expect(heard().byAlice).toBeCloseTo(-12, 0);
  expect(heard().byBob).toBeCloseTo(-12, 0);
  expect(new Set(alice.rtp.map(({ ssrc }) => ssrc)).size).toBe(1);
  await renew();
  expect(alice.of('media')).toHaveLength(1);
});

test('digits are told once each, both ways, and the sound goes on behind them', async () => {
  const { alice, bob, pass, heard } = await arrange();
  await pass(500);
  expect(alice.engine.sendDigits('call', '159*0#D')).toBe(true);
  expect(bob.engine.sendDigits('call', '42')).toBe(true);
  await pass(2_500);
  expect(
    bob
      .of('digit')
      .map(({ digit }) => digit)
      .join(''),
  ).toBe('159*0#D');
  expect(
    alice
      .of('digit')
      .map(({ digit }) => digit)
      .join(''),
  ).toBe('42');
  expect(heard().byBob).toBeCloseTo(-12, 0);
});

test('who is muted is not heard, and costs next to nothing; unmuted, he is heard at once', async () => {
  const { alice, bob, his, pass, heard } = await arrange();
  await pass(500);
  alice.engine.mute('call', true);
  await pass(1_000);
  const before = alice.rtp.length;
  await pass(2_000);
  expect(loudnessDbfs(his.sink().last(500))).toBeLessThan(-80);
  expect(alice.rtp.length - before).toBeLessThan(15);
  expect(alice.engine.levels('call')?.sent[0]?.rmsDbfs).toBeLessThan(-20);
  alice.engine.mute('call', false);
  await pass(600);
  expect(heard().byBob).toBeCloseTo(-12, 0);
  expect(bob.of('failed')).toEqual([]);
});

test('what was to be played is told once it is', async () => {
  const { world, bob } = await arrange();
  const alice = new MediaPeer(world, world.host('carol'));
  const short = soundOf([440], 16_000, -12, 800);
  const wishes = { ...PLAIN, sound: short.sound };
  await connect(world, [alice, wishes], [bob, PLAIN], 'other');
  const begun = world.clock.now();
  await world.run({ until: () => alice.of('played').length > 0 });
  expect(world.clock.now() - begun).toBeLessThan(900);
  expect(world.clock.now() - begun).toBeGreaterThanOrEqual(740);
});

describe('losses', () => {
  test.each<[string, MediaProfile, number, number]>([
    ['5 % of G.722', 'telephone', 0.05, 2.5],
    ['20 % of G.722', 'telephone', 0.2, 6],
    ['5 % of Opus', 'interview', 0.05, 2],
    ['20 % of Opus', 'interview', 0.2, 4],
  ])('%s are made up for, and told', async (_, profile, loss, mostDb) => {
    const { alice, bob, his, pass, heard } = await arrange({ ...PLAIN, profile }, {
      latencyMs: 20,
      up: { loss },
      down: {},
    } as LinkOptions);
    await pass(10_000);
    const quality = bob.of('quality').slice(2);
    const mean = (of: (one: (typeof quality)[0]) => number): number =>
      quality.reduce((sum, one) => sum + of(one), 0) / quality.length;
    expect(mean((one) => one.quality.lossRatio)).toBeGreaterThan(loss / 2.5);
    expect(Math.abs(heard(4_000).byBob + 12)).toBeLessThan(mostDb);
    expect(his.sink().ms).toBeGreaterThan(9_500);
    expect(alice.of('quality').at(-1)?.quality.peer?.lossRatio).toBeGreaterThan(0);
  });
});

test('keys in the description: nothing goes in the clear, and each hears the other', async () => {
  const { alice, said, pass, heard } = await arrange({ ...PLAIN, security: ['sdes'] });
  expect(said.offer).toContain('RTP/SAVP ');
  await pass(1_500);
  expect(heard().byBob).toBeCloseTo(-12, 0);
  expect(heard().byAlice).toBeCloseTo(-12, 0);
  expect(alice.of('media').at(-1)?.media).toMatchObject({
    security: 'sdes',
    cipher: 'AES_CM_128_HMAC_SHA1_80',
  });
  // 160 bytes of sound, the header and the tag of ten bytes.
  expect(alice.sent.filter(isRtp).every(({ bytes }) => bytes.length === 182)).toBe(true);
});

test('protection is offered beside plain RTP where that is allowed, and taken', async () => {
  const { alice, said, pass } = await arrange({
    ice: false,
    profile: 'telephone',
    security: ['sdes', 'none'],
  });
  expect(said.offer).toMatch(/m=audio \d+ RTP\/AVP /);
  await pass(500);
  expect(alice.of('media').at(-1)?.media.security).toBe('sdes');
});

test('a peer that vanishes is missed', async () => {
  const { world, alice, bob, pass } = await arrange();
  await pass(5_000);
  bob.host.leave();
  await world.run({ until: () => alice.of('failed').length > 0, withinMs: 40_000 });
  expect(alice.of('failed')[0]?.why).toMatch(/^Nothing has come from the peer for 3[01] seconds\.$/);
});
