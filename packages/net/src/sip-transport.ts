import { isIP } from 'node:net';
import {
  type Destination,
  type Flow,
  type SipMessage,
  SipRequest,
  type SocketAddress,
  type Transport,
  type TransportName,
  type TransportUser,
} from '@ringdown/sip';
import { bindTogether } from './listening.ts';
import { nodeRandom } from './random.ts';
import { Admission } from './stream/admission.ts';
import { Connection, type ConnectionUser } from './stream/connection.ts';
import { ConnectionTable } from './stream/connection-table.ts';
import { dial } from './stream/dial.ts';
import { type HttpListenerContext, listenHttp, listenHttps } from './stream/http-listener.ts';
import { listenTcp, listenTls } from './stream/sip-listener.ts';
import type { StreamListener } from './stream/stream-listener.ts';
import { Credentials } from './tls/credentials.ts';
import {
  type Certificate,
  type Listener,
  type SipTransportOptions,
  type TransportLimits,
  transportLimits,
} from './transport-options.ts';
import { Datagrams } from './udp/datagrams.ts';

import { type LocalAddress, localAddresses } from './udp/local-addresses.ts';
import { openUdpPort } from './udp/open-udp-port.ts';
import { type QueueLook, QueueProbe } from './udp/queue-probe.ts';
import { SourceAddresses } from './udp/source-address.ts';
import { UdpFlow } from './udp/udp-flow.ts';
import { UdpListeners } from './udp/udp-listeners.ts';
import { MAX_DATAGRAM_BYTES, type UdpBuffers } from './udp/udp-port.ts';
import { messageBytes } from './wire.ts';

/** SIP over this machine's sockets. */
export interface SipTransport extends Transport {
  /** Every bound address; a UDP one for each local address. */
  readonly listeners: readonly Listener[];
  /** The addresses that our hosts stand for at the moment. */
  readonly addresses: readonly string[];
  /** What the kernel gave each UDP socket, where it can be asked. */
  readonly udpBuffers: readonly (UdpBuffers & SocketAddress)[];
  /** How many connections are open. */
  readonly connections: number;
  /** How long a datagram waits at present before it is read: what grows under overload. 0 without UDP, and where it is not measured. */
  readonly queueDelayMs: number;
  /** The same, and whether it was measured anew since the last look; for whoever looks at it all the time. */
  lookAtQueue(): QueueLook;
  /**
   * Sends a STUN message from the SIP port, to find out how the world sees it (RFC 5626 §3.5.2). What comes back is told to
   * `stunReceived`. Nothing but over UDP. The bytes are the transport's from here on.
   */
  sendStun(flow: Flow, bytes: Uint8Array): void;
  /** Which of our addresses a peer is sent to from, by the kernel's routes; undefined where none leads there. */
  addressToward(address: string): string | undefined;
  /** The peer of a flow is known: its connection may be silent as long as it likes. Nothing for UDP. */
  keep(flow: Flow): void;
  /** Presents another certificate from now on, both ways; open connections go on. Throws where it cannot be read. */
  reloadCertificates(certificate: Certificate): void;
  /** Stops listening and ends every connection when what it was sent is written. The user is told nothing any more. */
  close(): Promise<void>;
}

/**
 * Binds every listener. Rejects with a {@link ListenError}, and leaves nothing bound, where one cannot be had.
 *
 * @example
 * const transport = await createSipTransport(
 *   { hosts: ['127.0.0.1'], sipPort: 0, advertise: (local) => local },
 *   { messageReceived: (message, flow) => …, flowFailed: (flow, { why }) => … },
 * );
 * transport.listeners; // [{ transport: 'udp', address: '127.0.0.1', port: 41234 }, { transport: 'tcp', … }]
 */
export const createSipTransport = async (
  options: SipTransportOptions,
  user: TransportUser,
): Promise<SipTransport> => {
  const transport = new NodeSipTransport(options, user);
  await transport.listen();
  return transport;
};

