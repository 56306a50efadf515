import type { ServerAction } from './invite-server.ts';
import type { TimerTable, TransitionTable } from './table.ts';

export type NonInviteServerState = 'trying' | 'proceeding' | 'completed' | 'terminated';
export type NonInviteServerStimulus =
  | 'request'
  | 'send 1xx'
  | 'send 2xx'
  | 'send 300-699'
  | 'timer 100'
  | 'timer F'
  | 'timer J'
  | 'transport error';

/**
 * RFC 3261 §17.2.2, figure 8, as RFC 4320 changes it: no provisional response but the 100 that `timer 100` sends when a
 * client's Timer E has reached T2 (§4.1), and no final one after the client has given up (`timer F`, §4.2).
 */
export const nonInviteServer = {
  trying: {
    'send 2xx': ['completed', 'send'],
    'send 300-699': ['completed', 'send'],
    'timer 100': ['proceeding', 'send 100'],
    'transport error': ['terminated', 'report transport error'],
  },
  proceeding: {
    request: ['proceeding', 'send again'],
    'send 2xx': ['completed', 'send'],
    'send 300-699': ['completed', 'send'],
    'timer F': ['terminated', 'report timeout'],
    'transport error': ['terminated', 'report transport error'],
  },
  completed: {
    request: ['completed', 'send again'],
    'timer J': ['terminated'],
    'transport error': ['terminated', 'report transport error'],
  },
  terminated: {},
} as const satisfies TransitionTable<NonInviteServerState, NonInviteServerStimulus, ServerAction>;

export const nonInviteServerTimers = {
  trying: ['timer 100', 'timer F'],
  proceeding: ['timer F'],
  completed: ['timer J'],
  terminated: [],
} as const satisfies TimerTable<NonInviteServerState, NonInviteServerStimulus>;
