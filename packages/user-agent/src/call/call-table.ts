/** Where a call stands. */
export type CallState =
  /** Outgoing: the media engine writes the offer. */
  | 'preparing'
  /** Outgoing: the INVITE is on its way. */
  | 'calling'
  /** Outgoing: it rings, or there is early media, at one phone or several. */
  | 'early'
  /** Outgoing: taken back, and the other side has not agreed yet. */
  | 'cancelling'
  /** Incoming: it rings here. */
  | 'ringing'
  /** Incoming: the user answered; the media engine writes the description. */
  | 'answering'
  /** Incoming: 200 is sent, its ACK has not come. */
  | 'accepted'
  /** Incoming: hung up before the ACK came: a BYE has to wait for it (RFC 3261 §15). */
  | 'leaving'
  | 'established'
  /** BYE is sent. */
  | 'ending'
  | 'ended';

export type CallStimulus =
  | 'described'
  | 'media failed'
  | 'progress'
  | '2xx'
  | 'refused'
  /** Refused, and what is offered may be made otherwise. */
  | 'other offer'
  | 'no answer'
  | 'answer'
  | 'acknowledged'
  | 'unacknowledged'
  | 'CANCEL'
  | 'hang up'
  | 'BYE'
  /** The other side does not know the call any more. */
  | 'gone'
  /** The session timer ran out (RFC 4028 §10). */
  | 'expired'
  | 'BYE answered';

export type CallAction =
  | 'offer anew'
  | 'invite'
  | 'cancel'
  | 'confirm'
  | 'describe'
  | 'accept'
  | 'refuse'
  | 'say it is cancelled'
  | 'bye'
  | 'report progress'
  | 'report'
  | 'end';

type Table = Readonly<
  Record<
    CallState,
    Readonly<Partial<Record<CallStimulus, readonly [next: CallState, ...actions: readonly CallAction[]]>>>
  >
>;

/**
 * For each state and stimulus the next state, then what is done on the way. What a state does not list is ignored there.
 * Outgoing calls begin in `preparing`, incoming ones in `ringing`.
 */
export const callStates: Table = {
  preparing: {
    described: ['calling', 'invite'],
    'media failed': ['ended', 'end'],
    'hang up': ['ended', 'end'],
  },
  calling: {
    progress: ['early', 'report progress'],
    '2xx': ['established', 'confirm', 'report'],
    refused: ['ended', 'end'],
    'other offer': ['preparing', 'offer anew'],
    'no answer': ['cancelling', 'cancel'],
    'hang up': ['cancelling', 'cancel'],
  },
  early: {
    progress: ['early', 'report progress'],
    '2xx': ['established', 'confirm', 'report'],
    refused: ['ended', 'end'],
    'other offer': ['preparing', 'offer anew'],
    'no answer': ['cancelling', 'cancel'],
    'hang up': ['cancelling', 'cancel'],
  },
  cancelling: {
    '2xx': ['ending', 'confirm', 'bye'],
    refused: ['ended', 'end'],
  },
  ringing: {
    answer: ['answering', 'describe'],
    'hang up': ['ended', 'refuse', 'end'],
    'media failed': ['ended', 'refuse', 'end'],
    CANCEL: ['ended', 'say it is cancelled', 'end'],
    BYE: ['ended', 'say it is cancelled', 'end'],
  },
  answering: {
    described: ['accepted', 'accept'],
    'media failed': ['ended', 'refuse', 'end'],
    'hang up': ['ended', 'refuse', 'end'],
    CANCEL: ['ended', 'say it is cancelled', 'end'],
    BYE: ['ended', 'say it is cancelled', 'end'],
  },
  accepted: {
    acknowledged: ['established', 'report'],
    unacknowledged: ['ending', 'bye'],
    'hang up': ['leaving'],
    BYE: ['ended', 'end'],
  },
  leaving: {
    acknowledged: ['ending', 'bye'],
    unacknowledged: ['ending', 'bye'],
    BYE: ['ended', 'end'],
  },
  established: {
    'hang up': ['ending', 'bye'],
    'media failed': ['ending', 'bye'],
    expired: ['ending', 'bye'],
    BYE: ['ended', 'end'],
    gone: ['ended', 'end'],
  },
  ending: {
    'BYE answered': ['ended', 'end'],
    BYE: ['ended', 'end'],
  },
  ended: {},
};
