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
   * The way that packets go is to be found anew (RFC 8445 §9), and the peer learns where we are: by re-INVITE, or by UPDATE before
   * the call is answered (RFC 3311); as soon as that may be. `change failed` tells where nothing comes of it.
   */
  renew(why: string): void;
  /**
   * Tells the peer more candidates (RFC 8840), where it wants to know them and as soon as it can: an SDP fragment of the media
   * engine's. `session`: whose they are, {@link mediaSession} where it is not said.
   */
  sendFragment(fragment: string, session?: string): void;
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
  /** Whether it came from elsewhere than our server: then nobody vouches for who calls. */
  readonly isDirect: boolean;
  /** The call of ours that this one takes the place of, without ringing (RFC 3891). */
  readonly replaces: Call | undefined;
  /** Whether the caller takes a description for sure before the call is answered (RFC 3262). */
  readonly offersReliable: boolean;
  /**
   * Lets the caller hear us before the call is answered: 183 with our description. An INVITE that offers nothing gets it only
   * where `offersReliable`.
   */
  answerEarly(wishes?: MediaWishes): void;
  /**
   * `wishes`: where it was answered early, they add to those of that time; another `profile` or `duplicate` is offered by a
   * re-INVITE as soon as the call is established. `change failed` tells where nothing comes of that.
   */
  answer(wishes?: MediaWishes): void;
  /**
   * 486 busy, 480 not now, 603 declined (the default).
   *
   * @throws RangeError for what refuses nothing
   */
  refuse(status?: number): void;
}
