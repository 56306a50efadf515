/**
 * Phones of the library in one process, which answer every call with a tone, listen to all of them, and tell once a second how
 * they sound: a line of JSON. They are several because each takes only so many calls.
 *
 *     node bench/phone/holding-phone.ts DOMAIN SERVER ADDRESS PROFILE RATE CHANNELS ACCOUNT…
 */
import { node, type SoundFormat, type SoundSink, type SoundSource } from '@ringdown/media';
import { connect, type MediaProfile, type PhoneCall } from '@ringdown/user-agent';

export interface HoldingNote {
  /** Calls that have told how they sound. */
  readonly calls: number;
  /** The part of all their sound that was made up, because a packet had not come or came too late. */
  readonly concealedRatio: number;
}

const TELL_MS = 1_000;
const TONE_HZ = 440;

const [domain, server, address, profile, rate, channels, ...accounts] = process.argv.slice(2);
const format: SoundFormat = { sampleRateHz: Number(rate), channels: Number(channels) };

/** What a microphone would cost is not asked: a second that is there already, again and again. */
const second = Int16Array.from({ length: 2 * format.sampleRateHz }, (_, at) =>
  Math.round(3_000 * Math.sin((2 * Math.PI * TONE_HZ * at) / format.sampleRateHz)),
);
const tone = (): SoundSource => {
  let at = 0;
  return {
    format,
    ended: false,
    read(samples) {
      at %= format.sampleRateHz;
      const sound = Array.from({ length: format.channels }, () => second.slice(at, at + samples));
      at += samples;
      return sound;
    },
    close: () => {},
  };
};
const ear = (shape: SoundFormat): SoundSink => ({ format: shape, write: () => {}, close: async () => {} });

const concealed = new Map<PhoneCall, number>();
const listenTo = async (call: PhoneCall): Promise<void> => {
  for await (const { concealedRatio } of call.quality()) concealed.set(call, concealedRatio);
  concealed.delete(call);
};
const answerAll = async (name: string): Promise<void> => {
  const phone = await connect({
    ...{ account: `${name}@${domain}`, password: `${name}-secret`, server: server!, transports: ['udp'] },
    ...{ profile: profile as MediaProfile, security: ['none'], ice: false, early: 'nobody' },
    platform: node({ addresses: [address!], servers: [] }),
  });
  const calls = phone.incoming();
  const answer = async (): Promise<void> => {
    for await (const call of calls) {
      call
        .answer({ sound: { play: tone(), record: ear } })
        .catch((error: Error) => console.error(error.message));
      void listenTo(call);
    }
  };
  void answer();
};

for (const account of accounts) await answerAll(account);
console.log('ready');
setInterval(() => {
  const ratios = [...concealed.values()];
  const note: HoldingNote = {
    calls: ratios.length,
    concealedRatio: ratios.reduce((sum, ratio) => sum + ratio, 0) / Math.max(1, ratios.length),
  };
  console.log(JSON.stringify(note));
}, TELL_MS);
