import type { SocketAddress, Sockets, StreamSocket, UdpSocket } from '@ringdown/sans-io';
import { localAddressFor } from './local-address.ts';
import { Malformed } from './malformed.ts';
import { parseStun, StunMessage } from './message.ts';
import { StunFramer } from './stun-framer.ts';
import type { TransportAddress } from './transport-address.ts';

/** Where a STUN server is asked. */
export interface StunServerAddress extends TransportAddress {
  /** `udp` without it. */
  readonly transport?: 'udp' | 'tcp' | 'tls';
  /** The name that the certificate has to bear, over TLS; the address without it. */
  readonly serverName?: string;
}

export interface LinkUser {
  opened(): void;
  received(message: StunMessage): void;
  /** It could not be opened, or it is over. */
  failed(why: string): void;
}

/** A way to one server. */
export interface ClientLink {
  readonly local: SocketAddress | undefined;
  send(bytes: Uint8Array): void;
  close(): void;
}

/** Opens a way to a server over the transport that its address names. */
export const openLink = (
  server: StunServerAddress,
  sockets: Sockets,
  localAddress: string | undefined,
  user: LinkUser,
): ClientLink =>
  (server.transport ?? 'udp') === 'udp'
    ? new UdpLink(server, sockets, localAddress, user)
    : new StreamLink(server, sockets, localAddress, user);

class UdpLink implements ClientLink {
  readonly #server: StunServerAddress;
  #socket: UdpSocket | undefined = undefined;
  #closed = false;

  constructor(server: StunServerAddress, sockets: Sockets, localAddress: string | undefined, user: LinkUser) {
    this.#server = server;
    const address = localAddress ?? localAddressFor(sockets, server.address);
    if (address === undefined) {
      user.failed('this device has no address of the family of the server');
      return;
    }
    sockets.openUdp(
      { address },
      {
        opened: (socket) => {
          this.#socket = socket;
          if (this.#closed) socket.close();
          else user.opened();
        },
        failed: (why) => user.failed(why),
        received: (bytes, from) => {
          // Answers come from where was asked; all else is none.
          if (from.port !== server.port || from.address !== server.address) return;
          const message = parseStun(bytes);
          if (message instanceof StunMessage) user.received(message);
        },
      },
    );
  }

  get local(): SocketAddress | undefined {
    return this.#socket?.local;
  }

  send(bytes: Uint8Array): void {
    this.#socket?.send(bytes.slice(), this.#server);
  }

  close(): void {
    this.#closed = true;
    this.#socket?.close();
  }
}

class StreamLink implements ClientLink {
  readonly #socket: StreamSocket;

  constructor(server: StunServerAddress, sockets: Sockets, localAddress: string | undefined, user: LinkUser) {
    const framer = new StunFramer();
    const { address, port, serverName = address } = server;
    this.#socket = sockets.connect(
      {
        remote: { address, port },
        ...(localAddress === undefined ? {} : { localAddress }),
        ...(server.transport === 'tls' ? { tls: { serverName } } : {}),
      },
      {
        opened: () => user.opened(),
        closed: (why) => user.failed(why),
        received: (bytes) => {
          for (const piece of framer.receive(bytes)) {
            const message = piece instanceof Malformed ? piece : parseStun(piece);
            if (message instanceof StunMessage) user.received(message);
            else {
              this.#socket.close();
              user.failed(`the server sent ${message.why}`);
              return;
            }
          }
        },
      },
    );
  }

  get local(): SocketAddress | undefined {
    return this.#socket.local;
  }

  send(bytes: Uint8Array): void {
    this.#socket.send(bytes.slice());
  }

  close(): void {
    this.#socket.close();
  }
}
