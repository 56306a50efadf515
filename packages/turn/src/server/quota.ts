import { sourceNetwork } from './source-network.ts';
import type { TurnLimits } from './turn-server-options.ts';

/** How many allocations there are: in all, of each account, and from each address. */
export class Quota {
  readonly #limits: TurnLimits;
  readonly #users = new Map<string, number>();
  readonly #sources = new Map<string, number>();
  #total = 0;

  constructor(limits: TurnLimits) {
    this.#limits = limits;
  }

  get total(): number {
    return this.#total;
  }

  /** Counts one more. @returns the error code where it may not be (RFC 8656 §7.2). */
  take(user: string, address: string): 486 | 508 | undefined {
    const source = sourceOf(address);
    if (this.#total >= this.#limits.allocations) return 508;
    if ((this.#users.get(user) ?? 0) >= this.#limits.allocationsPerUser) return 486;
    if ((this.#sources.get(source) ?? 0) >= this.#limits.allocationsPerAddress) return 486;
    this.#total++;
    add(this.#users, user, 1);
    add(this.#sources, source, 1);
    return undefined;
  }

  release(user: string, address: string): void {
    this.#total--;
    add(this.#users, user, -1);
    add(this.#sources, sourceOf(address), -1);
  }
}

const add = (counts: Map<string, number>, key: string, more: number): void => {
  const count = (counts.get(key) ?? 0) + more;
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
};

const sourceOf = (address: string): string => sourceNetwork(address).join();
