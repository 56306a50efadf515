import type { MakeCodec, SoundSource } from '@ringdown/media';
import { type LinkOptions, simulate } from '@ringdown/simulator';
import type { MediaWishes, Quality } from '@ringdown/user-agent';
import { describe, expect, test } from 'vitest';
import { anyCodec, MediaPeer, only, settled, soundOf, toneDbfs } from '../world/media-peer.ts';

const PLAIN = { ice: false, security: ['none'], profile: 'telephone' } as const satisfies MediaWishes;

/** As one who has not asked for them. */
const withoutCopies = ({ duplicate: _, ...wishes }: MediaWishes): MediaWishes => wishes;

/** Alice loses on her way to the world; what Bob sends comes whole. */
const arrange = async (
  hers: MediaWishes,
  his: MediaWishes = withoutCopies(hers),
  {
    loss = 0,
    change = (text: string) => text,
    codecs = hers.profile === 'lossless' ? only('L16') : anyCodec,
  } = {},
) => {
  const world = simulate({ seed: 11 });
  const link = { latencyMs: 20, up: { loss }, down: {} } as LinkOptions;
  const alice = new MediaPeer(world, world.host('alice', { link }), {}, { codecs });
  const bob = new MediaPeer(world, world.host('bob', { link: { latencyMs: 20 } }), {}, { codecs });
  const rateHz = hers.profile === 'telephone' ? 16_000 : 48_000;
  const [said, heard] = [soundOf([440], rateHz), soundOf([440], rateHz)];
  const offer = change(await settled(world, alice.offer('call', { ...hers, sound: said.sound })));
  const answer = await settled(world, bob.answer('call', offer, { ...his, sound: heard.sound }));
  bob.engine.ask({ kind: 'establish', session: 'call' });
  await settled(world, alice.takeAnswer('call', answer));
  alice.engine.ask({ kind: 'establish', session: 'call' });
  const pass = async (ms: number): Promise<void> => {
    const end = world.clock.now() + ms;
    await world.run({ until: () => world.clock.now() >= end, withinMs: ms + 1_000 });
  };
  /** Once a second nothing of hers gets through for so long. */
  const interrupt = async (ms: number, seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second++) {
      alice.host.link.change({ up: { loss: 1 } });
      await pass(ms);
      alice.host.link.change({ up: { loss: 0 } });
      await pass(1_000 - ms);
    }
  };
  /** What Bob has heard, behind the first seconds. */
  const quality = () => {
    const later = bob.of('quality').slice(2);
    const mean = (of: (one: Quality) => number): number =>
      later.reduce((sum, one) => sum + of(one.quality), 0) / later.length;
    return {
      lossRatio: mean((one) => one.lossRatio),
      concealedRatio: mean((one) => one.concealedRatio),
      mos: mean((one) => one.mos),
      bufferMs: mean((one) => one.bufferMs),
      last: later.at(-1)!.quality,
    };
  };
  return { world, alice, bob, offer, answer, said, heard, rateHz, pass, interrupt, quality };
};

const ssrcsOf = (peer: MediaPeer): number => new Set(peer.rtp.map(({ ssrc }) => ssrc)).size;

describe('each packet twice, the second 60 ms later', () => {
  const duplicate = { delayMs: 60 };

  test.each<[string, MediaWishes]>([
    ['in the clear', PLAIN],
    ['with keys in the description', { ...PLAIN, security: ['sdes'] }],
    ['with DTLS and ICE', { profile: 'telephone', security: ['dtls-srtp'] }],
  ])('of a fifth that is lost by chance a twenty-fifth is left, %s', async (_, wishes) => {
    const once = await arrange(wishes, wishes, { loss: 0.2 });
    const twice = await arrange({ ...wishes, duplicate }, wishes, { loss: 0.2 });
    await once.pass(12_000);
    await twice.pass(12_000);
    expect(once.quality().lossRatio).toBeGreaterThan(0.16);
    expect(once.quality().concealedRatio).toBeGreaterThan(0.15);
    expect(twice.quality().lossRatio).toBeLessThan(0.06);
    expect(twice.quality().concealedRatio).toBeLessThan(0.07);
    expect(twice.quality().mos - once.quality().mos).toBeGreaterThan(0.5);
    // The peer says of the originals what the network does to them, which is what each of the streams loses.
    expect(twice.alice.of('quality').at(-1)?.quality.peer?.lossRatio).toBeGreaterThan(0.1);
    expect([ssrcsOf(once.alice), ssrcsOf(twice.alice), ssrcsOf(twice.bob)]).toEqual([1, 2, 2]);
    expect(twice.alice.of('media').at(-1)?.media.duplicateMs).toBe(60);
    expect(once.alice.of('media').at(-1)?.media.duplicateMs).toBeUndefined();
  });
});

