/** Where a subscription stands, as its subscriber sees it (RFC 6665 §4.1.2). */
export type SubscriptionPhase =
  | 'subscribing'
  /** Accepted, though the notifier may still ask somebody: `pending` in its NOTIFYs. */
  | 'active'
  | 'refreshing'
  /** It failed, or the notifier ended it, and will be tried again. */
  | 'waiting'
  | 'leaving'
  | 'ended';

export type SubscriptionStimulus =
  | 'accepted'
  | 'refused'
  | 'failed'
  /** The notifier does not know it any more: 481. */
  | 'gone'
  /** The notifier ended it, and it may be made anew: deactivated, probation, giveup, timeout. */
  | 'over'
  /** The notifier ended it for good: rejected, noresource, invariant. */
  | 'rejected'
  | 'refresh due'
  | 'retry due'
  | 'stop';

export type SubscriptionAction = 'begin' | 'refresh' | 'leave' | 'back off' | 'end';

/** For each phase and stimulus the next phase, then what is done on the way. What a phase does not list is ignored there. */
export const subscriptionPhases: Readonly<
  Record<
    SubscriptionPhase,
    Readonly<
      Partial<
        Record<
          SubscriptionStimulus,
          readonly [next: SubscriptionPhase, ...actions: readonly SubscriptionAction[]]
        >
      >
    >
  >
> = {
  subscribing: {
    accepted: ['active'],
    refused: ['ended', 'end'],
    failed: ['waiting', 'back off'],
    gone: ['waiting', 'back off'],
    over: ['waiting', 'back off'],
    rejected: ['ended', 'end'],
    stop: ['leaving', 'leave'],
  },
  active: {
    'refresh due': ['refreshing', 'refresh'],
    over: ['waiting', 'back off'],
    rejected: ['ended', 'end'],
    stop: ['leaving', 'leave'],
  },
  refreshing: {
    accepted: ['active'],
    refused: ['ended', 'end'],
    failed: ['waiting', 'back off'],
    gone: ['subscribing', 'begin'],
    over: ['waiting', 'back off'],
    rejected: ['ended', 'end'],
    stop: ['leaving', 'leave'],
  },
  waiting: {
    'retry due': ['subscribing', 'begin'],
    stop: ['ended', 'end'],
  },
  leaving: {
    over: ['ended', 'end'],
    rejected: ['ended', 'end'],
    refused: ['ended', 'end'],
    failed: ['ended', 'end'],
    gone: ['ended', 'end'],
  },
  ended: {},
};
