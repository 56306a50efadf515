/** The parts of the phone bench: what a phone is asked to do, and which figures come of it. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Baresip, type BaresipOptions } from '../../interop/harness/baresip.ts';
import { tones, writeWav } from '../../interop/harness/sound.ts';
import { TerminalPhone } from '../../interop/harness/terminal-phone.ts';
import { cpuMs, machineTime, processTree } from '../process.ts';
import type { Metric } from '../statistics.ts';
import type { PhoneStage } from './stage.ts';

export const PHONE_PEERS = ['baresip', 'ringdown'] as const;
export type PhonePeer = (typeof PHONE_PEERS)[number];

export const PHONE_LABELS: Readonly<Record<PhonePeer, string>> = {
  baresip: 'baresip',
  ringdown: 'Ringdown, Node',
};

export interface PhoneScale {
  /** Of sound, before anything is counted: the runtime compiles what it uses meanwhile. */
  readonly warmUpMs: number;
  readonly countMs: number;
}

/** How quiet the machine was while it was counted: what neither the bench nor the phones and the server used. */
export interface PhoneSample {
  readonly elapsedMs: number;
  readonly othersMs: number;
  readonly stolenMs: number;
}

export type AddPhone = (metric: Metric, value: number, sample?: PhoneSample) => void;
export type PhonePart = (
  peer: PhonePeer,
  stage: PhoneStage,
  scale: PhoneScale,
  add: AddPhone,
) => Promise<void>;

interface Codec {
  readonly id: string;
  readonly label: string;
  readonly profile: string;
  /** As the event `media` calls it. */
  readonly agreed: string;
  readonly baresip: Pick<BaresipOptions, 'codecs' | 'sound'>;
  readonly tones: readonly number[];
}

const STEREO = [440, 880] as const;
const codecs: readonly Codec[] = [
  {
    id: 'pcma',
    label: 'PCMA',
    profile: 'telephone',
    agreed: 'PCMA',
    baresip: { codecs: 'PCMA' },
    tones: [440],
  },
  {
    id: 'g722',
    label: 'G.722',
    profile: 'telephone',
    agreed: 'G722',
    baresip: { codecs: 'G722/16000/1', sound: { sampleRateHz: 16_000, channels: 1 } },
    tones: [440],
  },
  {
    id: 'opus',
    label: 'Opus in stereo',
    profile: 'music-stereo',
    agreed: 'opus',
    baresip: { codecs: 'opus/48000/2', sound: { sampleRateHz: 48_000, channels: 2 } },
    tones: STEREO,
  },
  {
    id: 'l16',
    label: 'L16 in stereo',
    profile: 'lossless',
    agreed: 'L16',
    baresip: { codecs: 'L16/48000/2', sound: { sampleRateHz: 48_000, channels: 2 } },
    tones: STEREO,
  },
];

/** Both ends are plain RTP without ICE: the codec and the phone are what is compared. */
const PLAIN = ['--ice', 'off', '--security', 'none'] as const;
const WITHIN_MS = 30_000;

/**
 * Baresip calls the phone under test, so that whoever is measured has the same caller and the codec is the caller's choice.
 * Both say a tone and record what they hear.
 */
const phoneCpu: PhonePart = async (peer, phones, scale, add) => {
  for (const codec of codecs) {
    const caller = await baresip(phones, 'alice', codec);
    const callee = peer === 'baresip' ? await baresip(phones, 'bob', codec) : await answering(phones, codec);
    await caller.dial(callee.aor);
    if (callee instanceof TerminalPhone) {
      await callee.event('sound', WITHIN_MS);
      const media = await callee.event('media', WITHIN_MS);
      if (media.codec !== codec.agreed)
        throw new Error(`${codec.label} was to be measured, and ${media.codec} was agreed on`);
    } else await callee.heard(500, WITHIN_MS);
    await sleep(scale.warmUpMs);
    const { usedMs, ...sample } = await count(callee.process.pid, scale.countMs);
    const metric = {
      id: `cpu-${codec.id}`,
      label: `a second of a call, ${codec.label}, CPU`,
      unit: 'ms',
      digits: 1,
    };
    add(metric, (usedMs * 1_000) / sample.elapsedMs, sample);
    await caller.hangUp();
    await Promise.all([caller.quit(), callee.process.stop()]);
  }
};

