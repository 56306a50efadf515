import type { Hashes, Random, SocketAddress, Sockets, Timers, UdpSocket } from '@ringdown/sans-io';
import type { Retransmission } from '@ringdown/stun';
import type { TurnServerAddress } from './link.ts';
import type { TurnFailure } from './turn-failure.ts';

/** What a client asks of a TURN server. */
export interface TurnClientOptions {
  readonly server: TurnServerAddress;
  /** Long-term credentials (RFC 8489 §9.2): byte strings, prepared by OpaqueString. */
  readonly credentials: { readonly username: string; readonly password: string };
  /** The IP version of the relayed address. `both`: one of each, where the server has them. */
  readonly requestedFamily?: 'ipv4' | 'ipv6' | 'both';
  /** How long an allocation is to live without a refresh; the server has its own mind. 600 s without it. */
  readonly lifetimeMs?: number;
  /** The address to come from, for a socket of our own; the first one of the server's IP version without it. */
  readonly localAddress?: string;
  /** How requests are sent again over UDP. */
  readonly retransmission?: Retransmission;
  /** Over UDP, after so long without a datagram to the server one is sent, so that NATs keep the way open. */
  readonly keepAliveMs?: number;
  /** How many addresses may be permitted at a time. */
  readonly maxPermissions?: number;
}

export const defaultTurnClientOptions = Object.freeze({
  requestedFamily: 'ipv4',
  keepAliveMs: 25_000,
  maxPermissions: 256,
} as const);

export interface TurnClientPorts {
  /** A UDP socket that STUN, ICE or others use, too; the client neither opens nor closes it. */
  readonly socket?: UdpSocket;
  /** Where sockets come from if none is given, and for TCP and TLS. */
  readonly sockets?: Sockets;
  readonly timers: Timers;
  readonly random: Random;
  readonly hashes: Hashes;
  /** Must not call back into the client. */
  deliver(output: TurnClientOutput): void;
}

/** What the server gave (RFC 8656 §7.4). */
export interface Allocation {
  /** One address, or one of each IP version. */
  readonly relayed: readonly SocketAddress[];
  /** Where the server sees the client. */
  readonly mapped: SocketAddress;
  /** The server that it is at: another one than was asked, where that one has redirected. */
  readonly server: TurnServerAddress;
  /** The address and port of this device that it hangs on. */
  readonly local: SocketAddress;
}

export type TurnClientOutput =
  | { readonly kind: 'allocated'; readonly allocation: Allocation }
  /** There is no allocation, and this client will get none. */
  | { readonly kind: 'failed'; readonly failure: TurnFailure }
  /** There was one, and it is gone. */
  | { readonly kind: 'lost'; readonly failure: TurnFailure }
  /** The peers at this address may send and be sent to. */
  | { readonly kind: 'permitted'; readonly address: string }
  /** The server does not let anybody at this address through. */
  | { readonly kind: 'refused'; readonly address: string; readonly failure: TurnFailure }
  /** A datagram of a peer's. The bytes are the receiver's. */
  | { readonly kind: 'data'; readonly bytes: Uint8Array; readonly peer: SocketAddress }
  /** What was sent to a peer did not arrive, says the network (RFC 8656 §11.6): type and code of ICMP. */
  | {
      readonly kind: 'unreachable';
      readonly peer: SocketAddress;
      readonly type: number;
      readonly code: number;
    }
  /** It was closed by its owner, and the server knows. */
  | { readonly kind: 'closed' };
