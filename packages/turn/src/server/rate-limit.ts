import type { Instant, Random } from '@ringdown/sans-io';
import { sourceNetwork } from './source-network.ts';

const SECOND_MS = 1_000;
const BUCKETS = 4_096;

/** So much in each second, and no more. */
export class PerSecond {
  readonly #limit: number;
  #since = Number.NEGATIVE_INFINITY;
  #taken = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether there is still so much; then it is taken. */
  take(amount: number, now: Instant): boolean {
    if (now - this.#since >= SECOND_MS) {
      this.#since = now;
      this.#taken = 0;
    }
    if (this.#taken + amount > this.#limit) return false;
    this.#taken += amount;
    return true;
  }
}

/**
 * So many in each second for every source, in memory that does not grow with their number: sources share counters, by a
 * hash that only this process knows. IPv6 sources are networks of 64 bits.
 */
export class PerSource {
  readonly #limit: number;
  readonly #counts = new Uint16Array(BUCKETS);
  readonly #salt: number;
  #since = Number.NEGATIVE_INFINITY;

  constructor(limit: number, random: Random) {
    this.#limit = limit;
    this.#salt = Math.floor(random.fraction() * 2 ** 32);
  }

  take(address: string, now: Instant): boolean {
    if (now - this.#since >= SECOND_MS) {
      this.#since = now;
      this.#counts.fill(0);
    }
    let hash = this.#salt;
    for (const byte of sourceNetwork(address)) hash = Math.imul(hash ^ byte, 0x0100_0193);
    const bucket = ((hash ^ (hash >>> 15)) >>> 0) % BUCKETS;
    if (this.#counts[bucket]! >= this.#limit) return false;
    this.#counts[bucket]!++;
    return true;
  }
}