/** RFC 3261 §19.1.2, RFC 7118 §5. */
const DEFAULT_PORT: Readonly<Record<TransportName, number>> = {
  udp: 5060,
  tcp: 5060,
  tls: 5061,
  ws: 80,
  wss: 443,
};

const NOTHING_WAITS: QueueLook = Object.freeze({ delayMs: 0, isMeasured: false });
const PING = Buffer.from('\r\n\r\n', 'latin1');

/** How often connections are looked at: the shortest of their limits is kept to a quarter. */
const sweepMs = (limits: TransportLimits): number => {
  const { connectMs, partialMessageMs, idleMs, webSocketPingMs, pongMs } = limits;
  return Math.max(10, Math.min(connectMs, partialMessageMs, idleMs, webSocketPingMs, pongMs) / 4);
};

class NodeSipTransport implements SipTransport, ConnectionUser {
  readonly #options: SipTransportOptions;
  readonly #limits: TransportLimits;
  readonly #user: TransportUser;
  readonly #connections = new ConnectionTable();
  readonly #sources = new SourceAddresses();
  readonly #datagrams: Datagrams;
  readonly #udp: UdpListeners;
  readonly #credentials: Credentials;
  readonly #streams: StreamListener[] = [];
  readonly #dialled = new WeakSet<Connection>();
  readonly #context: HttpListenerContext;
  readonly #timers: NodeJS.Timeout[] = [];
  /** What stands for us in Via and Contact where we cannot be connected to. */
  readonly #nobody = `${nodeRandom.token(12)}.invalid`;
  #addresses: readonly LocalAddress[] = [];
  #closed = false;

  constructor(options: SipTransportOptions, user: TransportUser) {
    this.#options = options;
    this.#limits = { ...transportLimits, ...options.limits };
    this.#user = user;
    this.#credentials = new Credentials(options.certificate, options.authorities);
    this.#datagrams = new Datagrams(options, user);
    this.#udp = new UdpListeners(options, this.#limits, this.#datagrams, this.#sources, openUdpPort);
    this.#context = {
      limits: this.#limits,
      admission: new Admission(this.#limits),
      advertise: options.advertise,
      user: this,
      report: options.report,
      accepted: (connection) => this.#connections.add(connection),
      httpHandler: options.httpHandler,
      stunStream: options.stunStream,
    };
  }

  get listeners(): readonly Listener[] {
    const udp = this.#udp.ports.map(({ local }): Listener => ({ transport: 'udp', ...local }));
    return [...udp, ...this.#streams.map(({ listener }) => listener)];
  }

  get addresses(): readonly string[] {
    return this.#addresses.map(({ address }) => address);
  }

  get udpBuffers(): readonly (UdpBuffers & SocketAddress)[] {
    return this.#udp.ports.flatMap(({ local, buffers }) =>
      buffers === undefined ? [] : { ...local, ...buffers },
    );
  }

  get queueDelayMs(): number {
    return this.#datagrams.probe?.delayMs ?? 0;
  }

  lookAtQueue(): QueueLook {
    return this.#datagrams.probe?.look() ?? NOTHING_WAITS;
  }

  get connections(): number {
    return this.#connections.size;
  }

