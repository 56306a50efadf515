import type { Random, SocketAddress } from '@ringdown/sans-io';
import { endpointText } from '../address/endpoint.ts';
import { countingPart, type NatBehaviour } from './behaviour.ts';
import { Filter } from './filtering.ts';
import { PortChoice } from './ports.ts';

/** What a NAT keeps apart: a port of UDP is not the port of TCP with the same number. */
export type Mapped = 'udp' | 'tcp';

/** One line of a NAT's table, as tests may see it. */
export interface Mapping {
  readonly protocol: Mapped;
  readonly internal: SocketAddress;
  readonly external: SocketAddress;
  /** When it ends unless something refreshes it, in virtual milliseconds. */
  readonly expiresAt: number;
}

interface Entry extends Mapping {
  readonly key: string;
  readonly filter: Filter;
  expiresAt: number;
}

/** Why a packet does not pass. */
export type Refusal = 'table full' | 'ports exhausted' | 'no mapping' | 'filtered';

/** The mappings of one NAT for one family of addresses outside. Mappings that have expired are swept out as new ones come. */
export class MappingTable {
  readonly #behaviour: NatBehaviour;
  readonly #ports: PortChoice;
  readonly #byKey = new Map<string, Entry>();
  readonly #byExternal = new Map<string, Entry>();
  #sweptAt = 0;

  constructor(behaviour: NatBehaviour, random: Random) {
    this.#behaviour = behaviour;
    this.#ports = new PortChoice(behaviour, random);
  }

  /** The mapping by which a packet leaves; made where there is none, refreshed where there is one. */
  outbound(
    protocol: Mapped,
    internal: SocketAddress,
    remote: SocketAddress,
    now: number,
    pool: readonly string[],
  ): Mapping | Refusal {
    const entry = this.#live(this.#byKey.get(this.#key(protocol, internal, remote)), now);
    const used = entry ?? this.#create(protocol, internal, remote, now, pool);
    if (typeof used === 'string') return used;
    used.expiresAt = Math.max(used.expiresAt, now + this.#lifetime(protocol));
    used.filter.remember(remote, now + this.#lifetime(protocol));
    return used;
  }

  /** The mapping that already stands between two endpoints; nothing is refreshed. */
  between(
    protocol: Mapped,
    internal: SocketAddress,
    remote: SocketAddress,
    now: number,
  ): Mapping | undefined {
    return this.#live(this.#byKey.get(this.#key(protocol, internal, remote)), now);
  }

  /** The mapping by which a packet comes in, if the filter lets its source pass. */
  inbound(protocol: Mapped, external: SocketAddress, remote: SocketAddress, now: number): Mapping | Refusal {
    const entry = this.#live(this.#byExternal.get(`${protocol} ${endpointText(external)}`), now);
    if (entry === undefined) return 'no mapping';
    if (!entry.filter.letsIn(remote, now)) return 'filtered';
    if (this.#behaviour.refreshedByInbound) {
      entry.expiresAt = Math.max(entry.expiresAt, now + this.#lifetime(protocol));
      entry.filter.remember(remote, now + this.#lifetime(protocol));
    }
    return entry;
  }

  /** The mappings that live. */
  list(now: number): readonly Mapping[] {
    this.#sweep(now);
    return [...this.#byKey.values()].map(({ protocol, internal, external, expiresAt }) => ({
      protocol,
      internal,
      external,
      expiresAt,
    }));
  }

  clear(): void {
    for (const entry of this.#byKey.values()) this.#remove(entry);
  }

  #create(
    protocol: Mapped,
    internal: SocketAddress,
    remote: SocketAddress,
    now: number,
    pool: readonly string[],
  ): Entry | Refusal {
    const { lifetimeMs, maxMappings, translates } = this.#behaviour;
    if (now - this.#sweptAt > lifetimeMs / 2 || this.#byKey.size >= maxMappings) this.#sweep(now);
    if (this.#byKey.size >= maxMappings) return 'table full';
    const external = translates ? this.#place(protocol, internal, now, pool) : internal;
    if (external === undefined) return 'ports exhausted';
    const entry: Entry = {
      key: this.#key(protocol, internal, remote),
      protocol,
      internal,
      external,
      expiresAt: now,
      filter: new Filter(this.#behaviour.filtering),
    };
    this.#byKey.set(entry.key, entry);
    this.#byExternal.set(`${protocol} ${endpointText(external)}`, entry);
    return entry;
  }

  #place(
    protocol: Mapped,
    internal: SocketAddress,
    now: number,
    pool: readonly string[],
  ): SocketAddress | undefined {
    const isTaken = (external: SocketAddress): boolean =>
      this.#live(this.#byExternal.get(`${protocol} ${endpointText(external)}`), now) !== undefined;
    return this.#ports.take(internal, pool, isTaken);
  }

  #key(protocol: Mapped, internal: SocketAddress, remote: SocketAddress): string {
    return `${protocol} ${endpointText(internal)} ${countingPart(this.#behaviour.mapping, remote)}`;
  }

  #lifetime(protocol: Mapped): number {
    return protocol === 'udp' ? this.#behaviour.lifetimeMs : this.#behaviour.tcpLifetimeMs;
  }

  /** What has expired is removed as it is met. */
  #live(entry: Entry | undefined, now: number): Entry | undefined {
    if (entry === undefined || entry.expiresAt > now) return entry;
    this.#remove(entry);
    return undefined;
  }

  #sweep(now: number): void {
    this.#sweptAt = now;
    for (const entry of this.#byKey.values()) this.#live(entry, now);
  }

  #remove(entry: Entry): void {
    this.#byKey.delete(entry.key);
    this.#byExternal.delete(`${entry.protocol} ${endpointText(entry.external)}`);
    if (this.#behaviour.translates) this.#ports.giveBack(entry.internal);
  }
}
