import type { TransportLimits } from '../transport-options.ts';
import type { Place } from './connection.ts';

type Limits = Pick<
  TransportLimits,
  'maxConnections' | 'maxConnectionsPerSource' | 'maxHalfOpen' | 'maxHalfOpenPerSource'
>;

/** Counts the connections that peers opened, and says who may open another. */
export class Admission {
  readonly #limits: Limits;
  readonly #strangers = new Map<string, number>();
  readonly #halfOpenOf = new Map<string, number>();
  #all = 0;
  #halfOpen = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** A place for a connection from an address, half-open at first; or why there is none. */
  admit(address: string): AdmittedPlace | string {
    const { maxConnections, maxConnectionsPerSource, maxHalfOpen, maxHalfOpenPerSource } = this.#limits;
    const source = sourceOf(address);
    if (this.#all >= maxConnections) return `${maxConnections} connections are open`;
    if (this.#halfOpen >= maxHalfOpen) return `${maxHalfOpen} connections are half open`;
    const halfOpen = this.#halfOpenOf.get(source) ?? 0;
    if (halfOpen >= maxHalfOpenPerSource) return `${halfOpen} connections of ${source} are half open`;
    const ofSource = this.#strangers.get(source) ?? 0;
    if (ofSource >= maxConnectionsPerSource) return `${ofSource} connections of ${source} are open`;
    this.#all++;
    this.#halfOpen++;
    this.#strangers.set(source, ofSource + 1);
    this.#halfOpenOf.set(source, halfOpen + 1);
    return new AdmittedPlace(
      () => {
        this.#halfOpen--;
        leave(this.#halfOpenOf, source);
      },
      () => leave(this.#strangers, source),
      () => this.#all--,
    );
  }
}

const leave = (counts: Map<string, number>, source: string): void => {
  const left = (counts.get(source) ?? 1) - 1;
  if (left === 0) counts.delete(source);
  else counts.set(source, left);
};

/** One connection's place; each thing it says counts once. */
export class AdmittedPlace implements Place {
  #settle: (() => void) | undefined;
  #keep: (() => void) | undefined;
  #release: (() => void) | undefined;

  constructor(settle: () => void, keep: () => void, release: () => void) {
    this.#settle = settle;
    this.#keep = keep;
    this.#release = release;
  }

  get halfOpen(): boolean {
    return this.#settle !== undefined;
  }

  /** The handshake is over. */
  settle(): void {
    this.#settle?.();
    this.#settle = undefined;
  }

  keep(): void {
    this.#keep?.();
    this.#keep = undefined;
  }

  /** The connection is gone. */
  release(): void {
    this.settle();
    this.keep();
    this.#release?.();
    this.#release = undefined;
  }
}

/** Who counts as one: an IPv4 address, or the /64 network of an IPv6 one, of which a subscriber has every address. */
const sourceOf = (address: string): string => {
  if (!address.includes(':')) return address;
  const [left = '', right] = address.split('::');
  const groups = left === '' ? [] : left.split(':');
  const behind = right === undefined || right === '' ? [] : right.split(':');
  const zeros = right === undefined ? 0 : Math.max(0, 8 - groups.length - behind.length);
  const all = [...groups, ...new Array<string>(zeros).fill('0'), ...behind];
  return `${all.slice(0, 4).join(':')}::/64`;
};
