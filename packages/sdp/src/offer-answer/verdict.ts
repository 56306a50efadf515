import type { Malformed } from '../malformed.ts';
import type { SessionDescription } from '../session-description.ts';
import type { AgreedSession } from './agreed.ts';
import type { OfferedMedia } from './consider.ts';

/** What became of a remote offer. All but the first are to be sent as final responses, and change nothing. */
export type OfferVerdict = Considered | NotAcceptable | OutOfTurn;

export interface Considered {
  readonly kind: 'considered';
  /** What we could say to each line; transports are wanted for the acceptable ones. */
  readonly media: readonly OfferedMedia[];
}

/** 488 (RFC 3261 §21.4.26): not one medium goes together. The session, if there is one, goes on as it was. */
export interface NotAcceptable {
  readonly kind: 'not acceptable';
  readonly status: 488;
  /** For the Warning header (RFC 3261 §20.43). */
  readonly warning: number;
  readonly why: string;
}

/** 491 for glare, else 500 with Retry-After (RFC 3261 §14.2). */
export interface OutOfTurn {
  readonly kind: 'out of turn';
  readonly status: 491 | 500;
  readonly why: string;
}

/** Our answer, and what is agreed with it. */
export interface Answered {
  readonly kind: 'answered';
  readonly description: SessionDescription;
  readonly session: AgreedSession;
}

/**
 * What became of a remote answer. Malformed: the offer still stands, and the caller ends the call or, within one, goes back to
 * what was agreed (RFC 6337 §3).
 */
export type AnswerVerdict =
  | { readonly kind: 'agreed'; readonly session: AgreedSession }
  /** It repeats an answer, or answers nothing. */
  | { readonly kind: 'ignored' }
  | Malformed;
