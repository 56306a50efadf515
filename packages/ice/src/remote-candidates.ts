import type { TransportAddress } from '@ringdown/stun';
import { canonical, canonicalAddress, sameAddress, whyUnusable } from './address.ts';
import type { Candidate } from './candidate.ts';

/** A candidate of the peer's. The object stays the same when what was learned from a check is told later on. */
export interface RemoteCandidate {
  candidate: Candidate;
  /** Whether the peer has told it, or a check came from there (RFC 8445 §7.3.1.3). */
  signalled: boolean;
}

/** What became of a candidate that the peer told. */
export type Admission =
  | { readonly kind: 'new'; readonly remote: RemoteCandidate }
  /** It was peer-reflexive until now; its pairs stay. */
  | { readonly kind: 'named'; readonly remote: RemoteCandidate }
  | { readonly kind: 'resolve'; readonly name: string }
  /** Its name is being looked up for another one already. */
  | { readonly kind: 'waits' }
  | { readonly kind: 'ignored'; readonly why: string };

export interface RemoteLimits {
  readonly components: number;
  readonly maxRemoteCandidates: number;
  readonly resolveNames: boolean;
}

/** The peer's candidates in one session. */
export class RemoteCandidates {
  readonly #limits: RemoteLimits;
  readonly #all: RemoteCandidate[] = [];
  /** Candidates whose name is being looked up. */
  #unresolved: Candidate[] = [];
  #learned = 0;
  /** Whether the peer has said that there are no more. */
  ended = false;

  constructor(limits: RemoteLimits) {
    this.#limits = limits;
  }

  get all(): readonly RemoteCandidate[] {
    return this.#all;
  }

  /** Whether nothing more can come: none to be told, none to be looked up. */
  get complete(): boolean {
    return this.ended && this.#unresolved.length === 0;
  }

  /**
   * The components that the peer has candidates for are all that are needed (RFC 8445 §6.1.2.2): a peer that multiplexes RTCP
   * has one.
   */
  get components(): number {
    const told = this.#all.reduce((most, { candidate }) => Math.max(most, candidate.component), 0);
    return this.complete && told > 0 ? Math.min(told, this.#limits.components) : this.#limits.components;
  }

  /** A candidate that was signalled. */
  admit(candidate: Candidate): Admission {
    const { components } = this.#limits;
    if (candidate.component > components)
      return ignored(`component ${candidate.component} is not in use here`);
    if (candidate.transport !== 'udp') return ignored(`${candidate.transport} is not spoken here`);
    const address = canonicalAddress(candidate.address);
    if (address === undefined) return this.#admitName(candidate);
    const why = whyUnusable({ address, port: candidate.port });
    if (why !== undefined) return ignored(why);
    return this.#place({ ...candidate, address });
  }

  /** The address of a name. @returns the candidates that have waited for it, now with their address */
  resolved(name: string, address: string | undefined): readonly Candidate[] {
    const waiting = this.#unresolved.filter((one) => one.address === name);
    this.#unresolved = this.#unresolved.filter((one) => one.address !== name);
    return address === undefined ? [] : waiting.map((one) => ({ ...one, address }));
  }

  find(component: number, from: TransportAddress): RemoteCandidate | undefined {
    return this.#all.find(
      ({ candidate }) => candidate.component === component && sameAddress(candidate, from),
    );
  }

  /**
   * A check came from an address that nobody has told: peer-reflexive. Where there are too many, one that was learned before
   * and is of no use makes room: two NATs that map by destination and let strangers in show each other new ones without end.
   *
   * @returns undefined where there are too many
   */
  learn(
    component: number,
    from: TransportAddress,
    priority: number,
    isUseless: (remote: RemoteCandidate) => boolean = () => false,
  ): RemoteCandidate | undefined {
    if (whyUnusable(from) !== undefined) return undefined;
    if (this.#isFull() && !this.#forgetLearned(isUseless)) return undefined;
    const remote: RemoteCandidate = {
      candidate: {
        foundation: `prflx${++this.#learned}`,
        component,
        transport: 'udp',
        priority,
        ...canonical(from),
        type: 'prflx',
      },
      signalled: false,
    };
    this.#all.push(remote);
    return remote;
  }

  #admitName(candidate: Candidate): Admission {
    if (!this.#limits.resolveNames) return ignored('a name, and names are not looked up here');
    if (this.#isFull()) return ignored('the peer has told too many candidates');
    const asked = this.#unresolved.some((one) => one.address === candidate.address);
    this.#unresolved.push(candidate);
    return asked ? { kind: 'waits' } : { kind: 'resolve', name: candidate.address };
  }

  #place(candidate: Candidate): Admission {
    const known = this.find(candidate.component, candidate);
    if (known?.signalled === true) return ignored('it was told before');
    if (known !== undefined) {
      known.candidate = candidate;
      known.signalled = true;
      return { kind: 'named', remote: known };
    }
    if (this.#isFull()) return ignored('the peer has told too many candidates');
    const remote: RemoteCandidate = { candidate, signalled: true };
    this.#all.push(remote);
    return { kind: 'new', remote };
  }

  #forgetLearned(isUseless: (remote: RemoteCandidate) => boolean): boolean {
    const at = this.#all.findIndex((remote) => !remote.signalled && isUseless(remote));
    if (at >= 0) this.#all.splice(at, 1);
    return at >= 0;
  }

  #isFull(): boolean {
    return this.#all.length + this.#unresolved.length >= this.#limits.maxRemoteCandidates;
  }
}

const ignored = (why: string): Admission => ({ kind: 'ignored', why });
