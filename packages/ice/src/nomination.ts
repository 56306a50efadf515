import { byPreference, type CandidatePair } from './candidate-pair.ts';

/**
 * When the controlling agent nominates (RFC 8445 §8.1.1 leaves it open). Data goes over the best valid pair all the while
 * (§12.1), so that waiting costs a peer that does the same nothing.
 *
 * - The best valid pair is nominated at once when no better one can come any more: each has failed, and both agents have told
 *   all of their candidates.
 * - A valid direct pair waits for better ones two of its round trips, at least 100 ms and at most `directWaitMs`.
 * - A valid relayed pair waits until each direct pair has been checked `directSends` times (which takes 1.5 s: two may be
 *   lost, and both ends of a path through two NATs have sent) and two round trips of the valid pair, at least
 *   `directAnswerMs`, have passed since the last of these; but never longer than `relayWaitMs` in all, so a peer that never
 *   says that its candidates have ended is not waited for. A direct pair on which a check of the peer's has come through works,
 *   if packets are not lost, and is waited for as long as that.
 *
 * A peer-reflexive candidate of a peer that is still telling may turn out to be a relay's, and is waited with as if it were.
 */
export interface NominationPolicy {
  /** How often a check of a better pair has to have been sent before a relayed pair is nominated without waiting for it. */
  readonly directSends: number;
  /** How long after the last of these an answer is waited for at least; two round trips of the valid pair if that is more. */
  readonly directAnswerMs: number;
  /** The longest that a valid relayed pair waits for direct ones, whatever goes on. */
  readonly relayWaitMs: number;
  /** The longest that a valid direct pair waits for better ones; less where two of its round trips are less. */
  readonly directWaitMs: number;
}

export const defaultNomination: NominationPolicy = Object.freeze({
  directSends: 3,
  directAnswerMs: 500,
  relayWaitMs: 5_000,
  directWaitMs: 500,
});

const SHORTEST_WAIT_MS = 100;

export type NominationDecision =
  | { readonly kind: 'nominate'; readonly pair: CandidatePair }
  /** Look again by then at the latest, and whenever a check is sent or ends. */
  | { readonly kind: 'wait'; readonly waitMs: number }
  | { readonly kind: 'nothing valid' };

/**
 * Decides for one component.
 *
 * @param pairs all of the component's
 * @param complete whether neither agent can have more candidates
 */
export const decideNomination = (
  pairs: readonly CandidatePair[],
  complete: boolean,
  policy: NominationPolicy,
  now: number,
): NominationDecision => {
  const valid = pairs.filter((pair) => pair.valid).sort(byPreference);
  const best = valid[0];
  if (best === undefined) return { kind: 'nothing valid' };
  const rivals = pairs.filter((pair) => pair.open && byPreference(pair, best) < 0);
  if (complete && rivals.length === 0) return { kind: 'nominate', pair: best };
  const mayBeRelayed = best.relayed || (!best.remote.signalled && !complete);
  const waitMs = mayBeRelayed
    ? relayedWait(valid, rivals, complete, policy, now)
    : directWait(valid, policy, now);
  return waitMs > 0 ? { kind: 'wait', waitMs } : { kind: 'nominate', pair: best };
};

const directWait = (valid: readonly CandidatePair[], policy: NominationPolicy, now: number): number => {
  const direct = valid.filter((pair) => !pair.relayed);
  return (
    firstValid(direct) + Math.min(policy.directWaitMs, Math.max(SHORTEST_WAIT_MS, twoTrips(valid))) - now
  );
};

const relayedWait = (
  valid: readonly CandidatePair[],
  rivals: readonly CandidatePair[],
  complete: boolean,
  policy: NominationPolicy,
  now: number,
): number => {
  const limitMs = firstValid(valid) + policy.relayWaitMs - now;
  if (!complete || rivals.some((pair) => pair.heard || pair.sends < policy.directSends)) return limitMs;
  const answerMs = Math.max(policy.directAnswerMs, twoTrips(valid));
  const lastSent = Math.max(...rivals.map((pair) => pair.lastSentAt));
  return Math.min(limitMs, lastSent + answerMs - now);
};

const firstValid = (valid: readonly CandidatePair[]): number =>
  Math.min(...valid.map((pair) => pair.validSince ?? Number.POSITIVE_INFINITY));

const twoTrips = ([best]: readonly CandidatePair[]): number => 2 * (best?.roundTripMs ?? 0);
