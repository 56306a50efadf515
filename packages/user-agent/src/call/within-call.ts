import type { Dialog, Flow, SipResponse } from '@ringdown/sip';
import type { Cause, EndedBy } from '../cause.ts';
import type { Core } from '../core.ts';
import type { MediaSession } from '../media/media-session.ts';
import type { MediaWishes } from '../media/wishes.ts';
import type { SendingUser } from '../sending/sending.ts';
import type { WithinParts } from '../sending/within.ts';
import type { Call } from './call.ts';
import type { CallStimulus } from './call-table.ts';
import type { SessionTimer } from './session-timer.ts';

/** A call, as what happens within its dialog sees it. */
export interface SessionOwner extends Call {
  /** A stimulus, and the reason in case it ends the call. `by`: where the stimulus alone does not say. */
  end(stimulus: CallStimulus, cause: Cause, by?: EndedBy): void;
  /** The wishes that its media came with. */
  readonly wishes: MediaWishes | undefined;
}

/** The session of a call, as its parts see it. */
export interface WithinCall {
  readonly core: Core;
  readonly call: SessionOwner;
  readonly dialog: Dialog;
  readonly media: MediaSession;
  readonly timer: SessionTimer;
  readonly flow: Flow;
  readonly ownsCallId: boolean;
  readonly peerAllows: string | undefined;
  send(parts: Omit<WithinParts, 'flow'>, user: SendingUser): void;
  ended(stimulus: CallStimulus, cause: Cause): void;
  isGone(response: SipResponse): boolean;
  peerHolds(holds: boolean): void;
}
