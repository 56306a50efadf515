import type { Dialog } from '@ringdown/sip';
import type { Cause } from '../cause.ts';
import type { MediaWishes } from '../media/wishes.ts';
import type { CallState } from './call-table.ts';

/** One call (RFC 3261 §13), as its user sees it. */
export interface Call {
  /** What it is known by; the same for as long as it lives. */
  readonly id: string;
  readonly direction: 'outgoing' | 'incoming';
  /** Whom we speak with, as From or To names him. */
  readonly peer: string;
  readonly state: CallState;
  /** Whether we let the peer wait. */
  readonly isHeld: boolean;
  /** Whether the peer lets us wait. */
  readonly isHeldByPeer: boolean;
  /** The dialog; undefined before the call is established. */
  readonly dialog: Dialog | undefined;
  /**
   * What the media engine knows it by now: of several phones that let us hear something, the one that did last, then the one
   * that answered. Undefined before anything was asked of the engine, and after the end.
   */
  readonly mediaSession: string | undefined;
  /**
   * Ends the call, wherever it stands: takes it back, refuses it or hangs up. `cause`: what made us, where nobody meant it;
   * the peer is told of it (RFC 3326).
   */
  hangUp(cause?: Cause): void;
  /** @throws Error before the call is established, as all that follows */
  hold(): void;
  resume(): void;
  /**
   * Sends digits by INFO (`application/dtmf-relay`), one after the other: 0–9, A–D, * and #.
   *
   * @throws RangeError for others
   */
  sendDigits(digits: string): void;
  /** Hands the peer over to somebody else (RFC 3515): to a target, or to the peer of another call of ours (RFC 3891). */
  transfer(target: string | Call): void;
}

/** A call that rings, or rang, here. */
export interface IncomingCall extends Call {
  readonly direction: 'incoming';
  /** The call of ours that this one takes the place of, without ringing (RFC 3891). */
  readonly replaces: Call | undefined;
  /** Lets the caller hear us before the call is answered: 183 with our description. */
  answerEarly(wishes?: MediaWishes): void;
  /** `wishes`: where it was answered early, they add to those of that time. */
  answer(wishes?: MediaWishes): void;
  /**
   * 486 busy, 480 not now, 603 declined (the default).
   *
   * @throws RangeError for what refuses nothing
   */
  refuse(status?: number): void;
}
