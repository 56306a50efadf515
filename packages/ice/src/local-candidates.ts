import type { TransportAddress } from '@ringdown/stun';
import { canonical, canonicalAddress, sameAddress, whyUnusable } from './address.ts';
import type { Base, LocalCandidate } from './candidate.ts';
import { Foundations } from './foundation.ts';
import { candidatePriority, HIGHEST_LOCAL_PREFERENCE } from './priority.ts';

/** Local preferences that one base leaves to its reflexive candidates, of one server each. */
const SERVERS_PER_BASE = 8;

/**
 * Where relayed bases start. A check bears the priority of a peer-reflexive candidate (RFC 8445 §7.1.1), and a peer that has
 * not been told of the relay takes it for direct: at least it must come behind those of sockets.
 */
const HIGHEST_RELAYED_PREFERENCE = 32_767;

/** This agent's candidates in one session (RFC 8445 §5.1). */
export class LocalCandidates {
  readonly #ufrag: string;
  readonly #foundations = new Foundations();
  readonly #servers: string[] = [];
  #all: LocalCandidate[] = [];

  constructor(ufrag: string) {
    this.#ufrag = ufrag;
  }

  get all(): readonly LocalCandidate[] {
    return this.#all;
  }

  /** The host or relayed candidate of a base. */
  addBase(base: Base): LocalCandidate {
    const type = base.kind === 'host' ? 'host' : 'relay';
    const { address, port } = canonical(base);
    const candidate: LocalCandidate = {
      foundation: this.#foundations.of({ type, base: address, server: base.server ?? '', transport: 'udp' }),
      component: base.component,
      transport: 'udp',
      priority: candidatePriority(type, this.#preference(base), base.component),
      address,
      port,
      type,
      ...(base.related === undefined ? {} : { related: canonical(base.related) }),
      ufrag: this.#ufrag,
      base,
    };
    this.#all.push(candidate);
    return candidate;
  }

  /** @returns undefined where it is redundant (RFC 8445 §5.1.3), as without a NAT, or nobody could send to it */
  addReflexive(base: Base, mapped: TransportAddress, server: string): LocalCandidate | undefined {
    const at = canonical(mapped);
    const own = this.ofBase(base.id);
    if (own === undefined || whyUnusable(at) !== undefined) return undefined;
    if (this.#all.some((one) => one.base.id === base.id && sameAddress(one, at))) return undefined;
    const spread = (HIGHEST_LOCAL_PREFERENCE - this.preferenceOf(own)) * SERVERS_PER_BASE;
    const preference = Math.max(0, HIGHEST_LOCAL_PREFERENCE - spread - this.#serverIndex(server));
    // Another address by the same server: the NAT is another one by now, and what was mapped before may be dead. Pairs with that
    // would keep those with the new one frozen, for they would have one foundation.
    const isElsewhere = this.#all.some(
      ({ type, base: { id }, address }) => type === 'srflx' && id === base.id && address !== at.address,
    );
    const origin = isElsewhere ? `${server} ${at.address}` : server;
    const candidate: LocalCandidate = {
      foundation: this.#foundations.of({
        type: 'srflx',
        base: own.address,
        server: origin,
        transport: 'udp',
      }),
      component: base.component,
      transport: 'udp',
      priority: candidatePriority('srflx', preference, base.component),
      ...at,
      type: 'srflx',
      related: { address: own.address, port: own.port },
      ufrag: this.#ufrag,
      base,
    };
    this.#all.push(candidate);
    return candidate;
  }

  /** The candidate that the peer has seen a check come from: one of ours, or a peer-reflexive one (RFC 8445 §7.2.5.3.1). */
  seenAs(base: Base, mapped: TransportAddress, priority: number): LocalCandidate {
    const at = canonical(mapped);
    const known =
      this.#all.find((one) => one.base.id === base.id && sameAddress(one, at)) ??
      this.#all.find((one) => one.component === base.component && sameAddress(one, at));
    // It is sent from where it was sent from, though a host with several addresses may show another one.
    if (known !== undefined) return known.base.id === base.id ? known : { ...known, base };
    const address = canonicalAddress(base.address) ?? base.address;
    return {
      foundation: this.#foundations.of({ type: 'prflx', base: address, server: '', transport: 'udp' }),
      component: base.component,
      transport: 'udp',
      priority,
      ...at,
      type: 'prflx',
      related: { address, port: base.port },
      ufrag: this.#ufrag,
      base,
    };
  }

  /** The host or relayed candidate of a base. */
  ofBase(baseId: string): LocalCandidate | undefined {
    return this.#all.find((one) => one.base.id === baseId && (one.type === 'host' || one.type === 'relay'));
  }

  removeBase(baseId: string): void {
    this.#all = this.#all.filter((one) => one.base.id !== baseId);
  }

  /** What the PRIORITY of a check from this candidate says (RFC 8445 §7.1.1). */
  checkPriority(candidate: LocalCandidate): number {
    return candidatePriority('prflx', this.preferenceOf(candidate), candidate.component);
  }

  preferenceOf({ priority }: LocalCandidate): number {
    return Math.floor(priority / 2 ** 8) % 2 ** 16;
  }

  #preference({ component, kind, preference }: Base): number {
    if (preference !== undefined) return preference;
    const before = this.#all.filter(
      (one) => one.component === component && one.type === (kind === 'host' ? 'host' : 'relay'),
    ).length;
    return Math.max(0, (kind === 'host' ? HIGHEST_LOCAL_PREFERENCE : HIGHEST_RELAYED_PREFERENCE) - before);
  }

  #serverIndex(server: string): number {
    const at = this.#servers.indexOf(server);
    if (at >= 0) return Math.min(at, SERVERS_PER_BASE - 1);
    if (this.#servers.length < SERVERS_PER_BASE) this.#servers.push(server);
    return this.#servers.length - 1;
  }
}
