/**
 * A phone of the library that lets a call ring for a while, answers it with a tone, and tells when: a line of JSON for what
 * happens, with milliseconds since 1970.
 *
 *     node bench/phone/ringing-phone.ts ACCOUNT PASSWORD SERVER ADDRESS SECURITY ICE EARLY RING_MS
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { node, type SoundFormat, type SoundSink, toneSource } from '@ringdown/media';
import { connect, type MediaSecurity } from '@ringdown/user-agent';

/** What codecs make of silence is softer. */
const AUDIBLE = 300;

/** `answering`: somebody took the call. `sound`: the caller is heard. */
export interface RingingNote {
  readonly event: 'ready' | 'ringing' | 'answering' | 'sound';
  readonly at: number;
}

const TONE = { frequenciesHz: [440], levelDbfs: -20, sampleRateHz: 48_000 } as const;

const tell = (event: RingingNote['event']): void => {
  const note: RingingNote = { event, at: performance.timeOrigin + performance.now() };
  console.log(JSON.stringify(note));
};

const [account, password, server, address, security, ice, early, ringMs] = process.argv.slice(2);
const phone = await connect({
  ...{ account: account!, password: password!, server: server!, transports: ['udp'], profile: 'voice' },
  ...{ security: [security as MediaSecurity], ice: ice === 'on' },
  early: early === 'early' ? 'own domain' : 'nobody',
  platform: node({ addresses: [address!], servers: [] }),
});
/** Tells the first sound that is no silence. */
const ear = (format: SoundFormat): SoundSink => {
  let isHeard = false;
  return {
    format,
    write(sound) {
      if (isHeard || !sound.some((channel) => channel.some((sample) => Math.abs(sample) > AUDIBLE))) return;
      isHeard = true;
      tell('sound');
    },
    close: async () => {},
  };
};
tell('ready');
for await (const call of phone.incoming()) {
  tell('ringing');
  await sleep(Number(ringMs));
  tell('answering');
  // It is the caller's to hang up.
  await call.answer({ sound: { play: toneSource(TONE), record: ear } });
}
