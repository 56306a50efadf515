import { type Family, familyOf } from '../address/ip.ts';
import type { AddressPool } from '../address/prefix.ts';
import { Link, type LinkOptions, type Surroundings } from '../link/link.ts';
import type { Packet } from './packet.ts';

/** A host or a NAT: what stands at the end of a link. */
export interface Station {
  readonly name: string;
  receive(packet: Packet): void;
}

/** What leads from a network to the one around it. */
export interface Gateway {
  outbound(packet: Packet): void;
  /** Whether an address inside is known outside as it is. */
  routes(address: string): boolean;
  readonly outside: Attachment;
}

/** The addresses that a network gives, where it has some of its own. */
export type Pools = Readonly<Partial<Record<Family, AddressPool>>>;

/** A router and those attached to it: the Internet, a home, a carrier's inside. */
export class Network {
  readonly name: string;
  readonly #trace: Surroundings['trace'];
  readonly #members = new Map<string, Attachment>();
  readonly #pools: Pools;
  readonly #gateway: Gateway | undefined;

  constructor(name: string, pools: Pools, { trace }: Surroundings, gateway?: Gateway) {
    this.name = name;
    this.#pools = pools;
    this.#trace = trace;
    this.#gateway = gateway;
  }

  /** An address that nobody has. Without addresses of its own the network gives those of the one around it. */
  freshAddress(family: Family): string {
    const pool = this.#pools[family];
    if (pool !== undefined) return pool.take((address) => this.#members.has(address));
    if (this.#gateway === undefined) throw new Error(`${this.name} has no ${family} addresses to give`);
    return this.#gateway.outside.network.freshAddress(family);
  }

  /** Leads an address to an attachment, here and in the networks around that see it as it is. */
  claim(address: string, attachment: Attachment): void {
    if (this.#members.has(address)) throw new Error(`${address} is taken in ${this.name}`);
    if (this.#gateway?.routes(address)) this.#gateway.outside.claim(address);
    this.#members.set(address, attachment);
  }

  release(address: string): void {
    if (this.#gateway?.routes(address)) this.#gateway.outside.release(address);
    this.#members.delete(address);
  }

  /** Sends a packet on: to the one who has its destination, or out. */
  route(packet: Packet): void {
    if (this.#members.has(packet.to.address) || this.#gateway === undefined) this.deliver(packet);
    else this.#gateway.outbound(packet);
  }

  /** Brings a packet to the one who has its destination. */
  deliver(packet: Packet): void {
    const member = this.#members.get(packet.to.address);
    if (member === undefined) this.#trace.dropped(packet.journey, this.name, 'no route');
    else member.arrive(packet);
  }
}

/** The place at which a host or a NAT is attached to a network: a link and the addresses that lead to it. */
export class Attachment {
  readonly network: Network;
  readonly link: Link;
  readonly #station: Station;
  readonly #addresses = new Set<string>();

  constructor(
    network: Network,
    station: Station,
    name: string,
    link: LinkOptions,
    surroundings: Surroundings,
  ) {
    this.network = network;
    this.link = new Link(name, link, surroundings);
    this.#station = station;
  }

  get addresses(): readonly string[] {
    return [...this.#addresses];
  }

  has(address: string): boolean {
    return this.#addresses.has(address);
  }

  /** The address to come from toward an address of that family. */
  addressFor(destination: string): string | undefined {
    return this.addresses.find((address) => familyOf(address) === familyOf(destination));
  }

  claim(address: string): void {
    this.network.claim(address, this);
    this.#addresses.add(address);
  }

  release(address: string): void {
    this.network.release(address);
    this.#addresses.delete(address);
  }

  send(packet: Packet): void {
    this.link.up.carry(packet, (arrived) => this.network.route(arrived));
  }

  arrive(packet: Packet): void {
    this.link.down.carry(packet, (arrived) => this.#station.receive(arrived));
  }
}
