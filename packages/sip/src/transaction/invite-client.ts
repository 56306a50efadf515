import type { TimerTable, TransitionTable } from './table.ts';

export type InviteClientState = 'calling' | 'proceeding' | 'completed' | 'accepted' | 'terminated';
export type InviteClientStimulus =
  | '1xx'
  | '2xx'
  | '300-699'
  | 'timer A'
  | 'timer B'
  | 'timer D'
  | 'timer M'
  | 'transport error';
export type ClientAction =
  | 'pass up'
  | 'acknowledge'
  | 'retransmit'
  | 'report timeout'
  | 'report transport error';

/** RFC 3261 §17.1.1, figure 5, as RFC 6026 §8.4 changes it. */
export const inviteClient = {
  calling: {
    '1xx': ['proceeding', 'pass up'],
    '2xx': ['accepted', 'pass up'],
    '300-699': ['completed', 'acknowledge', 'pass up'],
    'timer A': ['calling', 'retransmit'],
    'timer B': ['terminated', 'report timeout'],
    'transport error': ['terminated', 'report transport error'],
  },
  proceeding: {
    '1xx': ['proceeding', 'pass up'],
    '2xx': ['accepted', 'pass up'],
    '300-699': ['completed', 'acknowledge', 'pass up'],
    'transport error': ['terminated', 'report transport error'],
  },
  completed: {
    '300-699': ['completed', 'acknowledge'],
    'timer D': ['terminated'],
    'transport error': ['terminated'],
  },
  accepted: {
    '2xx': ['accepted', 'pass up'],
    'timer M': ['terminated'],
  },
  terminated: {},
} as const satisfies TransitionTable<InviteClientState, InviteClientStimulus, ClientAction>;

export const inviteClientTimers = {
  calling: ['timer A', 'timer B'],
  proceeding: [],
  completed: ['timer D'],
  accepted: ['timer M'],
  terminated: [],
} as const satisfies TimerTable<InviteClientState, InviteClientStimulus>;
