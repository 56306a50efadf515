import type { PairReport } from '@ringdown/ice';
import type { SocketAddress } from '@ringdown/sans-io';
import { MAGIC_COOKIE, read32 } from '@ringdown/stun';

/** A base of ours and an address of the peer's. */
export interface Way {
  readonly base: string;
  readonly remote: SocketAddress;
}

/** Which pairs there are, and which of them data goes over. */
export class Paths {
  readonly #ways = new Map<number, Way>();
  #known = new Set<string>();
  /** Those of the session before a restart: its data goes on until the new one is there (RFC 8445 §9). */
  #former = new Set<string>();

  /** Where data of a component goes now. */
  way(component: number): Way | undefined {
    return this.#ways.get(component);
  }

  learn({ id }: PairReport): void {
    this.#known.add(id);
  }

  take(pair: PairReport): void {
    this.learn(pair);
    this.#ways.set(pair.component, wayOf(pair));
  }

  lose(component: number): void {
    this.#ways.delete(component);
  }

  startOver(): void {
    this.#former = this.#known;
    this.#known = new Set();
  }

  /** Whether data from there may be the peer's: only pairs of its candidates count. */
  isKnown(base: string, { address, port }: SocketAddress): boolean {
    const id = `${base} ${address} ${port}`;
    return this.#known.has(id) || this.#former.has(id);
  }

  /** Bases and addresses of the peer's between which nothing goes, nor will. */
  useless(pairs: readonly PairReport[]): readonly Way[] {
    const alive = new Set(
      pairs
        .filter(({ state }) => state !== 'failed')
        .map((pair) => `${wayOf(pair).base} ${pair.remote.address}`),
    );
    for (const { base, remote } of this.#ways.values()) alive.add(`${base} ${remote.address}`);
    return pairs.map(wayOf).filter(({ base, remote }) => !alive.has(`${base} ${remote.address}`));
  }
}

/** A pair is sent from the base in its id; the base of a reflexive candidate that two bases share may be the other one. */
const wayOf = ({ id, remote: { address, port } }: PairReport): Way => ({
  base: id.slice(0, id.length - ` ${address} ${port}`.length),
  remote: { address, port },
});

/** The first byte of RFC 7983, and the cookie: data may begin with any byte. */
export const isStun = (bytes: Uint8Array): boolean =>
  bytes.length >= 20 && bytes[0]! < 4 && read32(bytes, 4) === MAGIC_COOKIE;
