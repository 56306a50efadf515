import type {
  Clock,
  Hashes,
  Random,
  SocketAddress,
  Timers,
  UdpSocketOptions,
  UdpSocketUser,
  WallTime,
} from '@ringdown/sans-io';
import type { LongTermUser, LongTermUsers } from '@ringdown/stun';
import type { IcmpValue } from '../attributes/icmp.ts';
import type { TurnEvent } from './events.ts';

/**
 * How a client is reached. Those over UDP are told by their addresses, so that one may be made for each datagram; give the
 * same `local` object for each of a socket, it is looked at first. A stream is one object from its first byte to its last.
 */
export interface TurnClientPath {
  readonly transport: 'udp' | 'tcp' | 'tls';
  /** The server's side, as the client addresses it. */
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  /** Sends a datagram, or more of the stream. The bytes are the path's from here on. */
  send(bytes: Uint8Array): void;
  /** Ends a stream; nothing over UDP. */
  close(): void;
  /** The client of a stream has shown who it is, and has something here: it may be silent as long as it likes. */
  keep?(): void;
  /** What a stream still has to send: beyond a bound relayed datagrams are lost, as a network loses them. */
  readonly queuedBytes?: number;
  /** Stops reading a stream, and goes on: asked for while what it relays to is full (RFC 6062). */
  pause?(): void;
  resume?(): void;
}

/** One who may relay. */
export interface TurnUser extends LongTermUser {
  /** The account: its allocations are counted together, and `forget` names it. */
  readonly name: string;
  /** From then on nothing new is allocated; what is allocated goes on. */
  readonly expiresAt?: WallTime;
}

/** Whom the server knows: answered from memory. */
export type TurnCredentials = LongTermUsers<TurnUser>;

/** Told what comes to a relayed transport address. */
export interface RelayUdpUser extends UdpSocketUser {
  /** The network said something about what was sent to a peer; only where the system tells (RFC 8656 §11.5). */
  icmp(peer: SocketAddress, value: IcmpValue): void;
}

/** A stream to a peer. */
export interface RelayStream {
  readonly remote: SocketAddress;
  send(bytes: Uint8Array): void;
  close(): void;
  readonly queuedBytes?: number;
  pause?(): void;
  resume?(): void;
}

/** Told `opened` or `closed` first; nothing after `close`. */
export interface RelayStreamUser {
  opened(stream: RelayStream): void;
  /** The bytes are the user's. */
  received(bytes: Uint8Array): void;
  /** It ended, or never came to be; told once. */
  closed(why: string): void;
  /** All that was queued has gone. */
  drained(): void;
}

export interface RelayListener {
  close(): void;
}

/** Told exactly one of `opened` and `failed` first; nothing after `close`. */
export interface RelayTcpUser {
  opened(listener: RelayListener): void;
  failed(why: string): void;
  /** A peer has connected. @returns who is told of it, `opened` first; undefined, and the stream is closed. */
  accepted(stream: RelayStream): RelayStreamUser | undefined;
}

/** Opens relayed transport addresses. What takes time is told later, never before the call has returned. */
export interface RelaySockets {
  /** The `openUdp` of `Sockets` does. */
  openUdp(options: UdpSocketOptions, user: RelayUdpUser): void;
  /** Without it there are no TCP allocations (RFC 6062): 442. */
  listenTcp?(local: SocketAddress, user: RelayTcpUser): void;
  /** Connects from a port that is listened on, where the system allows that; else from another of the same address. */
  connectTcp?(local: SocketAddress, peer: SocketAddress, user: RelayStreamUser): RelayStream;
}

export interface TurnServerPorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly hashes: Hashes;
  readonly credentials: TurnCredentials;
  readonly relays: RelaySockets;
  /** Told of each allocation and each refusal. Must not call the server. */
  readonly observe?: (event: TurnEvent) => void;
  /** What nonces are signed with: at least 32 bytes that outlive the process, so that nonces do too. */
  readonly key?: Uint8Array;
}
