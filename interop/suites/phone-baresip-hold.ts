import assert from 'node:assert/strict';
import { join } from 'node:path';
import { excerpt, readWav } from '../../tools/testing/sound/recording.ts';
import { measureTone } from '../../tools/testing/sound/tones.ts';
import { Baresip, type BaresipOptions } from '../harness/baresip.ts';
import { eventually, idle } from '../harness/deadline.ts';
import { NodePhone, type NodePhoneOptions } from '../harness/node-phone.ts';
import { hostPort, type Provider } from '../harness/provider.ts';
import type { Stage, Suite } from '../harness/suite.ts';
import { TerminalPhone } from '../harness/terminal-phone.ts';

const OURS_HZ = 800;
const THEIRS_HZ = 500;
/** This machine may be busy. */
const WITHIN_MS = 30_000;
/** What is louder is the tone, and what is softer is none. */
const TONE_DBFS = -40;
const SILENCE_DBFS = -60;

/** How the same is said to both. */
interface Way {
  readonly name: string;
  readonly baresip: Partial<BaresipOptions>;
  readonly ringdown: Pick<NodePhoneOptions, 'profile' | 'security' | 'ice'>;
}

const PLAIN: Way = {
  name: 'PCMA',
  baresip: { codecs: 'PCMA' },
  ringdown: { profile: 'telephone', security: ['none'], ice: false },
};
const SECURE: Way = {
  name: 'Opus with ICE and DTLS-SRTP',
  baresip: {
    ...{ codecs: 'opus/48000/2', sound: { sampleRateHz: 48_000, channels: 2 } },
    ...{ ice: true, rtcpMux: true, security: 'dtls_srtp' },
  },
  ringdown: { profile: 'music-stereo', security: ['dtls-srtp'], ice: true },
};

const suite: Suite = {
  name: 'phone-baresip-hold',
  peers: ['baresip'],
  shows:
    'baresip and ringdown let each other wait and go on: whoever waits is told, neither is heard meanwhile, and both are heard again; plain, and with ICE and DTLS-SRTP.',
  withinMs: 180_000,
  async run(stage) {
    const provider = await stage.provider();
    for (const name of ['alice', 'bob']) await provider.addAccount(name, `${name}-secret`);
    await baresipHolds(stage, provider);
    for (const [index, way] of [PLAIN, SECURE].entries()) await ringdownHolds(stage, provider, way, index);
  },
};
export default suite;

const baresipAt = (
  stage: Stage,
  provider: Provider,
  host: number,
  options: Partial<BaresipOptions>,
): Promise<Baresip> =>
  Baresip.start(stage, {
    ...{ provider, user: 'bob', address: stage.address(host), toneHz: THEIRS_HZ },
    ...options,
  });

const baresipHolds = async (stage: Stage, provider: Provider): Promise<void> => {
  const bob = await baresipAt(stage, provider, 10, PLAIN.baresip);
  const alice = await TerminalPhone.answering(stage, {
    ...{ provider, user: 'alice', address: stage.address(11) },
    options: [
      ...['--tone', String(OURS_HZ), '--record', 'heard.wav', '--once'],
      ...['--profile', 'telephone', '--security', 'none', '--ice', 'off'],
    ],
  });
  /** Two reports of a second on end: the first one may be half of before. */
  const hears = async (isHeard: boolean, from: number): Promise<void> => {
    const isSo = (level: number | null | undefined): boolean =>
      isHeard ? (level ?? SILENCE_DBFS) > TONE_DBFS : (level ?? SILENCE_DBFS) <= SILENCE_DBFS;
    await alice.eventThat('quality', ({ receivedRmsDbfs: [level] }) => isSo(level), WITHIN_MS, from);
    const next = await alice.event('quality', WITHIN_MS, alice.mark());
    assert.ok(isSo(next.receivedRmsDbfs[0]), `ringdown hears ${next.receivedRmsDbfs[0]} dBFS`);
  };
  await bob.dial(alice.aor);
  await stage.check('a call from baresip, and both hear the other', async () => {
    await alice.event('sound', WITHIN_MS);
    await hears(true, 0);
    await isHeardBy(bob, true);
  });
  await stage.check('baresip holds: ringdown tells it, and neither hears the other', async () => {
    const mark = alice.mark();
    await bob.command('hold');
    assert.equal((await alice.event('held', WITHIN_MS, mark)).by, 'peer');
    await alice.eventThat('media', ({ direction }) => direction === 'recvonly', WITHIN_MS, mark);
    await Promise.all([hears(false, alice.mark()), isHeardBy(bob, false)]);
  });
  await stage.check('baresip resumes: ringdown tells it, and both hear the other again', async () => {
    const mark = alice.mark();
    await bob.command('resume');
    assert.equal((await alice.event('resumed', WITHIN_MS, mark)).by, 'peer');
    await Promise.all([hears(true, alice.mark()), isHeardBy(bob, true)]);
    await bob.hangUp();
    assert.equal(await alice.status(), 0);
    endsWithTone(join(alice.folder, 'heard.wav'));
  });
  await bob.quit();
};

