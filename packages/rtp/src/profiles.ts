import type { OpusParameters } from './payload/opus.ts';

/** A codec as a profile wants it. What is offered to a peer is made of this elsewhere. */
export interface CodecPreference {
  readonly encodingName: 'opus' | 'G722' | 'PCMU' | 'PCMA' | 'L16';
  /** Of the timestamps, as a=rtpmap has it. */
  readonly clockRateHz: number;
  /** Channels of the sound; Opus is always written with two in a=rtpmap (RFC 7587 §7). */
  readonly channels: 1 | 2;
  readonly bitsPerSecond: number;
  readonly packetMs: number;
  /** The payload type that RFC 3551 §6 has given to it. */
  readonly staticPayloadType?: number;
  readonly opus?: Partial<OpusParameters>;
}

export type ProfileName = 'voice' | 'interview' | 'music-stereo' | 'lossless' | 'telephone';

/** What a call is made for, best codec first, and the buffer that suits it. */
export interface AudioProfile {
  readonly codecs: readonly CodecPreference[];
  readonly telephoneEvents: boolean;
  readonly comfortNoise: boolean;
  /**
   * It begins with `targetMs` and follows the network between `minMs` and `maxMs`; for music so that nothing that sounds is
   * cut, and a delay that came once is awaited for minutes.
   */
  readonly buffer: {
    readonly sound: 'speech' | 'music';
    readonly targetMs: number;
    readonly minMs: number;
    readonly maxMs: number;
  };
}

const PCMU: CodecPreference = {
  encodingName: 'PCMU',
  clockRateHz: 8_000,
  channels: 1,
  bitsPerSecond: 64_000,
  packetMs: 20,
  staticPayloadType: 0,
};
const PCMA: CodecPreference = { ...PCMU, encodingName: 'PCMA', staticPayloadType: 8 };
const G722: CodecPreference = { ...PCMU, encodingName: 'G722', staticPayloadType: 9 };

const opus = (
  channels: 1 | 2,
  bitsPerSecond: number,
  parameters: Partial<OpusParameters>,
): CodecPreference => ({
  encodingName: 'opus',
  clockRateHz: 48_000,
  channels,
  bitsPerSecond,
  packetMs: 20,
  opus: { maxAverageBitrate: bitsPerSecond, ...parameters },
});

/** Packets that fit an MTU of 1,500: 5 ms of stereo, 10 ms of mono. */
const linear = (clockRateHz: number, channels: 1 | 2, staticPayloadType?: number): CodecPreference => ({
  encodingName: 'L16',
  clockRateHz,
  channels,
  bitsPerSecond: 16 * clockRateHz * channels,
  packetMs: channels === 2 ? 5 : 10,
  ...(staticPayloadType === undefined ? {} : { staticPayloadType }),
});

/** A calm network needs no more: two packets of Opus, six of linear sound. */
const musicBuffer = (leastMs: number) =>
  ({ sound: 'music', targetMs: leastMs, minMs: leastMs, maxMs: 400 }) as const;
const speechBuffer = (targetMs: number, maxMs: number) =>
  ({ sound: 'speech', targetMs, minMs: 20, maxMs }) as const;

const STEREO = { stereo: true, sendsStereo: true } as const;

/** Profiles as data. */
export const AUDIO_PROFILES: Readonly<Record<ProfileName, AudioProfile>> = Object.freeze({
  voice: {
    codecs: [opus(1, 32_000, { inBandFec: true, discontinuous: true }), G722, PCMA, PCMU],
    telephoneEvents: true,
    comfortNoise: true,
    buffer: speechBuffer(60, 400),
  },
  interview: {
    codecs: [opus(1, 64_000, { inBandFec: true }), G722, PCMA, PCMU],
    telephoneEvents: true,
    comfortNoise: false,
    buffer: speechBuffer(100, 600),
  },
  'music-stereo': {
    codecs: [
      opus(2, 256_000, { ...STEREO, constantBitrate: true }),
      opus(2, 128_000, STEREO),
      G722,
      PCMA,
      PCMU,
    ],
    telephoneEvents: false,
    comfortNoise: false,
    buffer: musicBuffer(40),
  },
  lossless: {
    codecs: [
      linear(48_000, 2),
      linear(48_000, 1),
      linear(44_100, 2, 10),
      linear(44_100, 1, 11),
      opus(2, 256_000, { ...STEREO, constantBitrate: true }),
    ],
    telephoneEvents: false,
    comfortNoise: false,
    buffer: musicBuffer(30),
  },
  telephone: {
    codecs: [G722, PCMA, PCMU],
    telephoneEvents: true,
    comfortNoise: true,
    buffer: speechBuffer(60, 300),
  },
});
