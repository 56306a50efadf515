import { createServer, type Server, type Socket } from 'node:net';
import * as tls from 'node:tls';
import type { SocketAddress } from '@ringdown/sip';
import { bindTogether } from '../listening.ts';
import { Admission } from '../stream/admission.ts';
import { listen, localOf, Places, remoteOf, type StreamListener } from '../stream/stream-listener.ts';
import { Credentials } from '../tls/credentials.ts';
import {
  type Certificate,
  type Listener,
  type TransportEvent,
  type TransportLimits,
  transportLimits,
} from '../transport-options.ts';
import { localAddresses } from '../udp/local-addresses.ts';
import { openUdpPort } from '../udp/open-udp-port.ts';
import type { UdpPort } from '../udp/udp-port.ts';
import { UdpPorts } from '../udp/udp-ports.ts';
import { ByteStream } from './byte-stream.ts';

export interface ByteTransportOptions {
  /** Addresses to listen at. `0.0.0.0` is every IPv4 address of this machine, `::` every IPv6 address. */
  readonly hosts: readonly string[];
  /** UDP and TCP; 0 is any free port, the same on all hosts. */
  readonly port?: number | undefined;
  /** TLS. */
  readonly tlsPort?: number | undefined;
  /** Needed for `tlsPort`. */
  readonly certificate?: Certificate | undefined;
  readonly report?: ((event: TransportEvent) => void) | undefined;
  readonly limits?: Partial<TransportLimits> | undefined;
}

/** Who takes what comes. */
export interface ByteTransportUser {
  /** A datagram; the bytes are the user's. What came from port 0 is left out: nobody can be answered there. */
  datagram(bytes: Buffer, remote: SocketAddress, port: UdpPort): void;
  /** A connection: to be started, or closed. */
  accepted(stream: ByteStream): void;
}

/** UDP, TCP and TLS on this machine's sockets, for a protocol that frames itself. */
export interface ByteTransport {
  readonly listeners: readonly Listener[];
  /** The addresses that our hosts stand for at the moment. */
  readonly addresses: readonly string[];
  /** The UDP socket at one of our addresses. */
  udpPort(address: string): UdpPort | undefined;
  /** Presents another certificate from now on; throws where it cannot be read. */
  reloadCertificates(certificate: Certificate): void;
  close(): Promise<void>;
}

/** Binds every listener. Rejects with a {@link ListenError}, and leaves nothing bound, where one cannot be had. */
export const createByteTransport = async (
  options: ByteTransportOptions,
  user: ByteTransportUser,
): Promise<ByteTransport> => {
  const transport = new NodeByteTransport(options, user);
  await transport.listen();
  return transport;
};

class NodeByteTransport implements ByteTransport {
  readonly #options: ByteTransportOptions;
  readonly #limits: TransportLimits;
  readonly #user: ByteTransportUser;
  readonly #credentials: Credentials;
  readonly #admission: Admission;
  readonly #udp: UdpPorts;
  readonly #streams: StreamListener[] = [];
  readonly #open = new Set<Socket>();
  #following: NodeJS.Timeout | undefined;

  constructor(options: ByteTransportOptions, user: ByteTransportUser) {
    this.#options = options;
    this.#limits = { ...transportLimits, ...options.limits };
    this.#user = user;
    this.#credentials = new Credentials(options.certificate);
    this.#admission = new Admission(this.#limits);
    this.#udp = new UdpPorts({
      hosts: options.hosts,
      bufferBytes: this.#limits.udpBufferBytes,
      open: openUdpPort,
      receiver: (port) => (bytes, remote) => {
        if (remote.port !== 0) user.datagram(bytes, remote, port());
      },
      report: options.report,
    });
  }

  get listeners(): readonly Listener[] {
    const udp = this.#udp.all.map(({ local }): Listener => ({ transport: 'udp', ...local }));
    return [...udp, ...this.#streams.map(({ listener }) => listener)];
  }

  get addresses(): readonly string[] {
    return localAddresses(this.#options.hosts).map(({ address }) => address);
  }

  udpPort(address: string): UdpPort | undefined {
    return this.#udp.at(address);
  }

  async listen(): Promise<void> {
    const { port, tlsPort, hosts } = this.#options;
    const [first = '', ...others] = hosts;
    const tcp = (host: string) => (number: number) => this.#bound(this.#listenTcp(host, number));
    const udp = async (number: number) => ({
      port: await this.#udp.listen(number),
      close: () => this.#udp.close(),
    });
    try {
      if (port !== undefined) await bindTogether(port, [tcp(first), udp, ...others.map(tcp)]);
      if (tlsPort !== undefined) {
        await bindTogether(
          tlsPort,
          hosts.map((host) => (number: number) => this.#bound(this.#listenTls(host, number))),
        );
      }
    } catch (error) {
      await this.close();
      throw error;
    }
    this.#following = setInterval(
      () => void this.#udp.follow(localAddresses(hosts)),
      this.#limits.addressesMs,
    );
    this.#following.unref();
  }

  reloadCertificates(certificate: Certificate): void {
    this.#credentials.reload(certificate);
    for (const { server } of this.#streams)
      if (server instanceof tls.Server) server.setSecureContext(this.#credentials.server);
  }

  async close(): Promise<void> {
    clearInterval(this.#following);
    const closed = this.#streams.splice(0).map((listener) => listener.close());
    for (const socket of this.#open) socket.destroy();
    await Promise.all([...closed, this.#udp.close()]);
  }

  #listenTcp(host: string, port: number): Promise<StreamListener> {
    const server = createServer();
    const places = new Places(server, 'tcp', this.#admission, this.#options.report);
    server.on('connection', (socket) => this.#accept(socket, 'tcp', places));
    return listen(server, 'tcp', host, port, places, this.#options.report);
  }

  #listenTls(host: string, port: number): Promise<StreamListener> {
    const server: Server = tls.createServer({
      ...this.#credentials.server,
      handshakeTimeout: this.#limits.handshakeMs,
    });
    const places = new Places(server, 'tls', this.#admission, this.#options.report);
    server.on('secureConnection', (socket: tls.TLSSocket) => this.#accept(socket, 'tls', places));
    server.on('tlsClientError', (_: Error, socket: Socket) => socket.destroy());
    return listen(server, 'tls', host, port, places, this.#options.report);
  }

  #accept(socket: Socket, transport: 'tcp' | 'tls', places: Places): void {
    const [local, remote, place] = [localOf(socket), remoteOf(socket), places.of(socket)];
    if (local === undefined || remote === undefined || place === undefined) {
      socket.destroy();
      return;
    }
    place.settle();
    this.#open.add(socket);
    socket.once('close', () => this.#open.delete(socket));
    // Whoever starts the stream reads; until then nothing is lost.
    socket.pause();
    const { maxQueueBytes, idleMs } = this.#limits;
    this.#user.accepted(
      new ByteStream(socket, transport, { local, remote }, { maxQueueBytes, idleMs }, place),
    );
  }

  async #bound(opened: Promise<StreamListener>): Promise<{ port: number; close(): Promise<void> }> {
    const listener = await opened;
    this.#streams.push(listener);
    const close = (): Promise<void> => {
      this.#streams.splice(this.#streams.indexOf(listener), 1);
      return listener.close();
    };
    return { port: listener.listener.port, close };
  }
}
