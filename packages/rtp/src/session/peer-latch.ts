import type { Instant, SocketAddress } from '@ringdown/sans-io';
import type { PeerPolicy } from './options.ts';

/**
 * What an address is to a session: the peer's; one that its stream may have moved to; one that has to prove itself, because
 * nobody is known yet or the description names it; or a stranger's.
 */
export type Standing = 'peer' | 'moved' | 'candidate' | 'stranger';

export const sameAddress = (one: SocketAddress | undefined, other: SocketAddress | undefined): boolean =>
  one !== undefined && other !== undefined && one.port === other.port && one.address === other.address;

/** Knows where the peer is. Nobody takes that place while the peer speaks. */
export class PeerLatch {
  #policy: PeerPolicy;
  readonly #relatchAfterMs: number;
  #signalled: SocketAddress | undefined;
  #latched: SocketAddress | undefined = undefined;
  #heardAt = Number.NEGATIVE_INFINITY;

  constructor(policy: PeerPolicy, relatchAfterMs: number, signalled: SocketAddress | undefined) {
    this.#policy = policy;
    this.#relatchAfterMs = relatchAfterMs;
    this.#signalled = signalled;
  }

  get policy(): PeerPolicy {
    return this.#policy;
  }

  /** Where packets go. */
  get destination(): SocketAddress | undefined {
    if (this.#policy === 'symmetric') return this.#latched ?? this.#signalled;
    return this.#signalled ?? (this.#policy === 'any' ? this.#latched : undefined);
  }

  /** Whom packets are taken from now on. What was learned holds. */
  setPolicy(policy: PeerPolicy): void {
    this.#policy = policy;
  }

  /** A new description: what was learned of the old one's address is forgotten. */
  setRemote(signalled: SocketAddress): void {
    if (sameAddress(signalled, this.#signalled)) return;
    this.#signalled = signalled;
    this.#latched = undefined;
    this.#heardAt = Number.NEGATIVE_INFINITY;
  }

  standingOf(from: SocketAddress, now: Instant): Standing {
    if (this.#policy === 'any') return 'peer';
    if (this.#policy === 'signalled') return sameAddress(from, this.#signalled) ? 'peer' : 'stranger';
    if (sameAddress(from, this.#latched)) return 'peer';
    if (this.#latched === undefined || sameAddress(from, this.#signalled)) return 'candidate';
    return now - this.#heardAt >= this.#relatchAfterMs ? 'moved' : 'stranger';
  }

  /** A valid packet came from the peer. */
  heard(now: Instant): void {
    this.#heardAt = now;
  }

  /** A source was validated from this address. @returns whether it is another one than before */
  latch(from: SocketAddress, now: Instant): boolean {
    this.#heardAt = now;
    const before = this.destination;
    this.#latched = from;
    return !sameAddress(before, this.destination);
  }

  /** Whether RTCP from here is the peer's: the same port, or any port of the same host where RTCP has its own. */
  isPeerHost(from: SocketAddress, mux: boolean): boolean {
    if (this.#policy === 'any') return true;
    const known = this.destination;
    return mux ? sameAddress(from, known) : from.address === known?.address;
  }
}
