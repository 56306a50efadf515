import type { TransportAddress } from '@ringdown/stun';
import type { Candidate, LocalCandidate } from './candidate.ts';
import type { PairState } from './pair-state.ts';
import type { IceRole } from './role.ts';

/**
 * - `new`: the peer's parameters are not known.
 * - `checking`: no pair for each component is valid yet.
 * - `connected`: each component has a valid pair, so data may be sent (RFC 8445 §12.1), and none is nominated for some.
 * - `completed`: each component has its selected pair.
 * - `disconnected`: a pair in use does not answer any more; others are tried, data may go on until `lost`.
 * - `failed`: nothing works; ends only with a restart, or with a check of the peer's that gets through after all.
 * - `closed`: by {@link IceAgent.close}.
 */
export type IceState = 'new' | 'checking' | 'connected' | 'completed' | 'disconnected' | 'failed' | 'closed';

/** A candidate pair, as it is at one moment. */
export interface PairReport {
  /** The base's id and the remote address: the same for as long as the pair lives. */
  readonly id: string;
  readonly component: number;
  /** Once it is valid, the candidate that the peer sees: often reflexive (RFC 8445 §7.2.5.3.2). */
  readonly local: LocalCandidate;
  readonly remote: Candidate;
  readonly priority: bigint;
  readonly state: PairState;
  /** Its check was answered, and it has not failed since. */
  readonly valid: boolean;
  readonly nominated: boolean;
  /** Whether a relay stands on its way, as far as the peer has told. */
  readonly relayed: boolean;
  /** How long the last check took. */
  readonly roundTripMs: number | undefined;
  /** Why it is in its state: of a failed one, what went wrong. */
  readonly why: string;
}

/** What an agent wants done, or tells. `deliver` gets them one by one and must not call the agent. */
export type IceOutput =
  /** To be sent from a base. */
  | {
      readonly kind: 'transmit';
      readonly base: string;
      readonly to: TransportAddress;
      readonly bytes: Uint8Array;
    }
  /** To be told to the peer, now (trickle) or together with the others; it bears its ufrag. */
  | { readonly kind: 'candidate'; readonly candidate: LocalCandidate }
  /** No more candidates will come for this ufrag: end-of-candidates (RFC 8838 §13). */
  | { readonly kind: 'gathered'; readonly ufrag: string }
  /** A server did not answer, or a base gave no reflexive candidate: for people who look for a reason. */
  | {
      readonly kind: 'gathering-failed';
      readonly base: string;
      readonly server: TransportAddress;
      readonly why: string;
    }
  /** A candidate of the peer's that no pair is made with. */
  | { readonly kind: 'ignored'; readonly candidate: Candidate; readonly why: string }
  /** A name to be looked up; {@link IceAgent.resolved} takes the answer. */
  | { readonly kind: 'resolve'; readonly name: string }
  /** A pair is new, or something about it has changed. */
  | { readonly kind: 'pair'; readonly pair: PairReport }
  /** Data may be sent on this pair already, until one is selected (RFC 8445 §12.1). Told again when a better one is valid. */
  | { readonly kind: 'usable'; readonly component: number; readonly pair: PairReport }
  /** Data is sent on this pair from now on. Told again when another one takes its place. */
  | { readonly kind: 'selected'; readonly component: number; readonly pair: PairReport; readonly why: string }
  /** Nothing may be sent for this component any more (RFC 7675 §5.1), until a pair is usable or selected again. */
  | { readonly kind: 'lost'; readonly component: number; readonly why: string }
  /** The selected pair is dead and no other is alive: both agents should restart, over signalling. */
  | { readonly kind: 'restart-wanted'; readonly why: string }
  /** A conflict has changed it (RFC 8445 §7.3.1.1). */
  | { readonly kind: 'role'; readonly role: IceRole }
  | { readonly kind: 'state'; readonly state: IceState; readonly why: string };