const ringdownHolds = async (stage: Stage, provider: Provider, way: Way, index: number): Promise<void> => {
  const host = 20 + 2 * index;
  const bob = await baresipAt(stage, provider, host, way.baresip);
  const alice = await NodePhone.start(stage, `alice-${index}`, {
    ...{ account: `alice@${provider.domain}`, password: 'alice-secret', address: stage.address(host + 1) },
    ...{ server: `sip:${hostPort(provider.endpoint('udp'))};transport=udp`, ...way.ringdown },
  });
  const heard = join(alice.folder, 'heard.wav');
  const hears = async (isHeard: boolean): Promise<void> => {
    await alice.call('levels'); // what was heard until now
    await idle(500);
    await eventually(
      async () => {
        const [level] = await alice.call<readonly (number | null)[]>('levels');
        const loud = level ?? SILENCE_DBFS;
        await idle(250);
        return (isHeard ? loud > TONE_DBFS : loud <= SILENCE_DBFS) ? true : undefined;
      },
      WITHIN_MS,
      `ringdown hears ${isHeard ? 'baresip' : 'nothing'}`,
    );
  };
  await stage.check(`${way.name}: a call from ringdown, and both hear the other`, async () => {
    await alice.call('call', bob.aor, { tonesHz: [OURS_HZ], record: heard });
    await Promise.all([hears(true), isHeardBy(bob, true)]);
  });
  await stage.check(`${way.name}: ringdown holds, and neither hears the other`, async () => {
    const mark = alice.mark();
    await alice.call('hold');
    assert.equal((await alice.event('held', WITHIN_MS, mark)).by, 'us');
    await Promise.all([hears(false), isHeardBy(bob, false)]);
  });
  await stage.check(`${way.name}: ringdown resumes, and both hear the other again`, async () => {
    const mark = alice.mark();
    await alice.call('resume');
    assert.equal((await alice.event('resumed', WITHIN_MS, mark)).by, 'us');
    await Promise.all([hears(true), isHeardBy(bob, true)]);
    await alice.call('hangUp');
    await alice.call('close');
    endsWithTone(heard);
  });
  await bob.quit();
};

/** How far the sound that it gets has come, in seconds: its recording ends with the first hold, so this is what it tells of itself. */
const soundOf = async (bob: Baresip): Promise<number> => {
  const told = await bob.command('audio_debug');
  return Number(Array.from(told.matchAll(/time = ([\d.]+) sec/g)).at(-1)?.[1] ?? 0);
};

/** A second of sound comes in a second, or none at all. */
const isHeardBy = async (bob: Baresip, isHeard: boolean): Promise<void> => {
  await eventually(
    async () => {
      const before = await soundOf(bob);
      await idle(1_000);
      const seconds = (await soundOf(bob)) - before;
      return (isHeard ? seconds > 0.7 && seconds < 1.5 : seconds === 0) ? true : undefined;
    },
    WITHIN_MS,
    `baresip hears ${isHeard ? 'ringdown' : 'nothing'}`,
  );
};

/** What is heard in the second before the last moment. */
const endsWithTone = (file: string): void => {
  const whole = readWav(file);
  const endMs = ((whole.channels[0]?.length ?? 0) * 1_000) / whole.sampleRateHz - 200;
  const { channels, sampleRateHz } = excerpt(whole, Math.max(0, endMs - 1_000), endMs);
  const { frequencyHz, levelDbfs } = measureTone(channels[0]!, sampleRateHz);
  assert.ok(Math.abs(frequencyHz - THEIRS_HZ) < 2, `${frequencyHz.toFixed(1)} Hz were heard`);
  assert.ok(levelDbfs > TONE_DBFS, `only ${levelDbfs.toFixed(1)} dBFS were heard`);
};
