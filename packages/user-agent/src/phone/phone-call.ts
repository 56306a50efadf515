import type { CallState } from '../call/call-table.ts';
import type { Cause } from '../cause.ts';
import type { Levels, MediaReport, PairRow, PathReport, Quality } from '../media/media-event.ts';
import type { CallOptions } from './call-options.ts';

/** One call, as its user sees it. */
export interface PhoneCall {
  readonly id: string;
  readonly direction: 'outgoing' | 'incoming';
  /** Whom we speak with: display name and SIP URI. */
  readonly peer: { readonly name: string | undefined; readonly uri: string };
  readonly state: CallState;
  /** Whether we let the peer wait. */
  readonly isHeld: boolean;
  /** Whether the peer lets us wait. */
  readonly isHeldByPeer: boolean;
  readonly isMuted: boolean;
  /** What was agreed last; undefined before. */
  readonly media: MediaReport | undefined;
  /** The way that packets go; undefined before one was found. */
  readonly path: PathReport | undefined;
  /** Milliseconds since the call was answered; undefined before. */
  readonly durationMs: number | undefined;
  /** Resolves when the call is answered, rejects with a {@link PhoneError} where it ends before. */
  readonly answered: Promise<void>;
  /** Resolves when all is over, however that came. */
  readonly ended: Promise<CallEnd>;
  /** How it sounds, once a second until the call ends. */
  quality(): AsyncIterableIterator<Quality>;
  levels(): Levels | undefined;
  pairs(): readonly PairRow[];
  /** Ends the call, wherever it stands: takes it back, refuses it or hangs up. */
  hangUp(): void;
  /** Resolves when the peer has agreed; rejects with a {@link PhoneError}, and the call goes on. */
  hold(): Promise<void>;
  resume(): Promise<void>;
  mute(isMuted: boolean): void;
  /**
   * Sends DTMF: as telephone-events where they were agreed upon, by INFO otherwise.
   *
   * @throws RangeError for anything but 0–9, A–D, * and #
   */
  sendDigits(digits: string): void;
  /**
   * Hands the peer over: to a target, or to the peer of another call of ours (RFC 3515, RFC 3891). Resolves when that call was
   * answered, rejects with a {@link PhoneError} where it was not.
   */
  transfer(target: string | PhoneCall): Promise<void>;
}

/** A call that rings here. */
export interface IncomingPhoneCall<Sound = unknown> extends PhoneCall {
  readonly direction: 'incoming';
  /**
   * Whether it came past our server (`direct` of ConnectOptions): then nobody vouches for who calls, whatever `peer` says. Of
   * what comes through it, it vouches for addresses of our own domain.
   */
  readonly isDirect: boolean;
  /** The call of ours whose place this one takes; it is answered by itself then (RFC 3891). */
  readonly replaces: string | undefined;
  /**
   * Resolves when the caller has acknowledged it. Where the way was made ready while it rang (`early` of CallDefaults), it was so
   * as `connect` says: another `profile` or `duplicate` is offered as soon as the call stands, and `media` tells of it. Rejects, and
   * rings on, where what was made ready is not what is wanted and cannot be mended: another protection, or addresses that are told.
   */
  answer(options?: CallOptions<Sound>): Promise<void>;
  /**
   * 486 busy, 480 not now, 603 declined (the default).
   *
   * @throws RangeError for what refuses nothing
   */
  refuse(status?: number): void;
}

/** How a call ended. */
export interface CallEnd {
  /** `network`: nobody meant it. */
  readonly by: 'us' | 'peer' | 'network';
  readonly cause: Cause;
  /** Since it was answered; undefined where it was not. */
  readonly durationMs: number | undefined;
}