test('the encoder is told of the loss that copies leave, and spends no more against it', async () => {
  const expected = async (duplicate: MediaWishes['duplicate']): Promise<number> => {
    const told: number[] = [];
    const codecs: MakeCodec = (terms, profile) => {
      const codec = anyCodec(terms, profile);
      if (codec === undefined) return undefined;
      const expectLoss = codec.expectLoss.bind(codec);
      return Object.assign(codec, {
        expectLoss: (ratio: number): void => {
          told.push(ratio);
          expectLoss(ratio);
        },
      });
    };
    const wishes = { ...PLAIN, profile: 'interview', ...(duplicate && { duplicate }) } as const;
    const { pass } = await arrange(wishes, PLAIN, { loss: 0.2, codecs });
    await pass(40_000);
    return Math.max(...told);
  };
  expect(await expected(undefined)).toBeGreaterThan(0.1);
  expect(await expected({ delayMs: 60 })).toBeLessThan(0.1);
});

describe('outages that are shorter than the delay', () => {
  test('are not heard, however much falls into them', async () => {
    const once = await arrange(PLAIN);
    const twice = await arrange({ ...PLAIN, duplicate: { delayMs: 250 } });
    for (const { pass, interrupt } of [once, twice]) {
      await pass(3_000);
      await interrupt(200, 12);
    }
    expect(once.quality().lossRatio).toBeGreaterThan(0.15);
    expect(once.quality().concealedRatio).toBeGreaterThan(0.05);
    expect(twice.quality()).toMatchObject({ lossRatio: 0, concealedRatio: 0, last: { lost: 0 } });
    expect(toneDbfs(twice.heard.sink().last(9_000), 440, twice.rateHz)).toBeCloseTo(-12, 1);
    // That is paid with delay.
    expect(twice.quality().bufferMs - once.quality().bufferMs).toBeGreaterThan(150);
  });

  test('leave linear sound as it was, bit for bit', async () => {
    const wishes = { ...PLAIN, profile: 'lossless', duplicate: { delayMs: 200 } } as const;
    const { pass, interrupt, heard, quality } = await arrange(wishes);
    await pass(2_000);
    await interrupt(150, 6);
    expect(quality()).toMatchObject({ lossRatio: 0, concealedRatio: 0 });
    const last = heard.sink().last(5_000);
    const { play } = soundOf([440], 48_000).sound as { play: SoundSource };
    const [original] = play.read(48_000 * 12) as [Int16Array];
    // A tone of 440 Hz repeats itself every 1,200 samples.
    const first = original.findIndex((_, at) =>
      last.subarray(0, 1_200).every((one, by) => one === original[at + by]),
    );
    expect(first).toBeGreaterThanOrEqual(0);
    expect(last).toEqual(original.slice(first, first + last.length));
  });
});

