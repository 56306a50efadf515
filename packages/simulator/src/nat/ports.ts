import type { Random, SocketAddress } from '@ringdown/sans-io';
import type { NatBehaviour } from './behaviour.ts';

type PortRules = Pick<NatBehaviour, 'portPreservation' | 'portParity' | 'portRange' | 'pooling'>;

/** Chooses where outside a new mapping stands: an address of the pool and a free port (RFC 4787 §4.1–4.3). */
export class PortChoice {
  readonly #rules: PortRules;
  readonly #random: Random;
  readonly #pairs = new Map<string, { readonly address: string; mappings: number }>();

  constructor(rules: PortRules, random: Random) {
    this.#rules = rules;
    this.#random = random;
  }

  /** Undefined when every port that would do is taken. */
  take(
    internal: SocketAddress,
    pool: readonly string[],
    isTaken: (external: SocketAddress) => boolean,
  ): SocketAddress | undefined {
    const pair = this.#rules.pooling === 'paired' ? this.#pairs.get(internal.address) : undefined;
    const addresses = pair === undefined ? this.#shuffled(pool) : [pair.address];
    for (const address of addresses) {
      const port = this.#freePort(internal.port, (candidate) => isTaken({ address, port: candidate }));
      if (port === undefined) continue;
      if (pair !== undefined) pair.mappings++;
      else if (this.#rules.pooling === 'paired') this.#pairs.set(internal.address, { address, mappings: 1 });
      return { address, port };
    }
    return undefined;
  }

  /** A mapping of this host inside is gone; with the last one its pair dissolves. */
  giveBack(internal: SocketAddress): void {
    const pair = this.#pairs.get(internal.address);
    if (pair !== undefined && --pair.mappings === 0) this.#pairs.delete(internal.address);
  }

  #shuffled(pool: readonly string[]): readonly string[] {
    if (pool.length < 2) return pool;
    const start = Math.floor(this.#random.fraction() * pool.length);
    return [...pool.slice(start), ...pool.slice(0, start)];
  }

  #freePort(wanted: number, isTaken: (port: number) => boolean): number | undefined {
    const { portPreservation, portParity, portRange } = this.#rules;
    const [first, last] = portRange;
    const isWithin = wanted >= first && wanted <= last;
    if (portPreservation && isWithin && !isTaken(wanted)) return wanted;
    const count = last - first + 1;
    const start = Math.floor(this.#random.fraction() * count);
    for (let step = 0; step < count; step++) {
      const port = first + ((start + step) % count);
      if (portParity && port % 2 !== wanted % 2) continue;
      if (!isTaken(port)) return port;
    }
    return undefined;
  }
}
