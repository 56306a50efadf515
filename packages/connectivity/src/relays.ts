import type { Base } from '@ringdown/ice';
import type { Hashes, Random, SocketAddress, Sockets, Timers } from '@ringdown/sans-io';
import {
  type Allocation,
  createTurnClient,
  type TurnClient,
  type TurnClientOutput,
  type TurnFailure,
  type TurnServerAddress,
} from '@ringdown/turn';
import type { HostSocket } from './host-sockets.ts';

/** A TURN server, and who asks it. */
export interface RelayServer extends TurnServerAddress {
  readonly username: string;
  readonly password: string;
}

/** One allocation: a base for each IP version of its relayed addresses. */
export interface Relay {
  readonly server: RelayServer;
  readonly component: number;
  /** The host socket that it shares; undefined where it has a connection of its own. */
  readonly shared: HostSocket | undefined;
  readonly client: TurnClient;
  readonly bases: readonly Base[];
}

export interface RelayUser {
  allocated(relay: Relay): void;
  failed(server: RelayServer, failure: TurnFailure): void;
  lost(relay: Relay, failure: TurnFailure): void;
  refused(address: string, failure: TurnFailure): void;
  received(base: Base, bytes: Uint8Array, from: SocketAddress): void;
  /** One more has ended its attempt, or its life. */
  settled(): void;
}

export interface RelayPorts {
  readonly sockets: Sockets;
  readonly timers: Timers;
  readonly random: Random;
  readonly hashes: Hashes;
  /** Runs what a client tells once nobody is inside of it. */
  later(action: () => void): void;
}

interface Attempt {
  relay: Relay;
  state: 'asked' | 'allocated' | 'leaving';
}

/** The allocations at TURN servers: over each host socket, and over streams where those do not help. */
export class Relays {
  readonly #ports: RelayPorts;
  readonly #limit: number;
  readonly #user: RelayUser;
  readonly #attempts = new Set<Attempt>();
  readonly #byBase = new Map<string, Relay>();
  #count = 0;

  constructor(limit: number, ports: RelayPorts, user: RelayUser) {
    this.#limit = limit;
    this.#ports = ports;
    this.#user = user;
  }

  /** Whether none is being asked for. */
  get settled(): boolean {
    return ![...this.#attempts].some(({ state }) => state === 'asked');
  }

  get empty(): boolean {
    return this.#attempts.size === 0;
  }

  /** Those that a server has granted. */
  get allocated(): readonly Relay[] {
    return [...this.#attempts].flatMap(({ state, relay }) => (state === 'allocated' ? [relay] : []));
  }

  /** Asks for an allocation, unless one is there or being asked for: over a host socket, or a stream without one. */
  ask(server: RelayServer, component: number, shared: HostSocket | undefined): void {
    const going = [...this.#attempts].filter(({ state }) => state !== 'leaving');
    const same = going.some(
      ({ relay }) =>
        relay.server === server && relay.component === component && relay.shared?.id === shared?.id,
    );
    if (same || going.length >= this.#limit) return;
    const { username, password } = server;
    const { later, ...ports } = this.#ports;
    const client = createTurnClient(
      { server, credentials: { username, password }, requestedFamily: 'both' },
      {
        ...ports,
        ...(shared === undefined ? {} : { socket: shared.socket }),
        deliver: (output) => later(() => this.#delivered(attempt, output)),
      },
    );
    const attempt: Attempt = {
      relay: { server, component, shared, client, bases: [] },
      state: 'asked',
    };
    this.#attempts.add(attempt);
    client.allocate();
  }

  /** What came by a host socket. @returns whether it was for one of the allocations there */
  received(socket: HostSocket, bytes: Uint8Array, from: SocketAddress): boolean {
    for (const { relay } of this.#attempts)
      if (relay.shared === socket && relay.client.received(bytes, from)) return true;
    return false;
  }

  /** Sends from a relayed base. @returns whether there is one of that name and it may */
  send(baseId: string, bytes: Uint8Array, to: SocketAddress): boolean {
    return this.#byBase.get(baseId)?.client.send(bytes, to) ?? false;
  }

  /** Much will be sent there from now on. */
  bind(baseId: string, peer: SocketAddress): void {
    this.#byBase.get(baseId)?.client.bind(peer);
  }

  /** Nothing is expected from there any more. */
  forget(baseId: string, address: string): void {
    this.#byBase.get(baseId)?.client.forget(address);
  }

  /** Gives back what is asked for still: it comes too late. */
  leaveLate(): void {
    for (const attempt of this.#attempts) if (attempt.state === 'asked') this.#leave(attempt);
  }

  /** Gives back what comes from an address that is not among these. @returns what was granted of that */
  follow(addresses: readonly string[]): readonly Relay[] {
    const stale = [...this.#attempts].filter(({ state, relay: { shared, client } }) => {
      const local = shared?.socket.local ?? client.allocation?.local;
      return state !== 'leaving' && local !== undefined && !addresses.includes(local.address);
    });
    const granted = stale.flatMap(({ state, relay }) => (state === 'allocated' ? [relay] : []));
    for (const attempt of stale) this.#leave(attempt);
    return granted;
  }

  close(): void {
    for (const attempt of this.#attempts) this.#leave(attempt);
  }

  #leave(attempt: Attempt): void {
    attempt.state = 'leaving';
    for (const { id } of attempt.relay.bases) this.#byBase.delete(id);
    attempt.relay.client.close();
  }

  #delivered(attempt: Attempt, output: TurnClientOutput): void {
    const { relay } = attempt;
    switch (output.kind) {
      case 'allocated':
        if (attempt.state === 'asked') this.#allocated(attempt, output.allocation);
        return;
      case 'data':
        this.#data(attempt, output.bytes, output.peer);
        return;
      case 'refused':
        if (attempt.state === 'allocated') this.#user.refused(output.address, output.failure);
        return;
      case 'failed':
      case 'lost':
      case 'closed':
        this.#attempts.delete(attempt);
        for (const { id } of relay.bases) this.#byBase.delete(id);
        if (output.kind === 'failed') this.#user.failed(relay.server, output.failure);
        if (output.kind === 'lost' && attempt.state === 'allocated') this.#user.lost(relay, output.failure);
        this.#user.settled();
    }
  }

  #allocated(attempt: Attempt, allocation: Allocation): void {
    const { server, component } = attempt.relay;
    const name = `relay ${++this.#count}`;
    const bases = allocation.relayed.map(
      (relayed): Base => ({
        id: relayed.address.includes(':') ? `${name} IPv6` : name,
        component,
        kind: 'relayed',
        ...relayed,
        related: allocation.mapped,
        server: server.address,
      }),
    );
    attempt.state = 'allocated';
    attempt.relay = { ...attempt.relay, bases };
    for (const { id } of bases) this.#byBase.set(id, attempt.relay);
    this.#user.allocated(attempt.relay);
    this.#user.settled();
  }

  #data({ relay, state }: Attempt, bytes: Uint8Array, peer: SocketAddress): void {
    const isIpv6 = peer.address.includes(':');
    const base = relay.bases.find(({ address }) => address.includes(':') === isIpv6);
    if (state === 'allocated' && base !== undefined) this.#user.received(base, bytes, peer);
  }
}
