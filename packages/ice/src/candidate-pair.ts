import type { ClientTransaction } from '@ringdown/stun';
import { addressKey } from './address.ts';
import type { LocalCandidate } from './candidate.ts';
import type { PairReport } from './output.ts';
import { nextPairState, type PairState, type PairStimulus } from './pair-state.ts';
import { pairPriority } from './priority.ts';
import type { RemoteCandidate } from './remote-candidates.ts';
import type { IceRole, RoleClaim } from './role.ts';

/** One check that is under way, or was. */
export interface RunningCheck {
  readonly claim: RoleClaim;
  readonly nominates: boolean;
  readonly priority: number;
  sentAt: number;
  sends: number;
  transaction: ClientTransaction | undefined;
}

/**
 * A local base and a remote candidate (RFC 8445 §6.1.2.2). The valid pair that a check of it constructs (§7.2.5.3.2) has the
 * same base and the same remote candidate always, so that it is this object, with another local candidate.
 */
export class CandidatePair {
  readonly id: string;
  readonly remote: RemoteCandidate;
  /** Host or relayed: what checks are sent from. */
  readonly own: LocalCandidate;
  local: LocalCandidate;
  priority = 0n;
  state: PairState = 'frozen';
  why = 'waits for another pair of its foundation';
  /** Since when it is in the valid list; undefined where it is not. */
  validSince: number | undefined = undefined;
  nominated = false;
  /** A check of the peer's has come through, so ours probably will. */
  heard = false;
  /** Nobody has found out whether it works: another pair was selected before. */
  spare = false;
  /** Controlling: its next check nominates. */
  nominating = false;
  /** Controlled: the peer has nominated it, and its own check is awaited (RFC 8445 §7.3.1.5). */
  awaited = false;
  roundTripMs: number | undefined = undefined;
  check: RunningCheck | undefined = undefined;
  /** How often its checks have been sent, all in all, and when last. */
  sends = 0;
  lastSentAt = 0;

  constructor(own: LocalCandidate, remote: RemoteCandidate) {
    this.own = own;
    this.local = own;
    this.remote = remote;
    this.id = pairId(own.base.id, remote);
  }

  get component(): number {
    return this.own.component;
  }

  get valid(): boolean {
    return this.validSince !== undefined;
  }

  get foundation(): string {
    return `${this.own.foundation}:${this.remote.candidate.foundation}`;
  }

  /** Whether no check of it has ended and one may still. */
  get open(): boolean {
    return this.state === 'frozen' || this.state === 'waiting' || this.state === 'in-progress';
  }

  /** Whether a relay stands on its way, as far as is known. */
  get relayed(): boolean {
    return this.own.type === 'relay' || this.remote.candidate.type === 'relay';
  }

  rank(role: IceRole): void {
    const [ours, theirs] = [this.local.priority, this.remote.candidate.priority];
    this.priority = role === 'controlling' ? pairPriority(ours, theirs) : pairPriority(theirs, ours);
  }

  /** Moves it; @returns whether anything changed. */
  move(stimulus: PairStimulus, why: string): boolean {
    const next = nextPairState(this.state, stimulus);
    if (next === undefined || (next === this.state && why === this.why)) return false;
    this.state = next;
    this.why = why;
    return true;
  }

  /** Stops sending the check that runs, whose answer still counts (RFC 8445 §7.3.1.4). */
  cancelCheck(): void {
    this.check?.transaction?.stopRetransmitting();
    this.check = undefined;
  }

  report(): PairReport {
    return {
      id: this.id,
      component: this.component,
      local: this.local,
      remote: this.remote.candidate,
      priority: this.priority,
      state: this.state,
      valid: this.valid,
      nominated: this.nominated,
      relayed: this.relayed,
      roundTripMs: this.roundTripMs,
      why: this.why,
    };
  }
}

export const pairId = (baseId: string, { candidate }: RemoteCandidate): string =>
  `${baseId} ${addressKey(candidate)}`;

/** The better one first: direct before relayed, then by priority. */
export const byPreference = (left: CandidatePair, right: CandidatePair): number => {
  if (left.relayed !== right.relayed) return left.relayed ? 1 : -1;
  return byPriority(left, right);
};

export const byPriority = (left: CandidatePair, right: CandidatePair): number => {
  if (left.priority !== right.priority) return left.priority > right.priority ? -1 : 1;
  return left.component - right.component;
};
