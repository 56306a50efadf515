import type { SocketAddress } from '@ringdown/sans-io';
import { canonicalAddress, familyOf } from '../address/ip.ts';
import type { Link, LinkOptions, Surroundings } from '../link/link.ts';
import { type Firewall, stoppedBy } from '../network/firewall.ts';
import { Attachment, type Gateway, Network, type Pools, type Station } from '../network/network.ts';
import type { Packet } from '../network/packet.ts';
import { NAT_DEFAULTS, NAT_DEFINITIONS, type NatBehaviour, type NatType } from './behaviour.ts';
import { type Mapped, type Mapping, MappingTable } from './mapping.ts';
import { Nat64Prefix, WELL_KNOWN_PREFIX } from './nat64.ts';

export interface NatOptions extends Partial<NatBehaviour> {
  /** What it is called in the trace. */
  readonly name?: string;
  /** The definition to start from; single behaviours may be named beside it. `port-restricted` without it. */
  readonly type?: NatType;
  /** The link to the network outside. */
  readonly link?: LinkOptions;
  /** Its IPv4 addresses outside, or how many of them it gets; 1 without it. */
  readonly externalAddresses?: readonly string[] | number;
  /** The IPv4 prefix inside: a network of its own without it. Two homes may have the same. */
  readonly inside?: string;
  readonly firewall?: Firewall;
  /** What becomes of IPv6, which is not translated: `firewall` lets answers in, `open` everything. */
  readonly ipv6?: 'firewall' | 'open';
  /** IPv6 alone inside, translated to IPv4 under this prefix (RFC 6146, 6052). */
  readonly nat64?: 'well-known' | { readonly prefix: string };
  /** Whether the resolver that this network gives its hosts makes addresses for NAT64 (RFC 6147); true where there is NAT64. */
  readonly dns64?: boolean;
}

/** A box between two networks: it maps what goes out, and filters what comes in. */
export class Nat implements Station, Gateway {
  readonly name: string;
  readonly behaviour: NatBehaviour;
  /** The prefix of NAT64, and whether the resolver of this network uses it. */
  readonly nat64: Nat64Prefix | undefined;
  readonly hasDns64: boolean;
  readonly options: NatOptions;
  readonly #surroundings: Surroundings;
  readonly #ipv4: MappingTable;
  readonly #ipv6: MappingTable;
  /** What becomes of addresses that are known outside as they are. */
  readonly #untranslated: NatBehaviour;
  #inside: Network | undefined;
  #outside: Attachment | undefined;
  #external: readonly string[] = [];

  constructor(name: string, options: NatOptions, surroundings: Surroundings) {
    this.name = name;
    this.options = options;
    this.#surroundings = surroundings;
    this.behaviour = behaviourOf(options);
    const { nat64, dns64 = true, ipv6 = 'firewall' } = options;
    this.nat64 =
      nat64 === undefined
        ? undefined
        : new Nat64Prefix(nat64 === 'well-known' ? WELL_KNOWN_PREFIX : nat64.prefix);
    this.hasDns64 = this.nat64 !== undefined && dns64;
    const random = surroundings.randomFor(`${name}, ports`);
    const { filtering } = this.behaviour.translates ? NAT_DEFINITIONS[ipv6] : this.behaviour;
    this.#untranslated = { ...this.behaviour, ...NAT_DEFINITIONS.firewall, filtering };
    this.#ipv4 = new MappingTable(this.behaviour, random);
    this.#ipv6 = new MappingTable(this.#untranslated, random);
  }

