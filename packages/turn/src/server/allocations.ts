import type { SocketAddress } from '@ringdown/sans-io';
import type { Allocation } from './allocation.ts';
import { FiveTuples } from './five-tuples.ts';
import type { TurnClientPath } from './ports.ts';
import type { Relay } from './relay.ts';

/** The allocations of a server: by client, by account, and by relayed transport address. */
export class Allocations {
  readonly #datagrams = new FiveTuples<Allocation>();
  readonly #streams = new Map<TurnClientPath, Allocation>();
  readonly #users = new Map<string, Set<Allocation>>();
  readonly #relays = new Map<string, Map<number, Relay>>();

  of(client: TurnClientPath): Allocation | undefined {
    return client.transport === 'udp' ? this.#datagrams.get(client) : this.#streams.get(client);
  }

  ofUser(name: string): readonly Allocation[] {
    return [...(this.#users.get(name) ?? [])];
  }

  get all(): readonly Allocation[] {
    return [...this.#users.values()].flatMap((some) => [...some]);
  }

  /** The relay that peers see at an address. */
  relayAt({ address, port }: SocketAddress): Relay | undefined {
    const relay = this.#relays.get(address)?.get(port);
    return relay?.owner === undefined ? undefined : relay;
  }

  add(allocation: Allocation): void {
    const { client, user } = allocation;
    if (client.transport === 'udp') this.#datagrams.set(client, allocation);
    else this.#streams.set(client, allocation);
    const some = this.#users.get(user.name) ?? new Set();
    this.#users.set(user.name, some.add(allocation));
  }

  remove(allocation: Allocation): void {
    const { client, user } = allocation;
    if (client.transport === 'udp') this.#datagrams.delete(client);
    else this.#streams.delete(client);
    const some = this.#users.get(user.name);
    some?.delete(allocation);
    if (some?.size === 0) this.#users.delete(user.name);
    for (const { address, port } of allocation.names.relayed) {
      const ports = this.#relays.get(address);
      // One that was given up earlier may be another's by now.
      if (ports?.get(port)?.owner === undefined) ports?.delete(port);
      if (ports?.size === 0) this.#relays.delete(address);
    }
  }

  /** Lets other relays meet those of an allocation: only what goes by UDP meets in memory. */
  introduce(allocation: Allocation): void {
    if (allocation.protocol !== 'udp') return;
    for (const relay of allocation.relays) {
      const { address, port } = relay.address;
      const ports = this.#relays.get(address) ?? new Map<number, Relay>();
      this.#relays.set(address, ports.set(port, relay));
    }
  }
}
