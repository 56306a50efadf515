import type { TimerTable, TransitionTable } from './table.ts';

export type InviteServerState = 'proceeding' | 'completed' | 'confirmed' | 'accepted' | 'terminated';
export type InviteServerStimulus =
  | 'request'
  | 'ACK'
  | 'send 1xx'
  | 'send 2xx'
  | 'send 300-699'
  | 'timer 100'
  | 'timer G'
  | 'timer H'
  | 'timer I'
  | 'timer L'
  | 'transport error';
export type ServerAction =
  | 'send'
  | 'send again'
  | 'send 100'
  | 'pass up'
  | 'report timeout'
  | 'report transport error';

/**
 * RFC 3261 §17.2.1, figure 7, as RFC 6026 §8.5 changes it. `timer 100` sends the 100 when nobody else answered within
 * 200 ms. RFC 6026 §7.1: transport errors no longer end a transaction that has answered.
 */
export const inviteServer = {
  proceeding: {
    request: ['proceeding', 'send again'],
    'send 1xx': ['proceeding', 'send'],
    'send 2xx': ['accepted', 'send'],
    'send 300-699': ['completed', 'send'],
    'timer 100': ['proceeding', 'send 100'],
    'transport error': ['proceeding', 'report transport error'],
  },
  completed: {
    request: ['completed', 'send again'],
    ACK: ['confirmed'],
    'timer G': ['completed', 'send again'],
    'timer H': ['terminated', 'report timeout'],
    'transport error': ['completed', 'report transport error'],
  },
  confirmed: {
    'timer I': ['terminated'],
  },
  accepted: {
    ACK: ['accepted', 'pass up'],
    'send 2xx': ['accepted', 'send'],
    'timer L': ['terminated'],
    'transport error': ['accepted', 'report transport error'],
  },
  terminated: {},
} as const satisfies TransitionTable<InviteServerState, InviteServerStimulus, ServerAction>;

export const inviteServerTimers = {
  proceeding: ['timer 100'],
  completed: ['timer G', 'timer H'],
  confirmed: ['timer I'],
  accepted: ['timer L'],
  terminated: [],
} as const satisfies TimerTable<InviteServerState, InviteServerStimulus>;
