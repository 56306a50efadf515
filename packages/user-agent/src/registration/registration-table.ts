/** Where a registration stands. */
export type RegistrationState =
  | 'unregistered'
  | 'registering'
  | 'registered'
  | 'refreshing'
  /** It failed and will be tried again. */
  | 'waiting'
  /** It was refused, and trying again would change nothing. */
  | 'refused'
  | 'unregistering';

export type RegistrationStimulus =
  | 'start'
  | 'stop'
  | 'accepted'
  | 'refused'
  | 'failed'
  | 'refresh due'
  | 'retry due'
  | 'flow lost'
  /** The network changed, or the device woke from a sleep. */
  | 'moved';

export type RegistrationAction =
  | 'register'
  | 'register anew'
  | 'remove'
  | 'keep'
  | 'back off'
  | 'let go'
  | 'report';

type Row = Readonly<
  Partial<
    Record<
      RegistrationStimulus,
      readonly [next: RegistrationState, ...actions: readonly RegistrationAction[]]
    >
  >
>;

/**
 * For each state and stimulus the next state, then what is done on the way. `anew` is over a new flow. What a state does not
 * list is ignored there.
 */
export const registrationStates: Readonly<Record<RegistrationState, Row>> = {
  unregistered: {
    start: ['registering', 'register'],
  },
  registering: {
    accepted: ['registered', 'keep', 'report'],
    refused: ['refused', 'let go', 'report'],
    failed: ['waiting', 'let go', 'back off', 'report'],
    'flow lost': ['waiting', 'let go', 'back off', 'report'],
    moved: ['registering', 'register anew'],
    stop: ['unregistering', 'remove'],
  },
  registered: {
    'refresh due': ['refreshing', 'register'],
    'flow lost': ['registering', 'register anew', 'report'],
    failed: ['waiting', 'let go', 'back off', 'report'],
    moved: ['registering', 'register anew', 'report'],
    stop: ['unregistering', 'remove'],
  },
  refreshing: {
    accepted: ['registered', 'keep', 'report'],
    refused: ['refused', 'let go', 'report'],
    failed: ['waiting', 'let go', 'back off', 'report'],
    'flow lost': ['registering', 'register anew', 'report'],
    moved: ['registering', 'register anew', 'report'],
    stop: ['unregistering', 'remove'],
  },
  waiting: {
    'retry due': ['registering', 'register'],
    moved: ['registering', 'register anew'],
    start: ['registering', 'register'],
    stop: ['unregistered', 'let go', 'report'],
  },
  refused: {
    start: ['registering', 'register'],
    stop: ['unregistered', 'report'],
  },
  unregistering: {
    accepted: ['unregistered', 'let go', 'report'],
    refused: ['unregistered', 'let go', 'report'],
    failed: ['unregistered', 'let go', 'report'],
    'flow lost': ['unregistered', 'let go', 'report'],
    start: ['registering', 'register'],
  },
};
