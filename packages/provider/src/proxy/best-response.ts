import { isMalformed, ProxyAuthenticate, type SipResponse, WwwAuthenticate } from '@ringdown/sip';

/** A branch's final answer. Those that we made ourselves, because nobody answered, count less than real ones. */
export interface FinalAnswer {
  readonly status: number;
  /** Undefined where the branch failed here. */
  readonly response: SipResponse | undefined;
  /** The reason phrase of an answer of our own, where the status alone does not say it. */
  readonly reason?: string;
}

/** Within their class these say more than others: what the caller can do about it (RFC 3261 §16.7 step 6). */
const PREFERRED: ReadonlySet<number> = new Set([401, 407, 415, 420, 484]);

/**
 * The best of the final answers (RFC 3261 §16.7 step 6): a 6xx if there is one, else the lowest class; real answers before
 * our own failures, and among one class those that tell the caller what to do.
 */
export const bestAnswer = (answers: readonly FinalAnswer[]): FinalAnswer | undefined => {
  let best: FinalAnswer | undefined;
  for (const answer of answers) if (best === undefined || rank(answer) < rank(best)) best = answer;
  return best;
};

/** Lower is better. */
const rank = ({ status, response }: FinalAnswer): number => {
  const own = response === undefined ? 10_000 : 0;
  if (status >= 600) return own;
  // A 503 is passed on as a 500: any other answer of its class says more.
  const within = PREFERRED.has(status) ? 0 : status === 503 ? 2 : 1;
  return own + Math.floor(status / 100) * 100 + within;
};

/** The challenges of all branches that asked for credentials: the caller has to answer them all (§16.7 step 7). */
export const gatherChallenges = (
  answers: readonly FinalAnswer[],
  chosen: SipResponse,
): (readonly [name: string, value: string])[] => {
  const lines: (readonly [string, string])[] = [];
  for (const { response, status } of answers) {
    if (response === undefined || response === chosen || (status !== 401 && status !== 407)) continue;
    for (const field of [WwwAuthenticate, ProxyAuthenticate]) {
      for (const value of response.texts(field)) if (!isMalformed(value)) lines.push([field.name, value]);
    }
  }
  return lines;
};
