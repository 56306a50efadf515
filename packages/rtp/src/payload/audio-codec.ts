import type { Pcm } from './pcm.ts';

/** What a codec is to everything around it. */
export interface AudioFormat {
  /** The name in SDP: `PCMU`, `G722`, `opus`. */
  readonly encodingName: string;
  /** Of the samples that go in and come out. */
  readonly sampleRateHz: number;
  /** Of the timestamps: 8,000 for G.722, whose samples are 16,000 (RFC 3551 §4.5.2). */
  readonly clockRateHz: number;
  readonly channels: number;
}

/** One direction each: an encoder and a decoder with their memories. Opus is given to the edge by an implementation of this. */
export interface AudioCodec {
  readonly format: AudioFormat;
  /** Encodes one packet's sound. */
  encode(sound: Pcm): Uint8Array;
  /** Decodes one packet. Whatever the bytes are, sound comes out, and no more than the format allows. */
  decode(payload: Uint8Array): Pcm;
  /** Makes up sound for what is missing. @param samples for each channel */
  conceal(samples: number): Pcm;
  /** Decodes what a packet holds of the one before it; undefined where the format or this packet has no such thing. */
  recover(following: Uint8Array, samples: number): Pcm | undefined;
  /** How long a packet sounds, in units of the format's clock; undefined where the payload makes no sense. */
  durationOf(payload: Uint8Array): number | undefined;
}
