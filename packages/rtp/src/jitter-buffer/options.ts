export interface JitterBufferOptions {
  /** Of the timestamps: 8,000 for G.722, 48,000 for Opus. */
  readonly clockRateHz: number;
  /** `adaptive` follows the network; `fixed` keeps `targetMs`, for broadcast. */
  readonly mode?: 'adaptive' | 'fixed';
  /** The first target, and the only one of a fixed buffer. */
  readonly targetMs?: number;
  /** Between these the adaptive target stays. */
  readonly minMs?: number;
  readonly maxMs?: number;
  /** The part of packets that shall come in time. */
  readonly percentile?: number;
  /**
   * Whether the decoder's edge can shorten and lengthen sound. Without it the buffer leaves frames out and lets them be
   * concealed instead.
   */
  readonly timeStretch?: boolean;
  /** Whether a packet may hold the one before it once more (Opus in-band FEC, RFC 7587 §4). */
  readonly fec?: boolean;
  /** What is held at most; whatever is older goes first. */
  readonly maxPackets?: number;
  /** Packets that are further than this from where they should be begin a new time, once a second one agrees. */
  readonly jumpMs?: number;
}

export const jitterBufferDefaults = Object.freeze({
  mode: 'adaptive' as 'adaptive' | 'fixed',
  targetMs: 60,
  minMs: 20,
  maxMs: 400,
  percentile: 0.97,
  timeStretch: true,
  fec: false,
  maxPackets: 256,
  jumpMs: 2_000,
});

export type JitterBufferSettings = Required<JitterBufferOptions>;
