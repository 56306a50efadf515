import type { Base } from '@ringdown/ice';
import type { SocketAddress, Timer, TimerTarget } from '@ringdown/sans-io';
import { familyOf } from '@ringdown/stun';
import { type HostSocket, HostSockets } from './host-sockets.ts';
import type { ConnectivityOutput, ConnectivitySettings } from './options.ts';
import type { Way } from './paths.ts';
import { type Relay, type RelayPorts, type RelayServer, Relays } from './relays.ts';

/** RFC 8839 §5.1: what a related address says that is not to be known. */
const HIDDEN_PORT = 9;

const GONE = 'its address is gone from this device';

export interface BasesUser {
  found(base: Base): void;
  /** A server has seen a host base at this address. */
  mapped(baseId: string, address: SocketAddress, server: string): void;
  gone(baseId: string, why: string): void;
  /** No more will be found in this round. */
  ended(): void;
  /** There are addresses that only another round can offer. */
  changed(why: string): void;
  received(base: Base, bytes: Uint8Array, from: SocketAddress): void;
  told(output: ConnectivityOutput): void;
  /** Closed, and everything is given back. */
  empty(): void;
}

/**
 * What can be sent from: host sockets and relays, gathered in rounds, one for each session of ICE. Relays are asked for over
 * UDP first, from each socket; over TCP and TLS where that has given none after a moment, while it may go on.
 */
export class Bases implements TimerTarget {
  readonly #settings: ConnectivitySettings;
  readonly #ports: RelayPorts;
  readonly #user: BasesUser;
  readonly #hosts: HostSockets;
  readonly #relays: Relays;
  /** What the session knows of. */
  readonly #offered = new Map<string, Base>();
  readonly #timers = new Map<string, Timer>();
  #datagramServers: RelayServer[] = [];
  #streamServers: RelayServer[] = [];
  #begun = false;
  #gathering = false;
  #streamsAsked = false;
  #changed = false;
  #closing = false;

