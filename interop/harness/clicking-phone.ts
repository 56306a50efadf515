/**
 * A phone that calls somebody who says back what it hears, plays a train of clicks and prints `delays JSON`, the ClickDelays of
 * what came back. What is played and what is heard have one clock: a sample is said when a microphone would have taken it, and
 * heard when a loudspeaker would get it.
 */
import { node, type SoundFormat, type SoundSink, type SoundSource } from '@ringdown/media';
import { connect, type MediaProfile } from '@ringdown/user-agent';
import { clickDelays, clickTrain } from '../../tools/testing/sound/click-train.ts';

const { account, password, server, address, target, profile, clicks } = JSON.parse(process.argv[2] ?? '') as {
  readonly account: string;
  readonly password: string;
  readonly server: string;
  readonly address: string;
  readonly target: string;
  readonly profile: MediaProfile;
  readonly clicks: number;
};

const RATE_HZ = 48_000;
const FORMAT: SoundFormat = { sampleRateHz: RATE_HZ, channels: 1 };
/** A call begins with what is not known of its path; buffers learn meanwhile. */
const LEAD_MS = 4_000;
const MOST_MS = 2_500;
/** Under the clicks, so that nobody takes what is between them for silence, which need not be sent. */
const HUM_HZ = 340;
const HUM = 0.01;

const train = clickTrain({ sampleRateHz: RATE_HZ, clicks, leadMs: LEAD_MS });
const said = Int16Array.from(
  train.samples,
  (sample, at) => 32_767 * (sample + HUM * Math.sin((2 * Math.PI * HUM_HZ * at) / RATE_HZ)),
);
const heard = new Float64Array(said.length + (MOST_MS * RATE_HZ) / 1_000);

/** When the train's first sample was taken. */
let beganAt: number | undefined;
let isOver = (): void => {};
const over = new Promise<void>((resolve) => {
  isOver = resolve;
});

/** What a busy machine reads and writes late is late; what it leaves out is left out, as microphones and loudspeakers do. */
const LATE_SAMPLES = (200 * RATE_HZ) / 1_000;
const onTime = (at: number, now: number): number => (Math.abs(now - at) > LATE_SAMPLES ? now : at);
const samplesSince = (time: number): number => Math.round(((performance.now() - time) * RATE_HZ) / 1_000);

let read = 0;
const play: SoundSource = {
  format: FORMAT,
  ended: false,
  read(samples) {
    // A microphone gives what it took until now.
    beganAt ??= performance.now() - (samples * 1_000) / RATE_HZ;
    read = onTime(read, Math.max(0, samplesSince(beganAt) - samples));
    const sound = new Int16Array(samples);
    sound.set(said.subarray(read, read + samples));
    read += samples;
    return [sound];
  },
  close: () => {},
};

let written: number | undefined;
const record: SoundSink = {
  format: FORMAT,
  write([sound = new Int16Array(0)]) {
    if (beganAt === undefined) return;
    const now = samplesSince(beganAt);
    written = onTime(written ?? now, now);
    for (const [index, sample] of sound.entries())
      if (written + index < heard.length) heard[written + index] = sample / 32_768;
    written += sound.length;
    if (written >= heard.length) isOver();
  },
  close: async () => {},
};

const phone = await connect({
  ...{ account, password, server, profile, security: ['none'], ice: false, transports: ['udp'] },
  platform: node({ addresses: [address], servers: [] }),
});
const call = await phone.call(target, { sound: { play, record } });
await Promise.race([over, call.ended]);
process.stdout.write(`delays ${JSON.stringify(clickDelays(train, heard, { maxDelayMs: MOST_MS }))}\n`);
await phone.close();
