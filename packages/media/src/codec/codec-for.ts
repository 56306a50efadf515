import {
  AUDIO_PROFILES,
  type AudioCodec,
  g711Codec,
  g722Codec,
  l16Codec,
  type OpusBandwidth,
  type ProfileName,
  readOpusParameters,
} from '@ringdown/rtp';
import type { AgreedCodec } from '@ringdown/sdp';
import type { OpusFactory } from './opus.ts';
import { type OpusOptions, opusDefaults } from './opus-options.ts';

/** What of an agreed codec says how it is made. */
export type CodecTerms = Pick<
  AgreedCodec,
  'name' | 'clockRateHz' | 'channels' | 'sendParameters' | 'receiveParameters'
>;

/** A codec of a call. */
export interface CallCodec extends AudioCodec {
  /** Of what is sent, as far as the codec has such a thing. */
  readonly bitsPerSecond: number;
  /** Of our packets, where that is not what the sound has: Opus for a peer that plays one channel. */
  readonly sentChannels?: number;
  /** What the peer says of its losses, 0 to 1. Opus puts more into redundancy; others do nothing. */
  expectLoss(ratio: number): void;
  /** To be called when the codec is no longer used: Opus holds memory that nobody else frees. */
  close(): void;
}

/**
 * The codec for what was agreed on; undefined where there is none.
 *
 * @param profile what the call is made for: it bounds the bit rate of Opus where the peer allows more
 */
export const codecFor = (
  agreed: CodecTerms,
  opus: OpusFactory,
  profile: ProfileName = 'voice',
): CallCodec | undefined => {
  const { clockRateHz, channels } = agreed;
  switch (agreed.name.toLowerCase()) {
    case 'pcmu':
      return withoutMemory(g711Codec('mu'), 64_000);
    case 'pcma':
      return withoutMemory(g711Codec('A'), 64_000);
    case 'g722':
      return withoutMemory(g722Codec(), 64_000);
    case 'l16':
      return withoutMemory(l16Codec(clockRateHz, channels), 16 * clockRateHz * channels);
    case 'opus': {
      const options = opusOptions(agreed, profile);
      const { bitsPerSecond, sentChannels } = options;
      return Object.assign(opus.codec(options), { bitsPerSecond, sentChannels });
    }
    default:
      return undefined;
  }
};

const withoutMemory = (codec: AudioCodec, bitsPerSecond: number): CallCodec => ({
  ...codec,
  bitsPerSecond,
  expectLoss: () => {},
  close: () => {},
});

/** How Opus is set up so that the peer gets what it asks for (RFC 7587 §7.1) and the call sounds as its profile wants. */
export const opusOptions = (
  { sendParameters, receiveParameters }: Pick<AgreedCodec, 'sendParameters' | 'receiveParameters'>,
  profile: ProfileName = 'voice',
): OpusOptions => {
  const theirs = readOpusParameters(sendParameters);
  const ours = readOpusParameters(receiveParameters);
  const preferred = preference(profile, theirs.stereo);
  const isSpeech = profile === 'voice' || profile === 'interview' || profile === 'telephone';
  return {
    ...opusDefaults,
    channels: theirs.stereo || ours.stereo ? 2 : 1,
    sentChannels: theirs.stereo ? 2 : 1,
    application: profile === 'voice' || profile === 'telephone' ? 'voip' : 'audio',
    // Where nothing is known libopus takes music for speech and speech for music at times, and redundancy needs SILK.
    signal: isSpeech ? 'voice' : 'auto',
    bitsPerSecond: Math.min(preferred.bitsPerSecond, theirs.maxAverageBitrate ?? preferred.bitsPerSecond),
    constantBitrate: theirs.constantBitrate || preferred.constantBitrate,
    inBandFec: theirs.inBandFec,
    expectedLossRatio: theirs.inBandFec ? FIRST_LOSS_RATIO : 0,
    discontinuous: theirs.discontinuous && isSpeech,
    bandwidth: bandwidthFor(theirs.maxPlaybackRateHz),
  };
};

/** As long as the peer has not reported: libopus makes no redundancy where no loss is expected. */
const FIRST_LOSS_RATIO = 0.05;
/** Of a profile that has no Opus. */
const OTHERWISE = { bitsPerSecond: opusDefaults.bitsPerSecond, constantBitrate: false } as const;

/** What the profile wants of the Opus that it likes best with so many channels. */
const preference = (
  profile: ProfileName,
  stereo: boolean,
): { readonly bitsPerSecond: number; readonly constantBitrate: boolean } => {
  const all = AUDIO_PROFILES[profile].codecs.filter(({ encodingName }) => encodingName === 'opus');
  const best = all.find(({ channels }) => channels === (stereo ? 2 : 1)) ?? all[0];
  if (best === undefined) return OTHERWISE;
  // Of two channels' bits one needs the half.
  const share = stereo ? 1 : 1 / best.channels;
  return {
    bitsPerSecond: best.bitsPerSecond * share,
    constantBitrate: best.opus?.constantBitrate ?? false,
  };
};

/** Nothing is sent that the peer cannot play (RFC 7587 §7.1, maxplaybackrate). */
const bandwidthFor = (playbackRateHz: number): OpusBandwidth => {
  if (playbackRateHz < 12_000) return 'narrowband';
  if (playbackRateHz < 16_000) return 'mediumband';
  if (playbackRateHz < 24_000) return 'wideband';
  return playbackRateHz < 48_000 ? 'superwideband' : 'fullband';
};
