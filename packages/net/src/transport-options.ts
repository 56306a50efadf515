import type { RequestListener } from 'node:http';
import { type Flow, type SocketAddress, streamFramerDefaults, type TransportName } from '@ringdown/sip';
import type { ByteStream } from './bytes/byte-stream.ts';
import type { ListenError } from './listen-error.ts';

/** Chooses what a peer reaches us at: our address in its own network, else the one that is known outside. */
export type Advertise = (local: SocketAddress, remote: SocketAddress) => SocketAddress;

/** Our certificate and its key, for TLS and secure WebSocket, as server and as client. */
export interface Certificate {
  /** The certificate, then those that lead to its root, in PEM. */
  readonly certificatePem: string;
  readonly keyPem: string;
}

export interface SipTransportOptions {
  /** Addresses to listen at. `0.0.0.0` is every IPv4 address of this machine, `::` every IPv6 address. */
  readonly hosts: readonly string[];
  /** UDP and TCP. 0 in this and the other ports is any free one, the same on all hosts; absent: nobody listens. */
  readonly sipPort?: number | undefined;
  /** TLS. */
  readonly sipsPort?: number | undefined;
  /** HTTP with WebSocket (RFC 7118). */
  readonly httpPort?: number | undefined;
  /** HTTPS with secure WebSocket. */
  readonly httpsPort?: number | undefined;
  /** Needed for `sipsPort` and `httpsPort`. */
  readonly certificate?: Certificate | undefined;
  /** Certificate authorities in PEM, trusted besides those of the system. */
  readonly authorities?: readonly string[] | undefined;
  readonly advertise: Advertise;
  /**
   * Transports that connections are opened over though nobody listens for them: those of a phone, which is reached over the
   * connections that it has opened. Default: none.
   */
  readonly opens?: readonly TransportName[] | undefined;
  /** Answers a STUN message that came to the SIP port (RFC 7983); undefined is silence. */
  readonly stun?: ((bytes: Uint8Array, source: SocketAddress) => Uint8Array | undefined) | undefined;
  /** Takes a STUN message that came to the SIP port and was not answered: what `SipTransport.sendStun` asked for. */
  readonly stunReceived?: ((bytes: Uint8Array, flow: Flow) => void) | undefined;
  /** Takes a connection to the HTTPS port whose first bytes are STUN's; to be started with them. Without it they are closed. */
  readonly stunStream?: ((stream: ByteStream, first: Buffer) => void) | undefined;
  /** Serves HTTP requests that ask for no WebSocket. */
  readonly httpHandler?: RequestListener | undefined;
  /**
   * Whether to measure how long messages wait for us, by a short datagram to ourselves up to 50 times a second: what a server under load
   * wants to know, and what wakes a phone for nothing. Default: true.
   */
  readonly measuresQueue?: boolean | undefined;
  /** Told of what an operator may want to read in a log. */
  readonly report?: ((event: TransportEvent) => void) | undefined;
  readonly limits?: Partial<TransportLimits> | undefined;
}

/** What is no message and yet worth a log line or a counter. */
export type TransportEvent =
  /** Something from a peer was dropped, refused or answered with an error before anybody else saw it. */
  | {
      readonly kind: 'refused';
      readonly transport: TransportName;
      readonly remote: SocketAddress;
      readonly why: string;
    }
  /** An address came or went while we run. */
  | { readonly kind: 'listening'; readonly listener: Listener }
  | { readonly kind: 'not listening'; readonly listener: Listener }
  | { readonly kind: 'cannot listen'; readonly error: ListenError }
  /** A connection could not be taken, such as where no file descriptor is left. */
  | { readonly kind: 'cannot accept'; readonly listener: Listener; readonly why: string };

/** A bound address. `ws` is HTTP, `wss` is HTTPS. */
export interface Listener extends SocketAddress {
  readonly transport: TransportName;
}

export interface TransportLimits {
  /** Start line and headers of one message on a stream. */
  readonly maxHeadBytes: number;
  readonly maxBodyBytes: number;
  /** What waits to be written to one connection; a peer that does not read is closed beyond it. */
  readonly maxQueueBytes: number;
  /** Connections that peers opened, in all. */
  readonly maxConnections: number;
  /** Of those, how many one source may have (an IPv4 address, an IPv6 /64) that nobody said `keep` for. */
  readonly maxConnectionsPerSource: number;
  /** Of those, how many may be in their TLS handshake or HTTP upgrade. */
  readonly maxHalfOpen: number;
  /** Of those, how many one source may have, so that silence from one address shuts out nobody else. */
  readonly maxHalfOpenPerSource: number;
  readonly connectMs: number;
  readonly handshakeMs: number;
  /** How long a message that has begun may take to be complete. */
  readonly partialMessageMs: number;
  /** How long a connection that nobody said `keep` for may say nothing. */
  readonly idleMs: number;
  /** How often a WebSocket is pinged; one that has not answered by the next ping is closed. */
  readonly webSocketPingMs: number;
  /** How long a peer that we connected to, and that answers keep-alives, may take for it (RFC 5626 §4.4.1). */
  readonly pongMs: number;
  /** How often the machine's addresses are looked at again. */
  readonly addressesMs: number;
  /** What is asked of the kernel for each UDP socket, for receiving and for sending. */
  readonly udpBufferBytes: number;
}

export const transportLimits: TransportLimits = Object.freeze({
  ...streamFramerDefaults,
  maxQueueBytes: 1024 * 1024,
  maxConnections: 100_000,
  maxConnectionsPerSource: 10_000,
  maxHalfOpen: 2000,
  maxHalfOpenPerSource: 200,
  connectMs: 5000,
  handshakeMs: 10_000,
  partialMessageMs: 30_000,
  idleMs: 600_000,
  webSocketPingMs: 30_000,
  pongMs: 10_000,
  addressesMs: 10_000,
  udpBufferBytes: 4 * 1024 * 1024,
});