  async listen(): Promise<void> {
    const { sipPort, sipsPort, httpPort, httpsPort } = this.#options;
    this.#addresses = localAddresses(this.#options.hosts);
    await this.#sources.refresh();
    try {
      if (sipPort !== undefined) await this.#listenSip(sipPort);
      await this.#listenStreams(sipsPort, (host, port) =>
        listenTls(host, port, this.#context, this.#credentials),
      );
      await this.#listenStreams(httpPort, (host, port) => listenHttp(host, port, this.#context));
      await this.#listenStreams(httpsPort, (host, port) =>
        listenHttps(host, port, this.#context, this.#credentials),
      );
    } catch (error) {
      await this.close();
      throw error;
    }
    const first = this.#udp.ports[0];
    if (first !== undefined && this.#options.measuresQueue !== false)
      this.#datagrams.probe = new QueueProbe(first.local);
    this.#every(sweepMs(this.#limits), () => this.#connections.sweep(performance.now()));
    this.#every(this.#limits.addressesMs, () => void this.#followAddresses());
  }

  send(flow: Flow, message: SipMessage): boolean {
    if (flow instanceof UdpFlow) return this.#sendDatagram(flow, message);
    if (flow instanceof Connection) return flow.send(message);
    throw new Error('This flow is not of this transport');
  }

  keepAlive(flow: Flow): void {
    if (flow instanceof UdpFlow) {
      if (flow.open) flow.port.send(PING, flow.remote);
    } else if (flow instanceof Connection) flow.keepAlive();
  }

  flowTo(destination: Destination): Flow | undefined {
    const { transport, address } = destination;
    if (isIP(address) === 0 || destination.port === 0 || this.#closed) return undefined;
    if (transport === 'udp') return this.#udp.flowTo(destination, this.#addresses);
    const known = this.#connections.leadingTo(destination);
    return known === undefined || this.#isLeftBehind(known) ? this.#dial(destination) : known;
  }

  flowOf(key: string): Flow | undefined {
    const [name, address = '', port, remoteAddress = '', remotePort] = key.split(' ');
    if (name !== 'udp') return this.#connections.ofKey(key);
    const remote = { address: remoteAddress, port: Number(remotePort) };
    if (remote.port === 0) return undefined;
    return this.#udp.flowBetween({ address, port: Number(port) }, remote);
  }

  sendStun(flow: Flow, bytes: Uint8Array): void {
    if (flow instanceof UdpFlow && flow.open)
      flow.port.send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), flow.remote);
  }

  addressToward(address: string): string | undefined {
    return isIP(address) === 0 ? undefined : this.#sources.choose(address, this.#addresses)?.address;
  }

  keep(flow: Flow): void {
    if (flow instanceof Connection) flow.keep();
  }

  reloadCertificates(certificate: Certificate): void {
    this.#credentials.reload(certificate);
    for (const { server } of this.#streams) {
      if ('setSecureContext' in server && typeof server.setSecureContext === 'function')
        server.setSecureContext(this.#credentials.server);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#datagrams.probe?.close();
    this.#datagrams.probe = undefined;
    const closed = this.#streams.splice(0).map((listener) => listener.close());
    this.#connections.finishAll('we stop');
    await Promise.all([...closed, this.#udp.close()]);
  }

  received(message: SipMessage, connection: Connection): void {
    if (message instanceof SipRequest && this.#user.isDoneWith?.(message, connection) === true) return;
    this.#user.messageReceived(message, connection);
  }

  refused({ transport, remote }: Connection, why: string): void {
    this.#options.report?.({ kind: 'refused', transport, remote, why });
  }

  closed(connection: Connection, why: string): void {
    this.#connections.remove(connection);
    if (!this.#closed) this.#user.flowFailed(connection, { why });
  }

  #sendDatagram(flow: UdpFlow, message: SipMessage): boolean {
    if (!flow.open) return false;
    const bytes = messageBytes(message);
    if (bytes.length > MAX_DATAGRAM_BYTES) return false;
    flow.port.send(bytes, flow.remote);
    return true;
  }

  /** UDP and TCP have one port number (RFC 3261 §18.2.1: a server listens for both). */
  async #listenSip(port: number): Promise<void> {
    const [first = '', ...others] = this.#options.hosts;
    const tcp = (host: string) => (number: number) =>
      this.#boundStream(listenTcp(host, number, this.#context));
    const udp = async (number: number) => ({
      port: await this.#udp.listen(number),
      close: () => this.#udp.close(),
      listener: undefined,
    });
    const bound = await bindTogether<BoundStream>(port, [tcp(first), udp, ...others.map(tcp)]);
    this.#remember(bound);
  }

  async #listenStreams(
    port: number | undefined,
    open: (host: string, port: number) => Promise<StreamListener>,
  ): Promise<void> {
    if (port === undefined) return;
    const binds = this.#options.hosts.map(
      (host) => (number: number) => this.#boundStream(open(host, number)),
    );
    this.#remember(await bindTogether<BoundStream>(port, binds));
  }

  async #boundStream(opened: Promise<StreamListener>): Promise<BoundStream> {
    const listener = await opened;
    return { port: listener.listener.port, close: () => listener.close(), listener };
  }

  #remember(bound: readonly BoundStream[]): void {
    for (const { listener } of bound) if (listener !== undefined) this.#streams.push(listener);
  }

