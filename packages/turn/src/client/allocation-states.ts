/** Where a client stands with its allocation (RFC 8656 §6). */
export type AllocationState =
  | 'idle'
  | 'connecting'
  | 'allocating'
  | 'leaving'
  | 'allocated'
  | 'releasing'
  | 'closed';

export type AllocationStimulus =
  | 'allocate'
  | 'connected'
  | 'granted'
  | 'redirected'
  | 'address taken'
  | 'refused'
  | 'server lost'
  | 'refresh due'
  | 'refreshed'
  | 'expired'
  | 'close'
  | 'released';

export type AllocationAction =
  | 'connect'
  | 'ask for an allocation'
  | 'report the allocation'
  | 'schedule the refresh'
  | 'refresh'
  | 'wait a moment'
  | 'forget the peers'
  | 'release'
  | 'disconnect'
  | 'report the failure'
  | 'report the loss'
  | 'report the end';

/** For each state and stimulus the next state, then what is done on the way; what a state does not list is ignored there. */
type AllocationTable = Readonly<
  Record<
    AllocationState,
    Readonly<
      Partial<
        Record<AllocationStimulus, readonly [next: AllocationState, ...actions: readonly AllocationAction[]]>
      >
    >
  >
>;

/**
 * The life of one allocation (RFC 8656 §7, §8). `leaving` is closing before the server has answered: what it grants late
 * is given back, so that nothing of ours stays there for ten minutes.
 */
export const allocationStates = {
  idle: {
    allocate: ['connecting', 'connect'],
    close: ['closed', 'report the end'],
  },
  connecting: {
    connected: ['allocating', 'ask for an allocation'],
    'server lost': ['closed', 'disconnect', 'report the failure'],
    close: ['closed', 'disconnect', 'report the end'],
  },
  allocating: {
    granted: ['allocated', 'schedule the refresh', 'report the allocation'],
    redirected: ['connecting', 'disconnect', 'connect'],
    'address taken': ['connecting', 'disconnect', 'connect'],
    refused: ['closed', 'disconnect', 'report the failure'],
    'server lost': ['closed', 'disconnect', 'report the failure'],
    close: ['leaving', 'wait a moment'],
  },
  leaving: {
    granted: ['releasing', 'release'],
    released: ['closed', 'disconnect', 'report the end'],
    redirected: ['closed', 'disconnect', 'report the end'],
    'address taken': ['closed', 'disconnect', 'report the end'],
    refused: ['closed', 'disconnect', 'report the end'],
    'server lost': ['closed', 'disconnect', 'report the end'],
  },
  allocated: {
    'refresh due': ['allocated', 'refresh'],
    refreshed: ['allocated', 'schedule the refresh'],
    refused: ['closed', 'forget the peers', 'disconnect', 'report the loss'],
    expired: ['closed', 'forget the peers', 'disconnect', 'report the loss'],
    'server lost': ['closed', 'forget the peers', 'disconnect', 'report the loss'],
    close: ['releasing', 'wait a moment', 'forget the peers', 'release'],
  },
  releasing: {
    released: ['closed', 'disconnect', 'report the end'],
    'server lost': ['closed', 'disconnect', 'report the end'],
  },
  closed: {},
} as const satisfies AllocationTable;

/** The table, to be run. */
export const allocationTable: AllocationTable = allocationStates;
