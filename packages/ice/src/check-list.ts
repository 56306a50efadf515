import { canPair } from './address.ts';
import type { LocalCandidate } from './candidate.ts';
import { byPriority, CandidatePair, pairId } from './candidate-pair.ts';
import type { RemoteCandidate } from './remote-candidates.ts';
import type { IceRole } from './role.ts';

/**
 * Triggered checks come first, but after so many the others have a turn: a peer whose NAT sends each check from another port
 * triggers one with each, without end, and the path that works might never be tried.
 */
const MOST_TRIGGERED_IN_A_ROW = 3;

/** The pairs of one data stream and the order in which they are checked (RFC 8445 §6.1.2, §6.1.4). */
export class CheckList {
  readonly #limit: number;
  readonly #changed: (pair: CandidatePair) => void;
  readonly #byId = new Map<string, CandidatePair>();
  #pairs: CandidatePair[] = [];
  #triggered: CandidatePair[] = [];
  #inARow = 0;
  /** Whether pairs have come whose first state is not computed. */
  #unsettled = false;

  /** @param changed told of every pair that is new or has another state */
  constructor(limit: number, changed: (pair: CandidatePair) => void) {
    this.#limit = limit;
    this.#changed = changed;
  }

  /** The best first. */
  get pairs(): readonly CandidatePair[] {
    return this.#pairs;
  }

  of(component: number): readonly CandidatePair[] {
    return this.#pairs.filter((pair) => pair.component === component);
  }

  find(baseId: string, remote: RemoteCandidate): CandidatePair | undefined {
    return this.#byId.get(pairId(baseId, remote));
  }

  /** Whether every pair with it has failed, or is gone. */
  hasFailed(remote: RemoteCandidate): boolean {
    return this.#pairs.every((pair) => pair.remote !== remote || pair.state === 'failed');
  }