  #dial(destination: Destination): Flow | undefined {
    const { transport, address, port } = destination;
    const own = this.#portOf(transport);
    const local = this.#sources.choose(address, this.#addresses);
    const full = this.#connections.size >= this.#limits.maxConnections;
    if (own === undefined || local === undefined || full) return undefined;
    const from = { address: local.address, port: own };
    const remote = { address, port };
    const ends = { transport, local: from, remote, advertised: this.#advertised(transport, from, remote) };
    const connection = dial(destination, ends, this.#credentials, this.#limits, this);
    this.#connections.add(connection);
    this.#dialled.add(connection);
    return connection;
  }

  /** A connection that we opened from where the way to its peer does not begin any more. */
  #isLeftBehind(connection: Connection): boolean {
    if (!this.#dialled.has(connection)) return false;
    const { remote, local } = connection;
    return this.#sources.choose(remote.address, this.#addresses)?.address !== local.address;
  }

  /** The port that we say is ours on a connection that we open: where we listen; undefined where we must not open it. */
  #portOf(transport: TransportName): number | undefined {
    const listensFor = (name: TransportName): number | undefined =>
      this.#streams.find(({ listener }) => listener.transport === name)?.listener.port;
    const own = transport === 'tcp' || transport === 'tls' ? listensFor(transport) : undefined;
    const opens = this.#options.opens?.includes(transport) === true;
    return own ?? (opens ? (listensFor('tcp') ?? DEFAULT_PORT[transport]) : undefined);
  }

  /** The client of a WebSocket cannot be connected to: it names itself by what nobody has (RFC 7118 §5). */
  #advertised(transport: TransportName, local: SocketAddress, remote: SocketAddress): SocketAddress {
    return transport === 'ws' || transport === 'wss'
      ? { address: this.#nobody, port: DEFAULT_PORT[transport] }
      : this.#options.advertise(local, remote);
  }

  async #followAddresses(): Promise<void> {
    const addresses = localAddresses(this.#options.hosts);
    await this.#sources.refresh();
    if (this.#closed) return;
    const before = this.addresses;
    this.#addresses = addresses;
    const now = new Set(this.addresses);
    const gone = new Set(before.filter((address) => !now.has(address)));
    if (gone.size > 0) this.#endFrom(gone);
    if (before.join(' ') !== this.addresses.join(' ') && this.#options.sipPort !== undefined)
      await this.#udp.follow(addresses);
  }

  /**
   * Ends what we opened from addresses that are gone: nothing would come of it, and the kernel goes on trying for a quarter of an
   * hour. Who came to us will notice, or comes back with the address.
   */
  #endFrom(gone: ReadonlySet<string>): void {
    this.#connections.closeWhere((connection) => {
      const { address } = connection.local;
      return gone.has(address) && this.#dialled.has(connection)
        ? `this machine has ${address} no longer`
        : undefined;
    });
  }

  #every(milliseconds: number, act: () => void): void {
    const timer = setInterval(act, milliseconds);
    timer.unref();
    this.#timers.push(timer);
  }
}

interface BoundStream {
  readonly port: number;
  readonly listener: StreamListener | undefined;
  close(): Promise<void>;
}
