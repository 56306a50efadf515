import type { ClientAction } from './invite-client.ts';
import type { TimerTable, TransitionTable } from './table.ts';

export type NonInviteClientState = 'trying' | 'proceeding' | 'completed' | 'terminated';
export type NonInviteClientStimulus =
  | '1xx'
  | '2xx'
  | '300-699'
  | 'timer E'
  | 'timer F'
  | 'timer K'
  | 'transport error';

/** RFC 3261 §17.1.2, figure 6. */
export const nonInviteClient = {
  trying: {
    '1xx': ['proceeding', 'pass up'],
    '2xx': ['completed', 'pass up'],
    '300-699': ['completed', 'pass up'],
    'timer E': ['trying', 'retransmit'],
    'timer F': ['terminated', 'report timeout'],
    'transport error': ['terminated', 'report transport error'],
  },
  proceeding: {
    '1xx': ['proceeding', 'pass up'],
    '2xx': ['completed', 'pass up'],
    '300-699': ['completed', 'pass up'],
    'timer E': ['proceeding', 'retransmit'],
    'timer F': ['terminated', 'report timeout'],
    'transport error': ['terminated', 'report transport error'],
  },
  completed: {
    'timer K': ['terminated'],
  },
  terminated: {},
} as const satisfies TransitionTable<NonInviteClientState, NonInviteClientStimulus, ClientAction>;

export const nonInviteClientTimers = {
  trying: ['timer E', 'timer F'],
  proceeding: ['timer E', 'timer F'],
  completed: ['timer K'],
  terminated: [],
} as const satisfies TimerTable<NonInviteClientState, NonInviteClientStimulus>;
