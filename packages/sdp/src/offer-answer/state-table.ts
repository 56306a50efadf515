/** Where a session stands between offer and answer (RFC 3264 §4, RFC 8829 §3.5.1). */
export type OfferAnswerState = 'stable' | 'have-local-offer' | 'have-remote-offer';

export type OfferAnswerStimulus =
  | 'local offer'
  | 'remote offer'
  | 'local answer'
  | 'remote answer'
  | 'rollback';

export type OfferAnswerAction =
  | 'propose'
  | 'consider'
  | 'agree'
  | 'go back'
  /** 491: both offered at once (RFC 3261 §14.2). */
  | 'report glare'
  /** 500 with Retry-After: one offer after another, before its answer (RFC 3261 §14.2, RFC 6337 §3). */
  | 'report haste'
  /** An answer that repeats one, as a 200 after a reliable 183 does (RFC 3261 §13.2.1). */
  | 'ignore';

/**
 * RFC 3264 §4 and RFC 6337 §2. For each state and stimulus the next state and what is done on the way. What a state does not
 * list cannot happen there: the application asked for it out of turn.
 */
export const offerAnswerStates = {
  stable: {
    'local offer': ['have-local-offer', 'propose'],
    'remote offer': ['have-remote-offer', 'consider'],
    'remote answer': ['stable', 'ignore'],
    rollback: ['stable', 'go back'],
  },
  'have-local-offer': {
    'remote offer': ['have-local-offer', 'report glare'],
    'remote answer': ['stable', 'agree'],
    rollback: ['stable', 'go back'],
  },
  'have-remote-offer': {
    'remote offer': ['have-remote-offer', 'report haste'],
    'local answer': ['stable', 'agree'],
    'remote answer': ['have-remote-offer', 'ignore'],
    rollback: ['stable', 'go back'],
  },
} as const satisfies Readonly<
  Record<
    OfferAnswerState,
    Readonly<
      Partial<Record<OfferAnswerStimulus, readonly [next: OfferAnswerState, action: OfferAnswerAction]>>
    >
  >
>;

/** Undefined where the state does not list the stimulus. */
export const offerAnswerStep = (
  state: OfferAnswerState,
  stimulus: OfferAnswerStimulus,
): readonly [next: OfferAnswerState, action: OfferAnswerAction] | undefined => {
  const row: Readonly<Partial<Record<OfferAnswerStimulus, readonly [OfferAnswerState, OfferAnswerAction]>>> =
    offerAnswerStates[state];
  return row[stimulus];
};
