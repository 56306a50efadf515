import type { SocketAddress, Sockets, StreamSocketOptions, UdpSocket } from '@ringdown/sans-io';
import { localAddressFor, Malformed } from '@ringdown/stun';
import { StreamFramer } from '../attributes/framer.ts';

/** Where a TURN server listens, and how it is spoken to. */
export interface TurnServerAddress {
  /** An IP address: names are looked up before. */
  readonly address: string;
  readonly port: number;
  readonly transport: 'udp' | 'tcp' | 'tls';
  /** The name that the certificate has to bear; the address without it. */
  readonly serverName?: string;
}

/** A server for people: `udp 192.0.2.1:3478`, `tls [2001:db8::1]:5349`. */
export const nameOf = ({ address, port, transport }: TurnServerAddress): string =>
  `${transport} ${address.includes(':') ? `[${address}]` : address}:${port}`;

/** How messages get to a server and back: datagrams, or frames of a stream. */
export interface Link {
  /** Undefined until it has opened. */
  readonly local: SocketAddress | undefined;
  send(message: Uint8Array): void;
  close(): void;
}

/** Told nothing after `close`. */
export interface LinkUser {
  connected(): void;
  /** It ended, or never came to be, and is to be closed; `why` is one clause. */
  lost(why: string): void;
  /** One message: STUN or ChannelData. */
  received(message: Uint8Array): void;
}

export const isReliable = ({ transport }: TurnServerAddress): boolean => transport !== 'udp';

/** Opens a socket of our own to a server. `localAddress`: the one to come from. */
export const openLink = (
  server: TurnServerAddress,
  localAddress: string | undefined,
  sockets: Sockets,
  user: LinkUser,
): Link =>
  isReliable(server)
    ? openStream(server, localAddress, sockets, user)
    : openDatagrams(server, localAddress, sockets, user);

/** A socket that others use, too: they hand over what comes from the server. */
export const sharedLink = (server: TurnServerAddress, socket: UdpSocket): Link => ({
  local: socket.local,
  send: (message) => socket.send(message, server),
  close: () => undefined,
});

const openDatagrams = (
  server: TurnServerAddress,
  localAddress: string | undefined,
  sockets: Sockets,
  user: LinkUser,
): Link => {
  let socket: UdpSocket | undefined;
  let closed = false;
  const address = localAddress ?? localAddressFor(sockets, server.address);
  if (address === undefined) {
    user.lost('this device has no address of the IP version of the server');
    return { local: undefined, send: () => undefined, close: () => undefined };
  }
  sockets.openUdp(
    { address },
    {
      opened: (opened) => {
        socket = opened;
        if (closed) opened.close();
        else user.connected();
      },
      // Once it is open, "unreachable" may be a lie or soon be over: silence decides.
      failed: (why) => {
        if (!closed && socket === undefined) user.lost(why);
      },
      received: (bytes, from) => {
        if (!closed && from.port === server.port && from.address === server.address) user.received(bytes);
      },
    },
  );
  return {
    get local() {
      return socket?.local;
    },
    send: (message) => socket?.send(message, server),
    close: () => {
      closed = true;
      socket?.close();
    },
  };
};

const openStream = (
  server: TurnServerAddress,
  localAddress: string | undefined,
  sockets: Sockets,
  user: LinkUser,
): Link => {
  const framer = new StreamFramer();
  let closed = false;
  const end = (why: string): void => {
    if (closed) return;
    closed = true;
    user.lost(why);
  };
  const options: StreamSocketOptions = {
    remote: { address: server.address, port: server.port },
    ...(localAddress === undefined ? {} : { localAddress }),
    ...(server.transport === 'tls' ? { tls: { serverName: server.serverName ?? server.address } } : {}),
  };
  const stream = sockets.connect(options, {
    opened: () => {
      if (!closed) user.connected();
    },
    received: (bytes) => {
      framer.push(bytes);
      for (let message = framer.next(); message !== undefined && !closed; message = framer.next()) {
        if (!(message instanceof Malformed)) user.received(message);
        else end(`what came is no TURN: ${message.why}`);
      }
    },
    closed: end,
  });
  return {
    get local() {
      return stream.local;
    },
    send: (message) => stream.send(message),
    close: () => {
      closed = true;
      stream.close();
    },
  };
};
