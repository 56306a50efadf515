import type { Random } from '@ringdown/sans-io';
import { MinExpires, type SipResponse } from '@ringdown/sip';

/** RFC 5626 §4.5, with no other flow: base-time and max-time. */
const BASE_MS = 30_000;
const MAX_MS = 1_800_000;

/** How long to wait after a number of failures in a row (RFC 5626 §4.5): half of it is sure, the rest is chance. */
export const backOffMs = (failures: number, random: Random): number => {
  if (failures === 0) return 0;
  const upper = Math.min(MAX_MS, BASE_MS * 2 ** failures);
  return Math.round(upper * (0.5 + random.fraction() / 2));
};

/** When to refresh what a server forgets after a time: well before the end, so that a try that fails can be repeated. */
export const refreshAfterMs = (seconds: number): number =>
  Math.min(MOST_MS, Math.max(LEAST_MS, (seconds - Math.min(600, seconds / 2)) * 1000));

/** How long is asked for. A server that finds it too brief says what it wants (423, RFC 3261 §10.2.8): that is asked for instead. */
export class AskedTime {
  #seconds: number;
  #raised = 0;

  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  get seconds(): number {
    return this.#seconds;
  }

  /** It is granted, or given up for now. */
  settled(): void {
    this.#raised = 0;
  }

  /** @returns whether it may be asked for anew at once: a server that always wants more is not asked for ever */
  raise(response: SipResponse): boolean {
    const minimum = response.get(MinExpires);
    if (response.status !== 423 || minimum === undefined || minimum <= this.#seconds) return false;
    this.#seconds = minimum;
    return ++this.#raised <= MAX_RAISED;
  }
}

/** How many on the way may each want more than the one before. */
const MAX_RAISED = 4;

/** Of a second the half: who grants less would have us do nothing else. */
const LEAST_MS = 500;

/** Longer ones do no good, and do not fit into every timer. */
const MOST_MS = 86_400_000;

/** Refusals that another try changes nothing about: somebody has to. */
export const isForGood = (status: number): boolean => FOR_GOOD.has(status);

const FOR_GOOD: ReadonlySet<number> = new Set([
  400, 401, 403, 404, 405, 407, 410, 413, 415, 416, 420, 484, 489, 501, 505, 603, 604,
]);
