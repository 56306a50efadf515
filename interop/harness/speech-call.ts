import assert from 'node:assert/strict';
import { join } from 'node:path';
import { atRate, type Recording, readWav } from '../../tools/testing/sound/recording.ts';
import { Baresip, type BaresipOptions } from './baresip.ts';
import { idle } from './deadline.ts';
import { hostPort, type Provider } from './provider.ts';
import { writeWav } from './sound.ts';
import { type SoundLine, SoundRelay, type SoundTraffics } from './sound-relay.ts';
import type { Stage } from './suite.ts';
import { TerminalPhone } from './terminal-phone.ts';

export type SpeechPeer = 'ringdown' | 'baresip';

/** A codec, as both peers have to be told of it. */
export interface SpeechCodec {
  /** For people. */
  readonly name: string;
  /** As the event `media` calls it. */
  readonly codec: string;
  readonly baresip: Pick<BaresipOptions, 'codecs' | 'opus'> & {
    readonly sound: { readonly sampleRateHz: number; readonly channels: number };
  };
  readonly ringdown: readonly string[];
}

export interface SpeechCall {
  readonly codec: SpeechCodec;
  readonly from: SpeechPeer;
  readonly to: SpeechPeer;
  /** What the line between both does. */
  readonly line: SoundLine;
  readonly speech: Recording;
  /** Accounts of this call's own; their passwords are NAME-secret. */
  readonly users: readonly [caller: string, callee: string];
  readonly addresses: readonly [caller: string, callee: string, line: string];
}

/** What the callee heard, and what went over the line. */
export interface HeardSpeech {
  readonly recording: Recording;
  readonly traffic: SoundTraffics;
}

/** Before the first word, because a call's first moments have gaps. */
const LEAD_MS = 1_500;
/** After the last one, which may be on its way. */
const TRAIL_MS = 700;
/** baresip takes the end of its file for an error. */
const SILENCE_MS = 20_000;
const WITHIN_MS = 20_000;
/** Plain RTP without ICE: the line puts itself between both by the descriptions alone. */
const PLAIN = ['--ice', 'off', '--security', 'none'] as const;

/** Someone who hears the speech. */
interface Ear {
  readonly aor: string;
  /** Resolves when the first sound is there. */
  hears(): Promise<void>;
  /** Once the call is over. */
  recording(): Promise<Recording>;
}

interface Scene {
  readonly stage: Stage;
  readonly provider: Provider;
  readonly call: SpeechCall;
}

/** Makes a call in which the caller speaks, over a line of its own. */
export const hearSpeech = async (
  stage: Stage,
  provider: Provider,
  call: SpeechCall,
): Promise<HeardSpeech> => {
  const scene = { stage, provider, call };
  const relay = await SoundRelay.start(stage, call.addresses[2], provider.endpoint('udp'), call.line);
  const ear = await (call.to === 'baresip' ? earOfBaresip(scene) : earOfRingdown(scene));
  await (call.from === 'baresip' ? baresipSpeaks(scene, relay, ear) : ringdownSpeaks(scene, relay, ear));
  return { recording: await ear.recording(), traffic: await relay.traffic() };
};

const earOfBaresip = async ({ stage, provider, call }: Scene): Promise<Ear> => {
  const bob = await Baresip.start(stage, {
    ...{ provider, user: call.users[1], address: call.addresses[1], rtcpMux: true },
    ...call.codec.baresip,
  });
  return {
    aor: bob.aor,
    hears: async () => void (await bob.heard(40, WITHIN_MS)),
    recording: async () => {
      const file = await bob.recording();
      await bob.quit();
      return readWav(file);
    },
  };
};

const earOfRingdown = async ({ stage, provider, call }: Scene): Promise<Ear> => {
  const bob = await TerminalPhone.answering(stage, {
    ...{ provider, user: call.users[1], address: call.addresses[1] },
    options: ['--once', '--record', 'heard.wav', ...PLAIN, ...call.codec.ringdown],
  });
  return {
    aor: bob.aor,
    hears: async () => void (await bob.event('sound', WITHIN_MS)),
    recording: async () => {
      assert.equal(await bob.status(), 0);
      return readWav(join(bob.folder, 'heard.wav'));
    },
  };
};

const ringdownSpeaks = async (
  { stage, provider, call }: Scene,
  relay: SoundRelay,
  { aor }: Ear,
): Promise<void> => {
  const file = join(stage.folder, `said-at-${call.addresses[0]}.wav`);
  writeWav(file, padded(call.speech, TRAIL_MS, 1));
  const alice = TerminalPhone.start(stage, {
    ...{ provider, user: call.users[0], address: call.addresses[0], server: hostPort(relay.front) },
    command: ['call', aor],
    options: ['--play', file, ...PLAIN, ...call.codec.ringdown],
  });
  assert.equal(await alice.status(WITHIN_MS + lengthMs(call.speech)), 0);
  assert.equal((await alice.event('media')).codec, call.codec.codec);
};

const baresipSpeaks = async (
  { stage, provider, call }: Scene,
  relay: SoundRelay,
  { aor, hears }: Ear,
): Promise<void> => {
  const { baresip } = call.codec;
  const { sampleRateHz, channels } = baresip.sound;
  const says = join(stage.folder, `said-at-${call.addresses[0]}.wav`);
  writeWav(says, padded(await atRate(call.speech, sampleRateHz), SILENCE_MS, channels));
  const alice = await Baresip.start(stage, {
    ...{ provider, user: call.users[0], address: call.addresses[0], outbound: relay.front },
    ...{ says, rtcpMux: true },
    ...baresip,
  });
  await alice.dial(aor);
  await hears();
  await idle(lengthMs(call.speech) + LEAD_MS + TRAIL_MS);
  await alice.hangUp();
  await alice.quit();
};

const lengthMs = ({ channels, sampleRateHz }: Recording): number =>
  ((channels[0]?.length ?? 0) * 1_000) / sampleRateHz;

/** The same on so many channels, with silence around it. */
const padded = (recording: Recording, afterMs: number, channels: number): Recording => {
  const { sampleRateHz } = recording;
  const [sound = new Float64Array(0)] = recording.channels;
  const before = Math.round((LEAD_MS * sampleRateHz) / 1_000);
  const whole = new Float64Array(before + sound.length + Math.round((afterMs * sampleRateHz) / 1_000));
  whole.set(sound, before);
  return { sampleRateHz, channels: Array.from({ length: channels }, () => whole) };
};
