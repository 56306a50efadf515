import type { SocketAddress, StreamSocket, StreamSocketOptions, StreamSocketUser } from '@ringdown/sans-io';
import { canonicalEndpoint, endpointText } from '../address/endpoint.ts';
import { canonicalAddress } from '../address/ip.ts';
import type { Packet } from '../network/packet.ts';
import { Connection } from '../stream/connection.ts';
import { freePort, type Stack } from './stack.ts';

export interface ListenOptions {
  /** 0: any free one. */
  readonly port: number;
  /** One address of the host; all of them, also those to come, without it. */
  readonly address?: string;
}

/** A stream that somebody opened to a listener. */
export interface AcceptedStream extends StreamSocket {
  readonly local: SocketAddress;
  /** What the caller asked of TLS; nothing is encrypted here. Undefined for plain TCP. */
  readonly tls: { readonly serverName: string } | undefined;
}

export interface StreamListener {
  readonly port: number;
  /** Opens no more; streams that are open stay. */
  close(): void;
}

/**
 * Called for every stream that is opened to a listener.
 * @returns who is told of it, by `opened` at once; undefined, and it is closed
 */
export type Accept = (stream: AcceptedStream) => StreamSocketUser | undefined;

const anyAddress = (port: number): string => `*:${port}`;

/** The streams and listeners of one host. */
export class Streams {
  readonly #stack: Stack;
  readonly #giveUpMs: number;
  readonly #connections = new Map<string, Connection>();
  readonly #listeners = new Map<string, Accept>();

  constructor(stack: Stack, giveUpMs: number) {
    this.#stack = stack;
    this.#giveUpMs = giveUpMs;
  }

  connect(options: StreamSocketOptions, user: StreamSocketUser): StreamSocket {
    const remote = canonicalEndpoint(options.remote);
    const address =
      options.localAddress === undefined
        ? this.#stack.addressFor(remote.address)
        : canonicalAddress(options.localAddress);
    const isTaken = (port: number): boolean =>
      this.#connections.has(pairText({ address: address ?? '', port }, remote));
    const port = freePort(this.#stack.random, isTaken);
    if (address === undefined || !this.#stack.owns(address) || port === undefined) {
      const why =
        port === undefined ? 'no port is free' : `this host has no address toward ${remote.address}`;
      return this.#stillborn(remote, user, why);
    }
    return this.#connection({ address, port }, remote, user, 'caller', options.tls);
  }

  listen({ port: asked, address }: ListenOptions, accept: Accept): StreamListener {
    const keyOf = (port: number): string =>
      address === undefined ? anyAddress(port) : endpointText({ address: canonicalAddress(address), port });
    const port = asked === 0 ? freePort(this.#stack.random, (one) => this.#listeners.has(keyOf(one))) : asked;
    if (port === undefined) throw new Error('no port is free');
    const key = keyOf(port);
    if (this.#listeners.has(key)) throw new Error(`${key} has a listener already`);
    this.#listeners.set(key, accept);
    return {
      port,
      close: () => {
        if (this.#listeners.get(key) === accept) this.#listeners.delete(key);
      },
    };
  }

  receive(packet: Packet): void {
    const { payload, from, to } = packet;
    if (payload.kind === 'datagram' || payload.kind === 'unreachable') return;
    this.#stack.delivered(packet);
    const connection = this.#connections.get(pairText(to, from));
    if (connection !== undefined) connection.receive(payload);
    else if (payload.kind === 'syn') this.#accept(to, from, payload.serverName);
    else if (payload.kind !== 'rst') this.#refuse(to, from, 'reset by the other end');
  }

  #accept(local: SocketAddress, remote: SocketAddress, serverName: string | undefined): void {
    const accept = this.#listeners.get(endpointText(local)) ?? this.#listeners.get(anyAddress(local.port));
    if (accept === undefined) {
      this.#refuse(local, remote, 'refused');
      return;
    }
    let user: StreamSocketUser | undefined;
    const relay: StreamSocketUser = {
      opened: (socket) => user?.opened(socket),
      received: (bytes) => user?.received(bytes),
      closed: (why) => user?.closed(why),
    };
    const tls = serverName === undefined ? undefined : { serverName };
    const connection = this.#connection(local, remote, relay, 'listener', tls);
    user = accept(connection as AcceptedStream & Connection);
    if (user === undefined) connection.close();
    else if (!connection.isClosed) user.opened(connection);
  }

  #refuse(local: SocketAddress, remote: SocketAddress, why: string): void {
    this.#stack.send('tcp', local, remote, { kind: 'rst', why });
  }

  #connection(
    local: SocketAddress,
    remote: SocketAddress,
    user: StreamSocketUser,
    role: 'caller' | 'listener',
    tls: { readonly serverName: string } | undefined,
  ): Connection {
    const key = pairText(local, remote);
    const path = {
      time: this.#stack.time,
      local,
      remote,
      giveUpMs: this.#giveUpMs,
      send: (segment: Parameters<Connection['receive']>[0]) =>
        this.#stack.send('tcp', local, remote, segment),
      over: () => void this.#connections.delete(key),
    };
    const connection = new Connection(path, user, role, tls);
    this.#connections.set(key, connection);
    return connection;
  }

  /** A stream that cannot even begin: its user learns it afterwards. */
  #stillborn(remote: SocketAddress, user: StreamSocketUser, why: string): StreamSocket {
    let isClosed = false;
    this.#stack.time.later(0, () => {
      if (!isClosed) user.closed(why);
    });
    return {
      local: undefined,
      remote,
      send: () => undefined,
      close: () => {
        isClosed = true;
      },
    };
  }
}

const pairText = (local: SocketAddress, remote: SocketAddress): string =>
  `${endpointText(local)} ${endpointText(remote)}`;
