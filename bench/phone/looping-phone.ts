/**
 * A phone of the library that answers every call and says back what it hears, as a wire from its loudspeaker to its microphone
 * would. A wire has no clock, and loudspeaker and microphone have one each, so sound waits in it: how long is told, a line of
 * JSON for what was read in a fifth of a second, so that it can be taken off.
 *
 *     node bench/phone/looping-phone.ts ACCOUNT PASSWORD SERVER ADDRESS PROFILE RATE CHANNELS
 */
import { type NodeSound, node, type SoundFormat } from '@ringdown/media';
import type { Pcm } from '@ringdown/rtp';
import { connect, type MediaProfile, type PhoneCall } from '@ringdown/user-agent';

/** When something was read, as milliseconds since 1970, and how much later than it was written. */
export type WaitInWire = readonly [at: number, waitMs: number];

/** How long sound waits in the jitter buffer, and which part of the last second was made up, as the call itself tells it. */
export interface BufferReport {
  readonly at: number;
  readonly bufferMs: number;
  readonly concealedRatio: number;
}

/** Timers come late by a little; what is written in time must be there in time. */
const SPARE_MS = 8;
const TELL_MS = 200;

const now = (): number => performance.timeOrigin + performance.now();

const wire = (format: SoundFormat, read: (wait: WaitInWire) => void): NodeSound => {
  const waiting: { at: number; sound: Pcm }[] = [];
  const perMs = format.sampleRateHz / 1_000;
  const length = (): number => waiting.reduce((sum, { sound }) => sum + (sound[0]?.length ?? 0), 0);
  let isFilling = true;
  const takeOut = (made: Int16Array[], samples: number): void => {
    for (let filled = 0; filled < samples; ) {
      const first = waiting[0]!;
      const count = Math.min(samples - filled, first.sound[0]!.length);
      for (const [channel, target] of made.entries())
        target.set((first.sound[channel] ?? first.sound[0]!).subarray(0, count), filled);
      filled += count;
      first.sound = first.sound.map((channel) => channel.subarray(count));
      first.at += count / perMs;
      if (first.sound[0]!.length === 0) waiting.shift();
    }
  };
  return {
    record: {
      format,
      write: (sound) => void waiting.push({ at: now(), sound }),
      close: async () => {},
    },
    play: {
      format,
      ended: false,
      read(samples) {
        const made = Array.from({ length: format.channels }, () => new Int16Array(samples));
        const there = length();
        if (there < samples + (isFilling ? SPARE_MS * perMs : 0)) {
          isFilling = true;
          return made;
        }
        isFilling = false;
        const at = now();
        read([at, at - waiting[0]!.at]);
        takeOut(made, samples);
        return made;
      },
      close: () => {},
    },
  };
};

const [account, password, server, address, profile, rate, channels] = process.argv.slice(2);
const phone = await connect({
  ...{ account: account!, password: password!, server: server!, transports: ['udp'] },
  ...{ profile: profile as MediaProfile, security: ['none'], ice: false, early: 'nobody' },
  platform: node({ addresses: [address!], servers: [] }),
});
console.log('ready');
const tellBuffer = async (call: PhoneCall): Promise<void> => {
  for await (const { bufferMs, concealedRatio } of call.quality()) {
    const report: BufferReport = { at: now(), bufferMs, concealedRatio };
    console.log(JSON.stringify(report));
  }
};
let told: WaitInWire[] = [];
setInterval(() => {
  if (told.length > 0) console.log(JSON.stringify(told));
  told = [];
}, TELL_MS);
for await (const call of phone.incoming()) {
  const sound = wire({ sampleRateHz: Number(rate), channels: Number(channels) }, (wait) => told.push(wait));
  call.answer({ sound }).catch((error: Error) => console.error(error.message));
  void tellBuffer(call);
}
