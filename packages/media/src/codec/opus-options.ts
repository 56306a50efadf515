import type { OpusBandwidth } from '@ringdown/rtp';

/** What an encoder is told (RFC 6716 §2.1), and how many channels there are. Whatever comes is decoded. */
export interface OpusOptions {
  /** Of the sound that goes in and comes out, whatever the packets have. */
  readonly channels: 1 | 2;
  /** What a packet holds where the sound has two channels: one of them both, where the peer plays one. */
  readonly sentChannels: 1 | 2;
  /** `voip` makes speech clear, `audio` keeps to what it is given. */
  readonly application: 'voip' | 'audio';
  /** What is expected to be heard; `auto` looks at the sound. */
  readonly signal: 'auto' | 'voice' | 'music';
  readonly bitsPerSecond: number;
  readonly constantBitrate: boolean;
  /** Packets hold a coarse copy of the one before, as long as loss is expected (RFC 6716 §2.1.7). */
  readonly inBandFec: boolean;
  /** 0 to 1. */
  readonly expectedLossRatio: number;
  /** Silence becomes packets of a byte or two, which need not be sent (RFC 7587 §3.1.3). */
  readonly discontinuous: boolean;
  /** The highest that is kept. */
  readonly bandwidth: OpusBandwidth;
  /** 0 to 10: what it costs against how it sounds. */
  readonly complexity: number;
}

/** Speech of one channel. */
export const opusDefaults: OpusOptions = Object.freeze({
  channels: 1,
  sentChannels: 2,
  application: 'voip',
  signal: 'auto',
  bitsPerSecond: 32_000,
  constantBitrate: false,
  inBandFec: false,
  expectedLossRatio: 0,
  discontinuous: false,
  bandwidth: 'fullband',
  complexity: 9,
});

export const APPLICATIONS = { voip: 2048, audio: 2049 } as const;
const SIGNALS = { auto: -1000, voice: 3001, music: 3002 } as const;
const BANDWIDTHS: Readonly<Record<OpusBandwidth, number>> = {
  narrowband: 1101,
  mediumband: 1102,
  wideband: 1103,
  superwideband: 1104,
  fullband: 1105,
};

/** The requests of `opus_encoder_ctl`, by the numbers of opus_defines.h. */
const SET = {
  bitrate: 4002,
  maxBandwidth: 4004,
  vbr: 4006,
  complexity: 4010,
  inBandFec: 4012,
  packetLossPercent: 4014,
  dtx: 4016,
  forceChannels: 4022,
  signal: 4024,
} as const;
export const SET_PACKET_LOSS = SET.packetLossPercent;

/** What libopus takes as the loss that is expected: whole percents. */
export const lossPercent = (ratio: number): number => Math.round(100 * Math.min(1, Math.max(0, ratio)));

/** The settings of an encoder, as libopus takes them. */
export const settingsOf = (options: OpusOptions): readonly (readonly [request: number, value: number])[] => [
  [SET.bitrate, Math.round(options.bitsPerSecond)],
  [SET.maxBandwidth, BANDWIDTHS[options.bandwidth]],
  [SET.vbr, options.constantBitrate ? 0 : 1],
  [SET.complexity, options.complexity],
  [SET.inBandFec, options.inBandFec ? 1 : 0],
  [SET.packetLossPercent, lossPercent(options.expectedLossRatio)],
  [SET.dtx, options.discontinuous ? 1 : 0],
  [SET.signal, SIGNALS[options.signal]],
  ...(options.channels === 2 && options.sentChannels === 1 ? [[SET.forceChannels, 1] as const] : []),
];