describe('who takes part', () => {
  const wishes = { ...PLAIN, duplicate: { delayMs: 50 } };

  test('a peer that does not know of copies gets one stream, and says what it always says', async () => {
    const strange = (text: string): string => text.replace(/a=ssrc-group.*\r\na=duplication-delay.*\r\n/, '');
    const { alice, bob, answer, pass, quality } = await arrange(wishes, PLAIN, { change: strange });
    await pass(4_000);
    expect(answer).not.toContain('DUP');
    expect([ssrcsOf(alice), ssrcsOf(bob)]).toEqual([1, 1]);
    expect(quality()).toMatchObject({ lossRatio: 0, concealedRatio: 0 });
    expect(quality().bufferMs).toBeLessThan(90);
    expect(alice.of('media').at(-1)?.media.duplicateMs).toBeUndefined();
  });

  test('who wants none says so by silence', async () => {
    const { alice, bob, offer, answer, pass } = await arrange(wishes, { ...PLAIN, duplicate: false });
    expect(offer).toMatch(/a=ssrc-group:DUP (\d+) (\d+)\r\na=duplication-delay:50\r\n/);
    expect(answer).not.toContain('DUP');
    await pass(2_000);
    expect([ssrcsOf(alice), ssrcsOf(bob)]).toEqual([1, 1]);
  });

  test('who is asked answers with the delay that is its own, or else with that of the offer', async () => {
    const own = await arrange(wishes, { ...PLAIN, duplicate: { delayMs: 120 } });
    expect(own.answer).toContain('a=duplication-delay:120\r\n');
    const same = await arrange(wishes, PLAIN);
    expect(same.answer).toContain('a=duplication-delay:50\r\n');
    const hostile = await arrange(wishes, PLAIN, {
      change: (text) => text.replace('duplication-delay:50', 'duplication-delay:59999'),
    });
    expect(hostile.answer).toContain('a=duplication-delay:500\r\n');
    await hostile.pass(4_000);
    expect(hostile.quality().bufferMs).toBeLessThan(620);
    expect(hostile.quality().last.concealedRatio).toBe(0);
  });

  test('who was called by one that does not ask for it asks with its own next offer', async () => {
    const { world, alice, bob, answer, pass } = await arrange(PLAIN, wishes);
    expect(answer).not.toContain('DUP');
    await pass(2_000);
    const offer = await settled(world, bob.offer('call'));
    const back = await settled(world, alice.answer('call', offer));
    await settled(world, bob.takeAnswer('call', back));
    expect([offer, back].every((text) => text.includes('a=ssrc-group:DUP'))).toBe(true);
    await pass(3_000);
    expect([ssrcsOf(alice), ssrcsOf(bob)]).toEqual([2, 2]);
    expect(bob.of('quality').at(-1)?.quality.concealedRatio).toBe(0);
    // It stays on over an offer of who did not ask for it.
    const again = await settled(world, alice.offer('call'));
    expect(again).toContain('a=duplication-delay:50');
  });

  test('a delay that nobody can mean is refused before anything is said', async () => {
    const world = simulate();
    const alice = new MediaPeer(world, world.host('alice'));
    for (const delayMs of [-1, 0.5, 501, Number.NaN]) {
      const asked = alice.offer(`call ${delayMs}`, { ...PLAIN, duplicate: { delayMs } });
      await expect(settled(world, asked)).rejects.toThrow('0 to 500 whole milliseconds');
    }
  });
});

test('the forks of a call have sources of their own, and the one that has the way has the copies', async () => {
  const world = simulate();
  const names = ['alice', 'bob', 'carol'] as const;
  const [alice, bob, carol] = names.map((name) => new MediaPeer(world, world.host(name))) as [
    MediaPeer,
    MediaPeer,
    MediaPeer,
  ];
  const wishes = { ...PLAIN, security: ['sdes'], duplicate: { delayMs: 40 } } as const;
  const offer = await settled(world, alice.offer('call', wishes));
  const answers = [
    await settled(world, bob.answer('call', offer, wishes)),
    await settled(world, carol.answer('call', offer, wishes)),
  ] as const;
  for (const session of ['bob', 'carol']) alice.engine.ask({ kind: 'fork', session, of: 'call' });
  await settled(world, alice.takeAnswer('bob', answers[0]));
  await settled(world, alice.takeAnswer('carol', answers[1]));
  for (const { engine } of [bob, carol]) engine.ask({ kind: 'establish', session: 'call' });
  const pass = (ms: number) => world.run({ withinMs: ms });
  alice.engine.ask({ kind: 'establish', session: 'bob' });
  await pass(1_000);
  expect(ssrcsOf(alice)).toBe(2);
  alice.engine.ask({ kind: 'establish', session: 'carol' });
  await pass(1_000);
  // Under the key of the offer no packet has the place of another's.
  expect(ssrcsOf(alice)).toBe(3);
});
