import { connect, isIP, isIPv6, type Socket } from 'node:net';
import * as tls from 'node:tls';
import type {
  SocketAddress,
  Sockets,
  StreamSocket,
  StreamSocketOptions,
  StreamSocketUser,
  UdpSocket,
  UdpSocketOptions,
  UdpSocketUser,
} from '@ringdown/sans-io';
import { endSoon } from '../stream/end-soon.ts';
import { socketFailure } from '../stream/socket-failure.ts';
import { Credentials } from '../tls/credentials.ts';
import { localAddresses } from '../udp/local-addresses.ts';
import { openUdpPort } from '../udp/open-udp-port.ts';
import type { UdpPort } from '../udp/udp-port.ts';

export interface NodeSocketsOptions {
  /** The addresses that `addresses` tells; `0.0.0.0` and `::`, which stand for all of the machine's, without it. */
  readonly hosts?: readonly string[];
  /** Whether loopback addresses are told, too: for tests on one machine. */
  readonly loopback?: boolean;
  /** Certificate authorities in PEM, trusted besides those of the system. */
  readonly authorities?: readonly string[];
  readonly udpBufferBytes?: number;
  /** How long a connection may take to open. */
  readonly connectMs?: number;
}

const defaults = Object.freeze({
  hosts: Object.freeze(['0.0.0.0', '::']),
  udpBufferBytes: 1024 * 1024,
  connectMs: 10_000,
});

/** This machine's sockets, for machines that open their own. */
export const nodeSockets = (options: NodeSocketsOptions = {}): Sockets => {
  const { hosts, udpBufferBytes, connectMs } = { ...defaults, ...options };
  const credentials = new Credentials(undefined, options.authorities);
  return {
    addresses: () =>
      localAddresses(hosts)
        .filter(({ loopback }) => options.loopback === true || !loopback)
        .map(({ address }) => address),
    openUdp: (socket, user) => void openUdp(socket, user, udpBufferBytes),
    connect: (stream, user) => new NodeStream(stream, user, credentials, connectMs),
  };
};

const openUdp = async (
  { address, port = 0 }: UdpSocketOptions,
  user: UdpSocketUser,
  bufferBytes: number,
): Promise<void> => {
  let socket: NodeUdpSocket | undefined;
  try {
    const receive = (bytes: Buffer, from: SocketAddress): void => {
      if (socket?.open === true && from.port !== 0) user.received(bytes, from);
    };
    socket = new NodeUdpSocket(await openUdpPort({ address, port, bufferBytes, receive, gathers: false }));
  } catch (error) {
    user.failed(error instanceof Error ? socketFailure(error) : String(error));
    return;
  }
  user.opened(socket);
};

class NodeUdpSocket implements UdpSocket {
  readonly #port: UdpPort;
  open = true;

  constructor(port: UdpPort) {
    this.#port = port;
  }

  get local(): SocketAddress {
    return this.#port.local;
  }

  send(bytes: Uint8Array, to: SocketAddress): void {
    if (this.open) this.#port.send(asBuffer(bytes), to);
  }

  close(): void {
    this.open = false;
    void this.#port.close();
  }
}

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

class NodeStream implements StreamSocket {
  readonly remote: SocketAddress;
  local: SocketAddress | undefined = undefined;
  readonly #socket: Socket;
  readonly #user: StreamSocketUser;
  #failure = 'the peer closed it';
  #told = false;

  constructor(
    options: StreamSocketOptions,
    user: StreamSocketUser,
    credentials: Credentials,
    connectMs: number,
  ) {
    this.remote = options.remote;
    this.#user = user;
    this.#socket = open(options, credentials);
    this.#socket.setNoDelay(true);
    this.#socket.setTimeout(connectMs, () => this.#end(`not connected within ${connectMs} ms`));
    this.#socket.once(options.tls === undefined ? 'connect' : 'secureConnect', () => this.#ready());
    this.#socket.on('data', (bytes: Buffer) => {
      if (!this.#told) this.#user.received(bytes);
    });
    this.#socket.on('error', (error: Error) => {
      this.#failure = socketFailure(error);
    });
    this.#socket.on('close', () => this.#end(this.#failure));
  }

  send(bytes: Uint8Array): void {
    if (!this.#socket.destroyed) this.#socket.write(bytes);
  }

  close(): void {
    this.#told = true;
    // What was sent is still written: a last message of the protocol, as a rule.
    endSoon(this.#socket);
  }

  #ready(): void {
    if (this.#told) return;
    const { localAddress, localPort } = this.#socket;
    this.#socket.setTimeout(0);
    if (localAddress !== undefined && localPort !== undefined)
      this.local = { address: localAddress, port: localPort };
    this.#user.opened(this);
  }

  #end(why: string): void {
    this.#socket.destroy();
    if (this.#told) return;
    this.#told = true;
    this.#user.closed(why);
  }
}

const open = (
  { remote, localAddress, tls: secure }: StreamSocketOptions,
  credentials: Credentials,
): Socket => {
  const to = {
    host: remote.address,
    port: remote.port,
    family: isIPv6(remote.address) ? 6 : 4,
    ...(localAddress === undefined ? {} : { localAddress }),
  };
  return secure === undefined
    ? connect(to)
    : tls.connect({
        ...to,
        // An address is no server name (RFC 6066 §3); the certificate has to bear it all the same.
        servername: isIP(secure.serverName) === 0 ? secure.serverName : '',
        checkServerIdentity: (_, certificate) => tls.checkServerIdentity(secure.serverName, certificate),
        secureContext: credentials.client,
      });
};
