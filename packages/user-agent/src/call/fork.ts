import type { MediaAnswer } from '../media/media-engine.ts';
import type { Acknowledgement } from '../sending/within.ts';
import type { CallSession } from './call-session.ts';
import type { ReliableReceipts } from './reliable-receipts.ts';

/** One phone that our INVITE reached: its dialog, and what it answered to our offer (RFC 3261 §13.2.2.4). */
export interface Fork {
  readonly session: CallSession;
  readonly receipts: ReliableReceipts;
  /** What of its ringing was told last. */
  told: string;
  /** Why its answer could not be taken. */
  failure: Extract<MediaAnswer, { kind: 'failed' }> | undefined;
  /** The media engine has taken its answer; and the phone will not say another. */
  isTaken: boolean;
  isSure: boolean;
  ack: Acknowledgement | undefined;
}
