import type { StretchManner } from '../concealment/time-stretch.ts';

/** A packet as the buffer takes it. */
export interface BufferedPacket {
  /** 16 bits. */
  readonly sequence: number;
  /** 32 bits. */
  readonly timestamp: number;
  readonly payload: Uint8Array;
  /** How long it sounds, in units of the timestamps. 0 for what came in the stream and is no sound: a telephone-event. */
  readonly duration: number;
  /** It announces silence (comfort noise, an Opus frame of DTX): that nothing follows is no loss then. */
  readonly silence?: boolean;
  /** What the format makes of it: the payload type where it may change. */
  readonly payloadType?: number;
}

/**
 * What the decoder's edge shall do for its next frame.
 * - `play`: decode it.
 * - `accelerate`, `expand`: decode it and what follows it, then shorten or lengthen all that in the manner told
 *   ({@link timeStretch}), say what was gained ({@link JitterBuffer.stretched}), and ask again when it has been played.
 * - `recover`: decode the in-band FEC of this packet, which comes after the one that is missing, for that one.
 * - `conceal`: make up so much sound from what was before.
 * - `wait`: nothing is to be heard yet, or now: silence, or comfort noise.
 */
export type Decision =
  | { readonly kind: 'play'; readonly packet: BufferedPacket }
  | {
      readonly kind: 'accelerate' | 'expand';
      readonly packet: BufferedPacket;
      /** Packets behind it that are played with it: one alone may be shorter than a pitch period. */
      readonly following: readonly BufferedPacket[];
      readonly manner: StretchManner;
    }
  | { readonly kind: 'recover'; readonly from: BufferedPacket; readonly durationMs: number }
  | {
      readonly kind: 'conceal';
      /** `lost`: it is given up. `late`: it is not there yet, and may still come. */
      readonly cause: 'lost' | 'late';
      readonly durationMs: number;
    }
  | { readonly kind: 'wait'; readonly durationMs: number };

/** A jitter buffer in numbers. */
export interface JitterBufferStatistics {
  /** How long a packet that comes the fastest way waits until it is played; in silence what it was before. */
  readonly bufferMs: number;
  readonly targetMs: number;
  /** Packets held. */
  readonly packets: number;
  readonly received: number;
  readonly played: number;
  /** Came after their time. */
  readonly late: number;
  readonly duplicates: number;
  /** Were passed over, because they had not come. */
  readonly lost: number;
  /** Of those, how many were won back from the packet behind them. */
  readonly recovered: number;
  /** Frames made up: for lost packets, and for late ones while the buffer grew. */
  readonly concealed: number;
  /** Frames without sound: before the first packet, and in silence. */
  readonly waited: number;
  /** How often sound was made shorter or longer, as told. */
  readonly accelerated: number;
  readonly expanded: number;
  /** Left out: the buffer held too many, or too much time. */
  readonly discarded: number;
  readonly resets: number;
  /** How much faster the sender's clock is than ours, in millionths; undefined until it is known. */
  readonly driftPpm: number | undefined;
  /** For who resamples instead of stretching: how much faster than our clock to play, to stay at the target. */
  readonly playbackRate: number;
}
