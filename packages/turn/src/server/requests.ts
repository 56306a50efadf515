import type { Clock, Instant, Random, Timers } from '@ringdown/sans-io';
import type { Authenticated, MessageWriter, StunMessage, TransportAddress } from '@ringdown/stun';
import type { Allocation, AllocationPorts } from './allocation.ts';
import type { Allocations } from './allocations.ts';
import type { PeerPolicy } from './peer-policy.ts';
import type { RelaySockets, TurnClientPath, TurnUser } from './ports.ts';
import type { Quota } from './quota.ts';
import type { RelayOpener } from './relay-opener.ts';
import type { Reservations } from './reservations.ts';
import type { SettledOptions } from './turn-server-options.ts';

/** A request whose maker is known, and whose attributes are. */
export interface TurnRequest {
  readonly message: StunMessage;
  readonly client: TurnClientPath;
  readonly credential: Authenticated<TurnUser>;
  readonly now: Instant;
}

/** What is said to a request. */
export type Verdict =
  | {
      readonly kind: 'success';
      readonly answer: MessageWriter;
      /** Told the bytes before they are sent. */
      readonly ready?: (bytes: Uint8Array) => void;
      /** Called when they have been sent. */
      readonly sent?: () => void;
    }
  | Refused
  /** It is answered when something has opened: by `TurnDesk.answer`. */
  | { readonly kind: 'later' }
  /** Somebody is at it already. */
  | { readonly kind: 'silence' };

export interface Refused {
  readonly kind: 'refused';
  readonly code: number;
  readonly why: string;
  /** Where it is about a peer that may not be reached. */
  readonly denied?: { readonly peer: TransportAddress; readonly rule: string };
}

export const refused = (code: number, why: string): Refused => ({ kind: 'refused', code, why });

export const SILENCE: Verdict = Object.freeze({ kind: 'silence' });
export const LATER: Verdict = Object.freeze({ kind: 'later' });

/** What the handlers of requests work with. */
export interface TurnDesk {
  readonly options: SettledOptions;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly relays: RelaySockets;
  readonly allocationPorts: AllocationPorts;
  readonly allocations: Allocations;
  readonly policy: PeerPolicy;
  readonly quota: Quota;
  readonly opener: RelayOpener;
  readonly reservations: Reservations;
  /** An allocation lives; its answer is kept for the same request again. */
  started(allocation: Allocation, answer: Uint8Array): void;
  /** Says something to a request whose verdict was `later`. */
  answer(request: TurnRequest, verdict: Verdict): void;
}

/** What is done with a request about an allocation that is there, and its maker's. */
export type AllocationHandler = (request: TurnRequest, allocation: Allocation, desk: TurnDesk) => Verdict;

/** Finds the allocation that a request is about: 437 without one, 441 for that of another (RFC 8656 §5). */
export const withAllocation = (request: TurnRequest, desk: TurnDesk, handler: AllocationHandler): Verdict => {
  const allocation = desk.allocations.of(request.client);
  if (allocation === undefined || allocation.answer === undefined)
    return refused(437, 'there is no allocation');
  if (allocation.user.name !== request.credential.user.name)
    return refused(441, 'the allocation is of another user');
  return handler(request, allocation, desk);
};
