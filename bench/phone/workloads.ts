/** The parts of the phone bench: what a phone is asked to do, and which figures come of it. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Baresip } from '../../interop/harness/baresip.ts';
import { tones, writeWav } from '../../interop/harness/sound.ts';
import { TerminalPhone } from '../../interop/harness/terminal-phone.ts';
import { phoneCalls } from './calls.ts';
import { type BenchCodec, G722, L16_STEREO, OPUS_STEREO, PCMA } from './codecs.ts';
import { type CpuSample, cpuSample } from './cpu.ts';
import { phoneDelay } from './delay.ts';
import { firstSound } from './first-sound.ts';
import type { PhonePart } from './part.ts';
import type { PhoneStage } from './stage.ts';

const CODECS = [PCMA, G722, OPUS_STEREO, L16_STEREO] as const;

/** Both ends are plain RTP without ICE: the codec and the phone are what is compared. */
const PLAIN = ['--ice', 'off', '--security', 'none'] as const;
const WITHIN_MS = 30_000;

/**
 * Baresip calls the phone under test, so that whoever is measured has the same caller and the codec is the caller's choice.
 * Both say a tone and record what they hear.
 */
const phoneCpu: PhonePart = async (peer, phones, scale, add) => {
  for (const codec of CODECS) {
    const caller = await baresip(phones, 'alice', codec);
    const callee = peer === 'baresip' ? await baresip(phones, 'bob', codec) : await answering(phones, codec);
    await caller.dial(callee.aor);
    if (callee instanceof TerminalPhone) {
      await callee.event('sound', WITHIN_MS);
      const media = await callee.event('media', WITHIN_MS);
      if (media.codec !== codec.terms.name)
        throw new Error(`${codec.label} was to be measured, and ${media.codec} was agreed on`);
    } else await callee.heard(500, WITHIN_MS);
    await sleep(scale.warmUpMs);
    const sample = await count(callee.process.pid, scale.countMs);
    const metric = {
      id: `cpu-${codec.id}`,
      label: `a second of a call, ${codec.label}, CPU`,
      unit: 'ms',
      digits: 1,
    };
    add(metric, (sample.usedMs * 1_000) / sample.elapsedMs, sample);
    await caller.hangUp();
    await Promise.all([caller.quit(), callee.process.stop()]);
  }
};

const tonesOf = ({ channels }: BenchCodec): readonly number[] => (channels === 1 ? [440] : [440, 880]);

const baresip = (phones: PhoneStage, user: string, codec: BenchCodec): Promise<Baresip> => {
  const address = phones.address();
  const { sampleRateHz, channels } = codec;
  const says = join(phones.stage.folder, `says-${sampleRateHz}-${channels}.wav`);
  writeWav(says, tones({ sampleRateHz, frequenciesHz: tonesOf(codec), seconds: 60 }));
  const { provider, stage } = phones;
  return Baresip.start(stage, {
    provider,
    user,
    address,
    says,
    codecs: codec.baresip,
    sound: { sampleRateHz, channels },
  });
};

const answering = (phones: PhoneStage, codec: BenchCodec): Promise<TerminalPhone> =>
  TerminalPhone.answering(phones.stage, {
    provider: phones.provider,
    user: 'bob',
    address: phones.address(),
    options: [
      ...['--tone', tonesOf(codec).join(','), '--record', 'heard.wav'],
      ...['--profile', codec.profile, ...PLAIN],
    ],
  });

/** It is counted again while others use more of one core than this, so often; the quietest counts, whatever it says. */
const QUIET = 0.15;
const TRIES = 3;

const count = async (pid: number, countMs: number): Promise<CpuSample> => {
  let quietest: CpuSample | undefined;
  for (let tried = 0; tried < TRIES; tried += 1) {
    const counted = await cpuSample(pid, countMs);
    if (quietest === undefined || noiseOf(counted) < noiseOf(quietest)) quietest = counted;
    if (noiseOf(quietest) <= QUIET) break;
  }
  return quietest!;
};

const noiseOf = ({ othersMs, stolenMs, elapsedMs }: CpuSample): number => (othersMs + stolenMs) / elapsedMs;

export const PHONE_PARTS = {
  'phone-cpu': phoneCpu,
  'phone-delay': phoneDelay,
  'phone-calls': phoneCalls,
  'first-sound': firstSound,
} as const;
/** What takes long, and does not vary from round to round. */
export const ONCE: readonly PhonePartName[] = ['phone-calls'];
export type PhonePartName = keyof typeof PHONE_PARTS;