  /**
   * Pairs a host or relayed candidate with one of the peer's. Reflexive ones are left to their bases: a pair of theirs would
   * be pruned (§6.1.2.4).
   *
   * @returns undefined where they cannot be a pair, are one already, or where the list is full of better ones (§6.1.2.5)
   */
  add(own: LocalCandidate, remote: RemoteCandidate, role: IceRole): CandidatePair | undefined {
    if (own.component !== remote.candidate.component) return undefined;
    if (!canPair(own.address, remote.candidate.address) || this.find(own.base.id, remote)) return undefined;
    const pair = new CandidatePair(own, remote);
    pair.rank(role);
    if (this.#pairs.length >= this.#limit && !this.#makeRoom(pair)) return undefined;
    this.#byId.set(pair.id, pair);
    this.#pairs.push(pair);
    this.#pairs.sort(byPriority);
    this.#unsettled = true;
    this.#changed(pair);
    return pair;
  }

  /** Takes a pair out: its base is gone, or it has to make room. */
  remove(pair: CandidatePair): void {
    this.#byId.delete(pair.id);
    this.#pairs = this.#pairs.filter((one) => one !== pair);
    this.#triggered = this.#triggered.filter((one) => one !== pair);
    pair.cancelCheck();
  }

  /** Sorts anew: the role has changed, or what is known of a candidate. */
  rank(role: IceRole): void {
    for (const pair of this.#pairs) pair.rank(role);
    this.#pairs.sort(byPriority);
  }

  /** Puts a pair into the triggered-check queue (§7.3.1.4). */
  trigger(pair: CandidatePair, why: string): void {
    pair.cancelCheck();
    pair.spare = false;
    if (pair.move('trigger', why)) this.#changed(pair);
    if (!this.#triggered.includes(pair)) this.#triggered.push(pair);
  }

  /** The pair to check next (§6.1.4.2); undefined where none may be checked. */
  next(): CandidatePair | undefined {
    this.#settle();
    const isOthersTurn = this.#inARow >= MOST_TRIGGERED_IN_A_ROW;
    const ordinary =
      isOthersTurn || this.#triggered.length === 0 ? (this.#waiting() ?? this.#unfreeze()) : undefined;
    if (ordinary === undefined && this.#triggered.length > 0) {
      this.#inARow++;
      return this.#triggered.shift();
    }
    this.#inARow = 0;
    return ordinary;
  }

  /** A check has succeeded: others of its foundation are no longer frozen (§7.2.5.3.3). */
  unfreeze(foundation: string): void {
    for (const pair of this.#pairs) {
      if (pair.foundation === foundation) this.#move(pair, 'a pair of its foundation has succeeded');
    }
  }

  /** What has not been checked will not be: the component has its pair (§8.1.2), or the session is over. */
  conclude(component: number, why: string, keeps: (pair: CandidatePair) => boolean): void {
    for (const pair of this.of(component)) {
      if (keeps(pair)) continue;
      this.#triggered = this.#triggered.filter((one) => one !== pair);
      if (!pair.open) continue;
      pair.spare = true;
      if (pair.state === 'in-progress') pair.check?.transaction?.stopRetransmitting();
      else this.fail(pair, why);
    }
  }

  /** The pair in use is dead, or may be: those that are valid are checked again, and those that never were checked at all. */
  revive(component: number): void {
    const all = this.of(component);
    for (const pair of all) if (pair.valid) this.trigger(pair, pair.why);
    for (const pair of all) if (!pair.valid && pair.spare) this.trigger(pair, 'the pair in use is silent');
  }

  fail(pair: CandidatePair, why: string): void {
    if (pair.move('fail', why)) this.#changed(pair);
  }

  #waiting(): CandidatePair | undefined {
    return this.#pairs.find((pair) => pair.state === 'waiting' && !this.#triggered.includes(pair));
  }

  /** §6.1.2.6 step 4: of each foundation with nothing under way one pair may go, the lowest component's best. */
  #settle(): void {
    if (!this.#unsettled) return;
    this.#unsettled = false;
    const going = new Set<string>();
    const succeeded = new Set<string>();
    for (const pair of this.#pairs) {
      if (pair.state === 'waiting' || pair.state === 'in-progress') going.add(pair.foundation);
      if (pair.state === 'succeeded') succeeded.add(pair.foundation);
    }
    const ordered = [...this.#pairs].sort((left, right) => left.component - right.component);
    for (const pair of ordered) {
      if (pair.state !== 'frozen') continue;
      const { foundation } = pair;
      if (succeeded.has(foundation)) this.#move(pair, 'a pair of its foundation has succeeded');
      else if (!going.has(foundation)) this.#move(pair, 'the first of its foundation');
      going.add(foundation);
    }
  }

  /** §6.1.4.2 step 2: where nothing of a foundation is under way any more, the next one may go. */
  #unfreeze(): CandidatePair | undefined {
    const going = new Set<string>();
    for (const pair of this.#pairs) {
      if (pair.state === 'waiting' || pair.state === 'in-progress') going.add(pair.foundation);
    }
    for (const pair of this.#pairs) {
      if (pair.state !== 'frozen' || going.has(pair.foundation)) continue;
      going.add(pair.foundation);
      this.#move(pair, 'nothing of its foundation is being checked');
    }
    return this.#waiting();
  }

  #move(pair: CandidatePair, why: string): void {
    if (pair.move('unfreeze', why)) this.#changed(pair);
  }

  /** Failed pairs go first, then the worst that nobody has checked. */
  #makeRoom(newcomer: CandidatePair): boolean {
    const worstFirst = [...this.#pairs].reverse();
    const victim =
      worstFirst.find((pair) => pair.state === 'failed') ??
      worstFirst.find(
        (pair) => (pair.state === 'frozen' || pair.state === 'waiting') && pair.priority < newcomer.priority,
      );
    if (victim === undefined) return false;
    this.fail(victim, 'there are too many pairs, and better ones');
    this.remove(victim);
    return true;
  }
}
