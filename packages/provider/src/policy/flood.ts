import type { Instant } from '@ringdown/sans-io';
import { sourceOf } from './source.ts';
import { TwoGenerations } from './two-generations.ts';

export interface FloodOptions {
  /** Answers that one source may get without ever proving who it is, a second, on average. */
  readonly answersPerSecond: number;
  /** How many of them at once. */
  readonly burst: number;
  /** Over that, how many 503 a second; the rest gets silence. */
  readonly refusalsPerSecond: number;
  /** Sources remembered in each of two generations; a forgotten one begins anew. */
  readonly sources: number;
}

export const floodDefaults: FloodOptions = Object.freeze({
  answersPerSecond: 20_000,
  burst: 40_000,
  refusalsPerSecond: 10,
  sources: 32_768,
});

interface Bucket {
  credit: number;
  refusals: number;
  /** When both were last filled. */
  filledAt: Instant;
}

/** What to do about a request whose sender has not proved who it is. */
export type FloodVerdict = 'answer' | 'refuse' | 'drop';

/**
 * Limits what is not authenticated, per source: each challenge and each refusal takes one credit, and a success gives one
 * back, so that honest load, which is challenged and then succeeds, is not limited at all. UDP sources can be forged; a
 * flood in somebody's name takes the answers that this one could get without credentials, and never those to right
 * credentials.
 */
export class FloodLimit {
  private readonly options: FloodOptions;
  private readonly buckets: TwoGenerations<Bucket>;

  constructor(options: Partial<FloodOptions> = {}) {
    this.options = { ...floodDefaults, ...options };
    this.buckets = new TwoGenerations(this.options.sources);
  }

  /** Takes a credit for one answer to `address`. */
  take(address: string, now: Instant): FloodVerdict {
    const bucket = this.bucketOf(address, now);
    if (bucket.credit >= 1) {
      bucket.credit--;
      return 'answer';
    }
    if (bucket.refusals < 1) return 'drop';
    bucket.refusals--;
    return 'refuse';
  }

  /** Gives a credit back: `address` answered a challenge and was right. */
  giveBack(address: string): void {
    const bucket = this.buckets.get(sourceOf(address));
    if (bucket !== undefined && bucket.credit < this.options.burst) bucket.credit++;
  }

  private bucketOf(address: string, now: Instant): Bucket {
    const source = sourceOf(address);
    const { answersPerSecond, burst, refusalsPerSecond } = this.options;
    const known = this.buckets.get(source);
    if (known === undefined) {
      const bucket = { credit: burst, refusals: refusalsPerSecond, filledAt: now };
      this.buckets.set(source, bucket);
      return bucket;
    }
    const seconds = (now - known.filledAt) / 1000;
    if (seconds > 0) {
      known.credit = Math.min(burst, known.credit + seconds * answersPerSecond);
      known.refusals = Math.min(refusalsPerSecond, known.refusals + seconds * refusalsPerSecond);
      known.filledAt = now;
    }
    return known;
  }
}
