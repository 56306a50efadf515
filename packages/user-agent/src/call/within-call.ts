import type { Dialog, Flow, SipRequest, SipResponse } from '@ringdown/sip';
import type { Cause, EndedBy } from '../cause.ts';
import type { Core } from '../core.ts';
import type { MediaSession } from '../media/media-session.ts';
import type { MediaWishes } from '../media/wishes.ts';
import type { SendingUser } from '../sending/sending.ts';
import type { WithinParts } from '../sending/within.ts';
import type { Call } from './call.ts';
import type { CallStimulus } from './call-table.ts';
import type { PeerAbilities } from './peer-abilities.ts';
import type { SessionTimer } from './session-timer.ts';

/** A call, as what happens within its dialogs sees it. */
export interface SessionOwner extends Call {
  /** A stimulus, and the reason in case it ends the call. `by`: where the stimulus alone does not say. */
  end(stimulus: CallStimulus, cause: Cause, by?: EndedBy): void;
  /** The wishes that its media came with. */
  readonly wishes: MediaWishes | undefined;
  /** A PRACK came, while the INVITE is not answered. */
  prackReceived(prack: SipRequest, flow: Flow): void;
  /** The ACK to the 2xx that answered the call came. */
  acknowledged(ack: SipRequest): void;
}

/**
 * Whose offer waits for its answer: there is one at a time (RFC 3264 §4, RFC 6337 §2.2). `unsettled`: the call's first answer
 * may still be said otherwise, for nobody acknowledged it.
 */
export type OfferTurn = 'nobody' | 'ours' | 'theirs' | 'unsettled';

/** The session of a call, as its parts see it. */
export interface WithinCall {
  readonly core: Core;
  readonly call: SessionOwner;
  readonly dialog: Dialog;
  /** Undefined as long as the engine has nothing to do with this dialog. */
  readonly media: MediaSession | undefined;
  readonly timer: SessionTimer;
  readonly flow: Flow;
  readonly ownsCallId: boolean;
  readonly peer: PeerAbilities;
  /** Whether the INVITE was answered with 2xx, and acknowledged. */
  readonly isConfirmed: boolean;
  /** Whether the peer is known to have the dialog, too. */
  readonly isSure: boolean;
  /** Whether neither side has ended it. */
  readonly isOpen: boolean;
  /** Whether a 2xx of ours waits for its ACK: no INVITE may come before it (RFC 3261 §14.1). */
  readonly isUnacknowledged: boolean;
  turn: OfferTurn;
  send(parts: Omit<WithinParts, 'flow'>, user: SendingUser): void;
  /** Does what had to wait. */
  proceed(): void;
  ended(stimulus: CallStimulus, cause: Cause): void;
  isGone(response: SipResponse): boolean;
  peerHolds(holds: boolean): void;
  /** A request of ours got through over this flow. */
  reachedOver(flow: Flow): void;
}