  constructor(settings: ConnectivitySettings, ports: RelayPorts, user: BasesUser) {
    this.#settings = settings;
    this.#ports = ports;
    this.#user = user;
    this.#setServers((address) => address);
    this.#hosts = new HostSockets(ports.sockets, settings.components, {
      opened: (socket) => this.#opened(socket),
      failed: (address, why) => {
        user.told({ kind: 'socket-failed', address, why });
        this.#settle();
      },
      gone: ({ id }) => this.#withdraw(id, GONE),
      received: (socket, bytes, from) => {
        const base = this.#offered.get(socket.id);
        if (!this.#relays.received(socket, bytes, from) && base !== undefined)
          user.received(base, bytes, from);
      },
    });
    this.#relays = new Relays(settings.maxRelays, ports, {
      allocated: (relay) => this.#allocated(relay),
      failed: (server, failure) =>
        user.told({ kind: 'server-failed', server: addressOf(server), why: failure.why, failure }),
      lost: (relay, failure) => {
        user.told({ kind: 'server-failed', server: addressOf(relay.server), why: failure.why, failure });
        for (const { id } of relay.bases) this.#withdraw(id, failure.why);
      },
      refused: (address, failure) => user.told({ kind: 'peer-refused', address, failure }),
      received: (base, bytes, from) => user.received(base, bytes, from),
      settled: () => this.#settle(),
    });
  }

  /** Opens sockets on the addresses that are new, and leaves those that are gone. */
  follow(addresses: readonly string[]): void {
    if (this.#closing || !this.#follow(addresses)) return;
    this.#changed = this.#begun;
    this.#settle();
  }

  /** Begins a round. @param reach how an address of IPv4 is reached from here, once that is known */
  gather(addresses: readonly string[], reach?: (address: string) => string): void {
    if (reach !== undefined) this.#setServers(reach);
    this.#follow(addresses);
    this.#begun = true;
    this.#gathering = true;
    this.#streamsAsked = false;
    this.#changed = false;
    this.#start('gathering', this.#settings.gatheringMs);
    this.#start('streams', this.#settings.streamsAfterMs);
    for (const socket of this.#hosts.open) this.#offerHost(socket);
    // A new session knows nothing of what the old one was told.
    for (const relay of this.#relays.allocated) this.#tellMapped(relay);
    this.#settle();
  }

  /** Sends from a base. @returns whether there is such a one and it may */
  send(baseId: string, bytes: Uint8Array, to: SocketAddress): boolean {
    const host = this.#hosts.get(baseId);
    if (host === undefined) return this.#relays.send(baseId, bytes, to);
    host.socket.send(bytes, to);
    return true;
  }

  /** Data goes this way from now on. */
  settleOn(way: Way | undefined): void {
    if (way !== undefined) this.#relays.bind(way.base, way.remote);
  }

  /** Nothing goes these ways any more. */
  forget(ways: readonly Way[]): void {
    for (const { base, remote } of ways) this.#relays.forget(base, remote.address);
  }

  close(): void {
    this.#closing = true;
    this.#gathering = false;
    for (const timer of this.#timers.values()) this.#ports.timers.stop(timer);
    this.#relays.close();
    this.#endWhenEmpty();
  }

  timerFired(name: string): void {
    this.#timers.delete(name);
    if (name === 'gathering') this.#endRound();
    else {
      this.#askStreams();
      this.#settle();
    }
  }

  #follow(addresses: readonly string[]): boolean {
    if (!this.#hosts.follow(addresses)) return false;
    for (const relay of this.#relays.follow(addresses))
      for (const { id } of relay.bases) this.#withdraw(id, GONE);
    return true;
  }

  #setServers(reach: (address: string) => string): void {
    this.#datagramServers = [];
    this.#streamServers = [];
    for (const { kind, username, password, transport, ...rest } of this.#settings.servers) {
      if (kind !== 'turn' || username === undefined || password === undefined) continue;
      const server = { ...rest, address: reach(rest.address), username, password };
      if (transport === undefined || transport === 'udp')
        this.#datagramServers.push({ ...server, transport: 'udp' });
      if (transport !== 'udp') this.#streamServers.push({ ...server, transport: transport ?? 'tcp' });
    }
  }

  #opened(socket: HostSocket): void {
    if (this.#gathering) this.#offerHost(socket);
    this.#settle();
  }

  #offerHost(socket: HostSocket): void {
    const { id, component } = socket;
    const { address, port } = socket.socket.local;
    const base: Base = { id, component, kind: 'host', address, port };
    if (this.#settings.policy === 'all') this.#offer(base);
    for (const server of this.#datagramServers)
      if (familyOf(server.address) === familyOf(address)) this.#relays.ask(server, component, socket);
  }

  #allocated(relay: Relay): void {
    this.#tellMapped(relay);
    const hidden = this.#settings.policy === 'relay';
    for (const base of relay.bases) {
      const unspecified = base.address.includes(':') ? '::' : '0.0.0.0';
      this.#offer(hidden ? { ...base, related: { address: unspecified, port: HIDDEN_PORT } } : base);
    }
  }

  /** The server-reflexive candidate that an Allocate has found on its way. */
  #tellMapped({ shared, client: { allocation } }: Relay): void {
    if (shared !== undefined && allocation !== undefined && this.#offered.has(shared.id))
      this.#user.mapped(shared.id, allocation.mapped, allocation.server.address);
  }

  #offer(base: Base): void {
    if (!this.#gathering || this.#offered.has(base.id)) return;
    this.#offered.set(base.id, base);
    this.#user.found(base);
  }

  #withdraw(baseId: string, why: string): void {
    if (this.#offered.delete(baseId)) this.#user.gone(baseId, why);
  }

  /** Ends the round where nothing more is to be waited for. */
  #settle(): void {
    if (this.#closing) {
      this.#endWhenEmpty();
      return;
    }
    if (!this.#hosts.settled) return;
    if (!this.#gathering) {
      if (this.#changed) this.#user.changed('the addresses of this device have changed');
      this.#changed = false;
      return;
    }
    if (this.#relays.settled) this.#askStreams();
    const enough = this.#streamsAsked && this.#without().length === 0;
    if (this.#relays.settled || enough) this.#endRound();
  }

  /** The components that have no relay yet. */
  #without(): readonly number[] {
    const having = new Set(this.#relays.allocated.map(({ component }) => component));
    return Array.from({ length: this.#settings.components }, (_, index) => index + 1).filter(
      (component) => !having.has(component),
    );
  }

  #askStreams(): void {
    if (this.#streamsAsked || !this.#gathering) return;
    this.#streamsAsked = true;
    for (const component of this.#without())
      for (const server of this.#streamServers) this.#relays.ask(server, component, undefined);
  }

  #endRound(): void {
    if (!this.#gathering) return;
    this.#gathering = false;
    for (const timer of this.#timers.values()) this.#ports.timers.stop(timer);
    this.#timers.clear();
    // What came later could be offered to nobody.
    this.#relays.leaveLate();
    this.#user.ended();
  }

  #endWhenEmpty(): void {
    if (!this.#relays.empty) return;
    this.#hosts.close();
    this.#user.empty();
  }

  #start(name: string, delayMs: number): void {
    const running = this.#timers.get(name);
    if (running !== undefined) this.#ports.timers.stop(running);
    this.#timers.set(name, this.#ports.timers.start(this, name, delayMs));
  }
}

const addressOf = ({ address, port, transport }: RelayServer) => ({ address, port, transport });
