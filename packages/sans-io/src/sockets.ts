/** An address as sockets tell it: IPv4 or IPv6 in text, without brackets. */
export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

/**
 * The port through which a machine that needs sockets of its own gets them: the operating system's at the edge, a virtual
 * host's in the simulator. What takes time is told to the user that was handed in; never before the call has returned.
 */
export interface Sockets {
  /** The addresses of this host that others may be told, loopback left out. */
  addresses(): readonly string[];
  /** Binds one UDP socket to one address. */
  openUdp(options: UdpSocketOptions, user: UdpSocketUser): void;
  /** Opens a stream: TCP, or TLS over it. What is sent before it has opened waits. */
  connect(options: StreamSocketOptions, user: StreamSocketUser): StreamSocket;
}

export interface UdpSocketOptions {
  /** One of {@link Sockets.addresses}, or loopback. */
  readonly address: string;
  /** 0, or nothing: any free port. */
  readonly port?: number;
}

/** Told exactly one of `opened` and `failed` first; nothing after `close`. */
export interface UdpSocketUser {
  opened(socket: UdpSocket): void;
  /** It could not be bound; or a destination cannot be reached, where the system says so. */
  failed(why: string): void;
  /** A datagram. The bytes are the user's. */
  received(bytes: Uint8Array, from: SocketAddress): void;
}

export interface UdpSocket {
  readonly local: SocketAddress;
  /** Sends one datagram or loses it, as a network may. The bytes are the socket's from here on. */
  send(bytes: Uint8Array, to: SocketAddress): void;
  close(): void;
}

export interface StreamSocketOptions {
  readonly remote: SocketAddress;
  /** The address to come from; the system's choice without it. */
  readonly localAddress?: string;
  /** TLS, with the name that the certificate has to bear. */
  readonly tls?: { readonly serverName: string };
}

export interface StreamSocketUser {
  opened(socket: StreamSocket): void;
  /** A piece of the stream, however the network cut it. */
  received(bytes: Uint8Array): void;
  /** It ended, or never came to be; told once. */
  closed(why: string): void;
}

export interface StreamSocket {
  /** Undefined until it has opened. */
  readonly local: SocketAddress | undefined;
  readonly remote: SocketAddress;
  send(bytes: Uint8Array): void;
  close(): void;
}