  /** Where it is attached outside. Throws before a host stands behind it. */
  get outside(): Attachment {
    if (this.#outside === undefined) throw new Error(`${this.name} stands nowhere yet: give it to a host`);
    return this.#outside;
  }

  /** The network behind it. Throws before a host stands there. */
  get inside(): Network {
    if (this.#inside === undefined) throw new Error(`${this.name} stands nowhere yet: give it to a host`);
    return this.#inside;
  }

  get isAttached(): boolean {
    return this.#outside !== undefined;
  }

  /** The link to the network outside. */
  get link(): Link {
    return this.outside.link;
  }

  /** Its IPv4 addresses outside; none where it does not translate. */
  get externalAddresses(): readonly string[] {
    return this.#external;
  }

  /** The mappings that live now. */
  mappings(): readonly Mapping[] {
    const now = this.#surroundings.time.now();
    return [...this.#ipv4.list(now), ...this.#ipv6.list(now)];
  }

  /** Puts it between two networks: the one outside, and one inside that gives these addresses. The world calls it once. */
  attach(network: Network, pools: Pools): void {
    this.#inside = new Network(`${this.name}, inside`, pools, this.#surroundings, this);
    this.#outside = new Attachment(network, this, this.name, this.options.link ?? {}, this.#surroundings);
    if (!this.behaviour.translates) return;
    const { externalAddresses = 1 } = this.options;
    this.#takeAddresses(externalAddresses);
  }

  /** Forgets every mapping, as after a power cut; with other addresses outside if they are given, or so many new ones. */
  reboot(change: { readonly externalAddresses?: readonly string[] | number } = {}): void {
    this.#ipv4.clear();
    this.#ipv6.clear();
    if (change.externalAddresses === undefined) return;
    if (!this.behaviour.translates) throw new Error(`${this.name} has no addresses of its own`);
    const old = this.#external;
    this.#takeAddresses(change.externalAddresses);
    for (const address of old) if (!this.#external.includes(address)) this.outside.release(address);
  }

  routes(address: string): boolean {
    return !this.behaviour.translates || familyOf(address) === 'ipv6';
  }

  /** A packet from inside. */
  outbound(packet: Packet): void {
    const stopped = this.#stopped(packet, 'out');
    if (stopped !== undefined) {
      this.#drop(packet, stopped);
      return;
    }
    const to = this.#destination(packet.to);
    const table = familyOf(to.address) === 'ipv4' ? this.#ipv4 : this.#ipv6;
    const mapping = this.#leave(table, packet, to);
    if (typeof mapping === 'string') {
      this.#drop(packet, mapping);
      return;
    }
    const leaving = { ...packet, from: mapping.external, to };
    if (this.#external.includes(to.address)) {
      this.#hairpin(leaving, packet.from);
      return;
    }
    packet.journey.via.push({ nat: this.name, direction: 'out', from: leaving.from, to });
    this.outside.send(leaving);
  }

  /** A packet from outside. */
  receive(packet: Packet): void {
    const stopped = this.#stopped(packet, 'in');
    if (stopped !== undefined) {
      this.#drop(packet, stopped);
      return;
    }
    const internal = this.#admit(packet);
    if (typeof internal === 'string') {
      this.#drop(packet, internal);
      return;
    }
    this.#bringIn(packet, internal, packet.from, 'in');
  }

  #takeAddresses(wanted: readonly string[] | number): void {
    const { outside } = this;
    if (typeof wanted !== 'number') {
      this.#external = wanted.map(canonicalAddress);
      for (const address of this.#external) if (!outside.has(address)) outside.claim(address);
      return;
    }
    const taken: string[] = [];
    while (taken.length < wanted) {
      const address = outside.network.freshAddress('ipv4');
      outside.claim(address);
      taken.push(address);
    }
    this.#external = taken;
  }

  #leave(table: MappingTable, { protocol, from, payload }: Packet, to: SocketAddress): Mapping | string {
    const now = this.#surroundings.time.now();
    const mapped = mappedAs(protocol);
    if (payload.kind !== 'syn' && payload.kind !== 'datagram') {
      const standing = table.between(mapped, from, to, now);
      if (standing === undefined || payload.kind === 'unreachable') return standing ?? 'no mapping';
    }
    return table.outbound(mapped, from, to, now, this.#external);
  }

  /** Back to another host inside, which is addressed as if it were outside (RFC 4787 §6). */
  #hairpin(packet: Packet, inside: SocketAddress): void {
    const { hairpinning } = this.behaviour;
    if (hairpinning === false) {
      this.#drop(packet, 'no hairpinning');
      return;
    }
    const internal = this.#admit(packet);
    if (typeof internal === 'string') {
      this.#drop(packet, internal);
      return;
    }
    this.#bringIn(packet, internal, hairpinning === 'internal-source' ? inside : packet.from, 'hairpin');
  }

  /** The endpoint inside for which a packet is, or why there is none. */
  #admit({ protocol, from, to }: Packet): SocketAddress | string {
    const now = this.#surroundings.time.now();
    const isIpv4 = familyOf(to.address) === 'ipv4';
    const table = isIpv4 ? this.#ipv4 : this.#ipv6;
    const mapping = table.inbound(mappedAs(protocol), to, from, now);
    if (typeof mapping !== 'string') return mapping.internal;
    const { filtering } = isIpv4 ? this.behaviour : this.#untranslated;
    return filtering === 'none' ? to : mapping;
  }

  #bringIn(packet: Packet, to: SocketAddress, source: SocketAddress, direction: 'in' | 'hairpin'): void {
    const needsPrefix = familyOf(to.address) === 'ipv6' && familyOf(source.address) === 'ipv4';
    const from =
      needsPrefix && this.nat64 !== undefined
        ? { ...source, address: this.nat64.embed(source.address) }
        : source;
    packet.journey.via.push({ nat: this.name, direction, from, to });
    this.inside.deliver({ ...packet, from, to });
  }

  /** Where a packet goes outside: the IPv4 address in a NAT64 address, else what it says. */
  #destination(to: SocketAddress): SocketAddress {
    const ipv4 = familyOf(to.address) === 'ipv6' ? this.nat64?.extract(to.address) : undefined;
    return ipv4 === undefined ? to : { address: ipv4, port: to.port };
  }

  #stopped(packet: Packet, direction: 'out' | 'in'): string | undefined {
    const { firewall } = this.options;
    return firewall === undefined ? undefined : stoppedBy(firewall, packet, direction);
  }

  #drop(packet: Packet, why: string): void {
    this.#surroundings.trace.dropped(packet.journey, this.name, why);
  }
}

/** ICMP about a datagram goes the datagram's way back (RFC 4787 §9). */
const mappedAs = (protocol: Packet['protocol']): Mapped => (protocol === 'tcp' ? 'tcp' : 'udp');

const behaviourOf = ({ type = 'port-restricted', ...options }: NatOptions): NatBehaviour => {
  const given = Object.fromEntries(
    Object.entries(options).filter(([name, value]) => name in NAT_DEFAULTS && value !== undefined),
  );
  const behaviour: NatBehaviour = { ...NAT_DEFAULTS, ...NAT_DEFINITIONS[type], ...given };
  if (behaviour.translates && behaviour.filtering === 'none') {
    throw new Error('a NAT that translates cannot let in what has no mapping: filter endpoint-independently');
  }
  return behaviour;
};