const baresip = (phones: PhoneStage, user: string, codec: Codec): Promise<Baresip> => {
  const address = phones.address();
  const { sampleRateHz, channels } = codec.baresip.sound ?? { sampleRateHz: 8_000, channels: 1 };
  const says = join(phones.stage.folder, `says-${sampleRateHz}-${channels}.wav`);
  writeWav(says, tones({ sampleRateHz, frequenciesHz: codec.tones, seconds: 60 }));
  const { provider, stage } = phones;
  return Baresip.start(stage, { provider, user, address, says, ...codec.baresip });
};

const answering = (phones: PhoneStage, codec: Codec): Promise<TerminalPhone> =>
  TerminalPhone.answering(phones.stage, {
    provider: phones.provider,
    user: 'bob',
    address: phones.address(),
    options: [
      ...['--tone', codec.tones.join(','), '--record', 'heard.wav'],
      ...['--profile', codec.profile, ...PLAIN],
    ],
  });

interface Counted extends PhoneSample {
  readonly usedMs: number;
}

/** It is counted again while others use more of one core than this, so often; the quietest counts, whatever it says. */
const QUIET = 0.15;
const TRIES = 3;

const count = async (pid: number, countMs: number): Promise<Counted> => {
  let quietest: Counted | undefined;
  for (let tried = 0; tried < TRIES; tried += 1) {
    const counted = await countOnce(pid, countMs);
    if (quietest === undefined || noiseOf(counted) < noiseOf(quietest)) quietest = counted;
    if (noiseOf(quietest) <= QUIET) break;
  }
  return quietest!;
};

const noiseOf = ({ othersMs, stolenMs, elapsedMs }: PhoneSample): number => (othersMs + stolenMs) / elapsedMs;

const countOnce = async (pid: number, countMs: number): Promise<Counted> => {
  const phone = processTree(pid);
  const ours = processTree(process.pid);
  const [used, all, machine, started] = [cpuMs(phone), cpuMs(ours), machineTime(), performance.now()];
  await sleep(countMs);
  const after = machineTime();
  return {
    usedMs: cpuMs(phone) - used,
    elapsedMs: performance.now() - started,
    // Each is told in ticks of its own.
    othersMs: Math.max(0, after.busyMs - machine.busyMs - (cpuMs(ours) - all)),
    stolenMs: after.stolenMs - machine.stolenMs,
  };
};

const ways = [
  { id: 'plain', label: 'plain RTP', ice: 'off', security: 'none' },
  { id: 'sdes', label: 'SDES', ice: 'off', security: 'sdes' },
  { id: 'ice', label: 'ICE and DTLS-SRTP', ice: 'on', security: 'dtls-srtp' },
] as const;

const stations = [
  { event: 'registered', what: 'from the command to registered' },
  { event: 'answered', what: 'from registered to answered' },
  { event: 'sound', what: 'from answered to the first sound' },
] as const;

/** `ringdown call` to a `ringdown answer` that waits already; each station counts from the one before, by the time that the event has. */
const firstSound: PhonePart = async (peer, phones, _, add) => {
  if (peer !== 'ringdown') return;
  const { stage, provider } = phones;
  for (const way of ways) {
    const options = ['--tone', '440', '--profile', 'voice', '--ice', way.ice, '--security', way.security];
    const callee = await TerminalPhone.answering(stage, {
      provider,
      user: 'bob',
      address: phones.address(),
      options,
    });
    const times = new Map<string, number>();
    const started = Date.now();
    const caller = TerminalPhone.start(stage, {
      provider,
      user: 'alice',
      address: phones.address(),
      command: ['call', 'bob'],
      options,
    });
    caller.process.onLine((line) => {
      const { event, time } = JSON.parse(line) as { readonly event: string; readonly time: string };
      if (!times.has(event)) times.set(event, Date.parse(time));
    });
    await caller.event('sound', WITHIN_MS);
    const media = await caller.event('media', WITHIN_MS);
    if (media.security !== way.security || media.ice !== (way.ice === 'on'))
      throw new Error(`${way.label} was to be measured; the call had ${media.security}, ICE ${media.ice}`);
    let before = started;
    for (const { event, what } of stations) {
      const at = times.get(event);
      if (at === undefined) throw new Error(`${caller.process.name} told sound, but not ${event}`);
      add({ id: `${event}-${way.id}`, label: `${way.label}: ${what}`, unit: 'ms', digits: 0 }, at - before);
      before = at;
    }
    caller.interrupt();
    callee.interrupt();
    await Promise.all([caller.status(), callee.status()]);
  }
};

export const PHONE_PARTS = { 'phone-cpu': phoneCpu, 'first-sound': firstSound } as const;
export type PhonePartName = keyof typeof PHONE_PARTS;
