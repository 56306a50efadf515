/** What calls of the phone bench sound like, as each side of them has to be told. */
import type { CodecTerms } from '@ringdown/media';
import type { MediaProfile } from '@ringdown/user-agent';

/** A codec as both phones have it. */
export interface BenchCodec {
  readonly id: string;
  readonly label: string;
  /** Of our phone. */
  readonly profile: MediaProfile;
  /** Where the name stands in SDP, and the event `media`. */
  readonly terms: CodecTerms;
  readonly payloadType: number;
  readonly sampleRateHz: number;
  readonly channels: 1 | 2;
  /** What baresip puts into its account. */
  readonly baresip: string;
  /** What each phone puts into a packet by itself. */
  readonly packetMs: { readonly baresip: number; readonly ringdown: number };
}

const terms = (name: string, clockRateHz: number, channels: number, parameters = ''): CodecTerms => ({
  ...{ name, clockRateHz, channels },
  ...{ sendParameters: parameters, receiveParameters: parameters },
});

const EVERYWHERE_20 = { baresip: 20, ringdown: 20 } as const;

export const PCMA: BenchCodec = {
  ...{ id: 'pcma', label: 'PCMA', profile: 'telephone' },
  ...{ terms: terms('PCMA', 8_000, 1), payloadType: 8, sampleRateHz: 8_000, channels: 1 },
  ...{ baresip: 'PCMA', packetMs: EVERYWHERE_20 },
};
export const G722: BenchCodec = {
  ...{ id: 'g722', label: 'G.722', profile: 'telephone' },
  ...{ terms: terms('G722', 8_000, 1), payloadType: 9, sampleRateHz: 16_000, channels: 1 },
  ...{ baresip: 'G722/16000/1', packetMs: EVERYWHERE_20 },
};
const STEREO = 'stereo=1;sprop-stereo=1';
export const OPUS_STEREO: BenchCodec = {
  ...{ id: 'opus', label: 'Opus in stereo', profile: 'music-stereo' },
  ...{ terms: terms('opus', 48_000, 2, STEREO), payloadType: 107, sampleRateHz: 48_000, channels: 2 },
  ...{ baresip: 'opus/48000/2', packetMs: EVERYWHERE_20 },
};
const SPEECH = 'useinbandfec=1;maxaveragebitrate=32000';
/** One channel, though `a=rtpmap` has two (RFC 7587 §7). */
export const OPUS_SPEECH: BenchCodec = {
  ...{ id: 'opus-mono', label: 'Opus in mono', profile: 'voice' },
  ...{ terms: terms('opus', 48_000, 2, SPEECH), payloadType: 107, sampleRateHz: 48_000, channels: 1 },
  ...{ baresip: 'opus/48000/2', packetMs: EVERYWHERE_20 },
};
export const L16_STEREO: BenchCodec = {
  ...{ id: 'l16', label: 'L16 in stereo', profile: 'lossless' },
  ...{ terms: terms('L16', 48_000, 2), payloadType: 106, sampleRateHz: 48_000, channels: 2 },
  ...{ baresip: 'L16/48000/2', packetMs: { baresip: 4, ringdown: 5 } },
};
