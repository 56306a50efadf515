import type { PayloadNumbers } from '../codec/payload-numbers.ts';
import type { MediaDescription, SessionDescription } from '../session-description.ts';
import type { AgreedSession } from './agreed.ts';

/** One `m=` line over the life of a session: lines never go away and never change their places (RFC 3264 §8). */
export interface Slot {
  readonly media: string;
  /** Which of our capabilities stands here; undefined for what only the peer has. */
  readonly capability: number | undefined;
  readonly mid: string | undefined;
  readonly numbers: PayloadNumbers;
  /** The last that was said of it; a line of another's that we refuse is repeated as it was. */
  readonly last: MediaDescription;
}

/** What stands between two offers. */
export interface Agreement {
  readonly slots: readonly Slot[];
  readonly local: SessionDescription;
  readonly remote: SessionDescription;
  readonly session: AgreedSession;
}
