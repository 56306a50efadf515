import { simulate } from '@ringdown/simulator';
import type { MediaWishes } from '@ringdown/user-agent';
import { describe, expect, test } from 'vitest';
import { connect, MediaPeer, settled, soundOf } from '../world/media-peer.ts';

const PLAIN = { ice: false, security: ['none'], profile: 'interview' } as const satisfies MediaWishes;

/** Alice listens; Bob may say nothing. */
const arrange = async (his: MediaWishes, hers: MediaWishes = PLAIN) => {
  const world = simulate({ seed: 5 });
  const [alice, bob] = ['alice', 'bob'].map((name) => new MediaPeer(world, world.host(name))) as [
    MediaPeer,
    MediaPeer,
  ];
  const said = await connect(world, [alice, hers], [bob, his]);
  const pass = async (ms: number): Promise<void> => {
    const end = world.clock.now() + ms;
    await world.run({ until: () => world.clock.now() >= end, withinMs: ms + 1_000 });
  };
  const hold = async (isHeld: boolean): Promise<void> => {
    const offer = await settled(world, bob.offer('call', undefined, { hold: isHeld }));
    const answer = await settled(world, alice.answer('call', offer));
    await settled(world, bob.takeAnswer('call', answer));
  };
  const quality = () => alice.of('quality').at(-1)?.quality;
  return { world, alice, bob, said, pass, hold, quality };
};

const tone = (): MediaWishes => ({ ...PLAIN, sound: soundOf([1_000], 48_000).sound });
const CUT_OFF = { mos: 1, lossRatio: 1 };
const WELL = { lossRatio: 0, concealedRatio: 0 };

describe('nothing comes though it should', () => {
  test('from a second on it is told as what it is, and no longer once something comes', async () => {
    const { bob, pass, quality } = await arrange(tone());
    await pass(3_000);
    expect(quality()).toMatchObject(WELL);
    expect(quality()!.mos).toBeGreaterThan(4);
    expect(quality()).not.toHaveProperty('silentMs');
    bob.host.link.change({ loss: 1 });
    await pass(2_100);
    expect(quality()).toMatchObject(CUT_OFF);
    const { silentMs = 0 } = quality()!;
    expect(silentMs).toBeGreaterThanOrEqual(1_000);
    await pass(1_000);
    expect(quality()!.silentMs).toBeCloseTo(silentMs + 1_000, 0);
    bob.host.link.change({ loss: 0 });
    await pass(3_100);
    expect(quality()).toMatchObject(WELL);
    expect(quality()).not.toHaveProperty('silentMs');
  });

  test('a peer that never begins is no good line', async () => {
    const { bob, pass, quality } = await arrange(tone());
    bob.host.link.change({ up: { loss: 1 } });
    await pass(2_500);
    expect(quality()).toMatchObject({ ...CUT_OFF, received: 0 });
  });

  test('a way that is lost counts, one that is still looked for does not', async () => {
    const wishes: MediaWishes = { profile: 'interview', security: ['none'] };
    const { bob, alice, pass, quality } = await arrange({ ...tone(), ice: true }, wishes);
    await pass(3_000);
    expect(alice.of('quality').every(({ quality: { lossRatio } }) => lossRatio === 0)).toBe(true);
    bob.host.leave();
    await pass(10_000);
    expect(quality()).toMatchObject(CUT_OFF);
    await pass(25_000);
    expect(quality()).toMatchObject(CUT_OFF);
  });
});

describe('nothing comes, and that is as it should be', () => {
  test('the peer holds', async () => {
    const { pass, hold, alice, quality } = await arrange(tone());
    await pass(2_000);
    await hold(true);
    await pass(1_000);
    const before = alice.of('quality').length;
    await pass(10_000);
    const held = alice.of('quality').slice(before);
    expect(held.every(({ quality: { lossRatio, mos } }) => lossRatio === 0 && mos > 1)).toBe(true);
    await hold(false);
    await pass(3_000);
    expect(quality()).toMatchObject(WELL);
  });

  test.each<[string, MediaWishes]>([
    ['comfort noise', { ...PLAIN, profile: 'telephone' }],
    ['discontinuous Opus', { ...PLAIN, profile: 'voice' }],
  ])('the peer is muted, and said so by %s', async (_, wishes) => {
    const rateHz = wishes.profile === 'telephone' ? 16_000 : 48_000;
    const { bob, alice, pass } = await arrange({ ...wishes, sound: soundOf([1_000], rateHz).sound }, wishes);
    await pass(3_000);
    bob.engine.mute('call', true);
    const before = alice.of('quality').length;
    await pass(15_000);
    const muted = alice.of('quality').slice(before);
    expect(muted.length).toBeGreaterThan(10);
    expect(muted.filter(({ quality: { lossRatio } }) => lossRatio === 1)).toEqual([]);
  });
});
