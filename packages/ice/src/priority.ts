import type { CandidateType } from './candidate.ts';

/** RFC 8445 §5.1.2.2. */
const TYPE_PREFERENCES: Readonly<Record<CandidateType, number>> = {
  host: 126,
  prflx: 110,
  srflx: 100,
  relay: 0,
};

export const HIGHEST_LOCAL_PREFERENCE = 65_535;

/** RFC 8445 §5.1.2.1. At least 1, as §5.1.2 wants it. */
export const candidatePriority = (type: CandidateType, localPreference: number, component: number): number =>
  Math.max(1, TYPE_PREFERENCES[type] * 2 ** 24 + localPreference * 2 ** 8 + (256 - component));

/** RFC 8445 §6.1.2.3, of the candidates that the controlling and the controlled agent gave. */
export const pairPriority = (controlling: number, controlled: number): bigint => {
  const smaller = BigInt(Math.min(controlling, controlled));
  const larger = BigInt(Math.max(controlling, controlled));
  return (smaller << 32n) + 2n * larger + (controlling > controlled ? 1n : 0n);
};
