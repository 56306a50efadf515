import assert from 'node:assert/strict';
import { join } from 'node:path';
import { Baresip, type BaresipOptions } from '../harness/baresip.ts';
import { idle } from '../harness/deadline.ts';
import type { Provider } from '../harness/provider.ts';
import { expectTones, tones, writeWav } from '../harness/sound.ts';
import type { Stage, Suite } from '../harness/suite.ts';
import { TerminalPhone } from '../harness/terminal-phone.ts';

/** One way to speak, as both have to be told of it, and what has to come of it. */
interface Way {
  readonly name: string;
  readonly baresip: Partial<BaresipOptions>;
  readonly ringdown: readonly string[];
  readonly agreed: Readonly<Record<string, unknown>>;
  /** Frequencies that each side says, per channel. */
  readonly tones: { readonly baresip: readonly number[]; readonly ringdown: readonly number[] };
}

const MONO = { baresip: [500], ringdown: [800] };
const STEREO = { baresip: [500, 1_500], ringdown: [440, 880] };
const G711 = { codecs: 'PCMA' } as const;
const OPUS = { codecs: 'opus/48000/2', sound: { sampleRateHz: 48_000, channels: 2 } } as const;

const codecs: readonly Way[] = [
  {
    name: 'PCMA',
    baresip: G711,
    ringdown: ['--profile', 'telephone', '--ice', 'off'],
    agreed: { codec: 'PCMA', rateHz: 8_000, channels: 1, security: 'none', ice: false },
    tones: MONO,
  },
  {
    name: 'G.722',
    baresip: { codecs: 'G722/16000/1', sound: { sampleRateHz: 16_000, channels: 1 } },
    ringdown: ['--profile', 'telephone', '--ice', 'off'],
    agreed: { codec: 'G722', rateHz: 16_000, channels: 1, security: 'none' },
    tones: MONO,
  },
  {
    name: 'L16 in stereo',
    baresip: { codecs: 'L16/48000/2', sound: { sampleRateHz: 48_000, channels: 2 } },
    ringdown: ['--profile', 'lossless', '--ice', 'off'],
    agreed: { codec: 'L16', rateHz: 48_000, channels: 2, security: 'none' },
    tones: STEREO,
  },
  {
    name: 'Opus in stereo',
    baresip: OPUS,
    ringdown: ['--profile', 'music-stereo', '--ice', 'off'],
    agreed: { codec: 'opus', rateHz: 48_000, channels: 2, security: 'none' },
    tones: STEREO,
  },
];

const protections: readonly Way[] = [
  {
    name: 'Opus with SDES',
    baresip: { ...OPUS, security: 'srtp' },
    ringdown: ['--profile', 'music-stereo', '--ice', 'off', '--security', 'sdes'],
    agreed: { codec: 'opus', security: 'sdes', cipher: 'AES_CM_128_HMAC_SHA1_80' },
    tones: STEREO,
  },
  {
    name: 'Opus with DTLS-SRTP',
    baresip: { ...OPUS, security: 'dtls_srtp' },
    ringdown: ['--profile', 'music-stereo', '--ice', 'off', '--security', 'dtls-srtp'],
    agreed: { codec: 'opus', security: 'dtls-srtp' },
    tones: STEREO,
  },
  {
    name: 'PCMA with ICE',
    baresip: { ...G711, ice: true, rtcpMux: true },
    ringdown: ['--profile', 'telephone'],
    agreed: { codec: 'PCMA', security: 'none', ice: true, path: 'direct' },
    tones: MONO,
  },
  {
    name: 'Opus with ICE and DTLS-SRTP',
    baresip: { ...OPUS, ice: true, rtcpMux: true, security: 'dtls_srtp' },
    ringdown: ['--profile', 'music-stereo', '--security', 'dtls-srtp'],
    agreed: { codec: 'opus', security: 'dtls-srtp', ice: true, path: 'direct' },
    tones: STEREO,
  },
];

/** This machine may be busy. */
const WITHIN_MS = 30_000;

const suite: Suite = {
  name: 'phone-baresip',
  peers: ['baresip'],
  shows:
    'ringdown call and answer with baresip, both directions: PCMA, G.722, L16 and Opus in stereo; plain, SDES, DTLS-SRTP; with and without ICE. The tone on each channel is measured where it arrives.',
  withinMs: 240_000,
  alone: true,
  async run(stage) {
    const provider = await stage.provider();
    for (const name of ['alice', 'bob']) await provider.addAccount(name, `${name}-secret`);
    let host = 10;
    for (const way of [...codecs, ...protections]) {
      const addresses = [stage.address(host), stage.address(host + 1)] as const;
      host += 2;
      await talk(stage, provider, way, addresses);
    }
  },
};
export default suite;

const talk = async (
  stage: Stage,
  provider: Provider,
  way: Way,
  [ours, theirs]: readonly [string, string],
): Promise<void> => {
  const sampleRateHz = way.baresip.sound?.sampleRateHz ?? 8_000;
  const says = join(stage.folder, `baresip-${theirs}.wav`);
  writeWav(says, tones({ sampleRateHz, frequenciesHz: way.tones.baresip, seconds: 60 }));
  const bob = await Baresip.start(stage, { provider, user: 'bob', address: theirs, says, ...way.baresip });
  const toneOf = (side: keyof Way['tones']) => ({ frequenciesHz: way.tones[side] });
  const speaks = ['--tone', way.tones.ringdown.join(','), '--record', 'heard.wav', ...way.ringdown];

  await stage.listen(`${way.name}: ringdown calls`, async () => {
    bob.forgetSound();
    const alice = TerminalPhone.start(stage, {
      provider,
      user: 'alice',
      address: ours,
      command: ['call', bob.aor],
      options: [...speaks, '--duration', '5'],
    });
    const media = await alice.event('media', WITHIN_MS);
    assert.partialDeepStrictEqual(media, way.agreed);
    assert.equal(await alice.status(WITHIN_MS), 0);
    expectTones(join(alice.folder, 'heard.wav'), toneOf('baresip'));
    expectTones(await bob.recording(), toneOf('ringdown'));
  });
  await stage.listen(`${way.name}: baresip calls`, async () => {
    bob.forgetSound();
    const mark = bob.mark();
    const alice = await TerminalPhone.answering(stage, {
      provider,
      user: 'alice',
      address: ours,
      options: [...speaks, '--once'],
    });
    await bob.dial(alice.aor);
    await bob.event('CALL_ESTABLISHED', WITHIN_MS, mark);
    const media = await alice.event('media', WITHIN_MS);
    assert.partialDeepStrictEqual(media, way.agreed);
    await alice.event('sound', WITHIN_MS);
    await Promise.all([bob.heard(2_500, WITHIN_MS), idle(2_500)]);
    await bob.hangUp();
    assert.equal((await alice.event('ended')).by, 'peer');
    assert.equal(await alice.status(), 0);
    expectTones(join(alice.folder, 'heard.wav'), toneOf('baresip'));
    expectTones(await bob.recording(), toneOf('ringdown'));
  });
  await bob.quit();
};
