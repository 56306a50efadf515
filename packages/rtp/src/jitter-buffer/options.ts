export interface JitterBufferOptions {
  /** Of the timestamps: 8,000 for G.722, 48,000 for Opus. */
  readonly clockRateHz: number;
  /** `adaptive` follows the network; `fixed` keeps `targetMs`, for broadcast. */
  readonly mode?: 'adaptive' | 'fixed';
  /**
   * What is carried. `speech`: now and then a packet may be late, and pitch periods are left out or repeated. `music`: nothing
   * that sounds is cut after the first seconds, and what has come late once will be awaited: the target is as long as the longest delay, stays so for
   * two minutes after it was needed and then shrinks slowly. A gap makes the buffer as long as what was awaited in it;
   * else it follows in silence, or by 0.1 % of the speed.
   */
  readonly sound?: 'speech' | 'music';
  /** The first target, and the only one of a fixed buffer. */
  readonly targetMs?: number;
  /** Between these the adaptive target stays. */
  readonly minMs?: number;
  readonly maxMs?: number;
  /** The part of packets that shall come in time; for music all. */
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
  sound: 'speech' as 'speech' | 'music',
  targetMs: 60,
  minMs: 20,
  maxMs: 400,
  percentile: 0.99,
  timeStretch: true,
  fec: false,
  maxPackets: 256,
  jumpMs: 2_000,
});

export type JitterBufferSettings = Required<JitterBufferOptions>;
