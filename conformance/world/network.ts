import {
  buildResponse,
  type Destination,
  type Flow,
  flowKey,
  isReliable,
  Malformed,
  parseMessage,
  type SipMessage,
  SipRequest,
  type SocketAddress,
  type Transport,
  type TransportName,
  type TransportUser,
} from '@ringdown/sip';
import { stampVia } from '../../packages/sip/src/transport/received.ts';
import { StreamFramer, streamFramerDefaults } from '../../packages/sip/src/transport/stream-framer.ts';
import { testText } from '../../tools/testing/hashes.ts';

/** Where the provider of a world is. */
export const SERVER_ADDRESS = '192.0.2.1';

/** One end of a flow that is not the provider's. */
export interface Peer {
  readonly address: string;
  readonly port: number;
  /** Transports that can be opened toward it. */
  readonly listens: ReadonlySet<TransportName>;
  receive(message: SipMessage, flow: MemoryFlow): void;
}

/** A flow in memory: the provider sees its {@link Flow}, the peer writes bytes into it. */
export class MemoryFlow implements Flow {
  readonly transport: TransportName;
  readonly connection: string;
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  readonly advertised: SocketAddress;
  readonly peerNames: readonly string[] = [];
  readonly peer: Peer | undefined;
  readonly toProvider: StreamFramer | undefined;
  readonly toPeer: StreamFramer | undefined;
  open = true;

  constructor(
    transport: TransportName,
    remote: SocketAddress,
    peer: Peer | undefined,
    framers?: { toProvider: StreamFramer; toPeer: StreamFramer },
    connection = '',
  ) {
    const port = transport === 'tls' ? 5061 : 5060;
    this.transport = transport;
    this.connection = connection;
    this.local = { address: SERVER_ADDRESS, port };
    this.advertised = this.local;
    this.remote = remote;
    this.peer = peer;
    this.toProvider = framers?.toProvider;
    this.toPeer = framers?.toPeer;
  }

  get key(): string {
    return flowKey(this);
  }
}

/** What goes over the wire, for tests that count it. */
export interface Traffic {
  toProvider: number;
  fromProvider: number;
  datagramsFromProvider: number;
}

/**
 * Every host of a world: carries bytes between the provider and its peers. Messages are written to bytes and read again at
 * each end, over streams through a framer, so that what is spliced wrongly does not arrive. Deliveries wait in a queue that
 * {@link settle} empties: no machine is ever called from within itself.
 */
export class Network implements Transport {
  readonly traffic: Traffic = { toProvider: 0, fromProvider: 0, datagramsFromProvider: 0 };
  readonly keptAlive: string[] = [];
  /** What the framers and parsers at the peers' ends could not read: the provider must never send such a thing. */
  readonly garbled: string[] = [];
  private readonly peers = new Map<string, Peer>();
  private readonly connections = new Map<string, MemoryFlow>();
  private readonly queue: (() => void)[] = [];
  private user: TransportUser | undefined = undefined;
  private lastPort = 40_000;
  private opened = 0;

  attach(user: TransportUser): void {
    this.user = user;
  }

  addPeer(peer: Peer): void {
    this.peers.set(`${peer.address} ${peer.port}`, peer);
  }

  /** Nobody is there any more. */
  removePeer({ address, port }: Peer): void {
    this.peers.delete(`${address} ${port}`);
  }

  /** Does something a moment later, in the order of arrival. */
  later(action: () => void): void {
    this.queue.push(action);
  }

  /** Delivers everything that is under way, and what comes of it. */
  settle(): void {
    for (let steps = 0; this.queue.length > 0; steps++) {
      if (steps > 100_000) throw new Error('the world does not come to rest: messages run in a circle');
      this.queue.shift()!();
    }
  }

  send(flow: Flow, message: SipMessage): boolean {
    const to = flow as MemoryFlow;
    if (!to.open) return false;
    const bytes = bytesOf(message);
    this.traffic.fromProvider += bytes.length;
    this.traffic.datagramsFromProvider++;
    this.later(() => this.arriveAtPeer(to, bytes));
    return true;
  }

  flowTo({ transport, address, port }: Destination): Flow | undefined {
    if (transport === 'udp') return this.udpFlow({ address, port });
    const known = [...this.connections.values()].find(
      (flow) =>
        flow.open &&
        flow.transport === transport &&
        flow.remote.address === address &&
        flow.remote.port === port,
    );
    if (known !== undefined) return known;
    const peer = this.peers.get(`${address} ${port}`);
    const flow = this.connection(transport, { address, port }, peer);
    if (peer?.listens.has(transport) !== true) this.later(() => this.close(flow, 'connection refused'));
    return flow;
  }

  keepAlive(flow: Flow): void {
    this.keptAlive.push(flowKey(flow));
  }

  flowOf(key: string): Flow | undefined {
    const [transport, , , address, port] = key.split(' ');
    return transport === 'udp'
      ? this.udpFlow({ address: address!, port: Number(port) })
      : this.connections.get(key);
  }

  udpFlow(remote: SocketAddress): MemoryFlow {
    return new MemoryFlow('udp', remote, this.peers.get(`${remote.address} ${remote.port}`));
  }

  /** A connection that the peer opened: from a port that nobody listens at. */
  connect(transport: TransportName, peer: Peer, port = this.lastPort++): MemoryFlow {
    return this.connection(transport, { address: peer.address, port }, peer);
  }

  /** All connections are gone and nobody was told: the provider was not running. */
  forgetsConnections(): void {
    for (const flow of this.connections.values()) flow.open = false;
    this.connections.clear();
  }

  /** Ends a connection as its peer, or the network, does. */
  close(flow: MemoryFlow, why = 'the peer closed the connection'): void {
    if (!flow.open) return;
    flow.open = false;
    this.connections.delete(flow.key);
    this.user!.flowFailed(flow, { why });
  }

  /** Bytes of a peer arrive at the provider. */
  arriveAtProvider(flow: MemoryFlow, bytes: Uint8Array): void {
    this.traffic.toProvider += bytes.length;
    if (flow.toProvider !== undefined && flow.transport !== 'ws' && flow.transport !== 'wss') {
      if (flow.open) flow.toProvider.push(bytes);
      return;
    }
    const seen = flow.transport === 'udp' ? this.user!.glanceAt?.(bytes, flow) : undefined;
    if (seen instanceof Uint8Array) {
      if (seen.length === 0) return;
      const answer = seen.slice();
      this.traffic.fromProvider += answer.length;
      this.traffic.datagramsFromProvider++;
      this.later(() => this.arriveAtPeer(flow, answer));
      return;
    }
    const message = parseMessage(testText.latin1(bytes), bytes);
    if (message instanceof Malformed) return;
    this.hand(message, flow, seen === undefined);
  }

  private connection(transport: TransportName, remote: SocketAddress, peer: Peer | undefined): MemoryFlow {
    const toProvider = new StreamFramer(testText, streamFramerDefaults, (event) => {
      if (event.kind === 'message') this.hand(event.message, flow);
      if (event.kind !== 'violation') return;
      if (event.request !== undefined) this.send(flow, buildResponse(event.request, event.status));
      if (!event.goesOn) this.later(() => this.close(flow, event.why));
    });
    // What is answered, or passed on, is longer than what was asked by a few lines.
    const maxHeadBytes = streamFramerDefaults.maxHeadBytes + 4096;
    const toPeer = new StreamFramer(testText, { ...streamFramerDefaults, maxHeadBytes }, (event) => {
      if (event.kind === 'message') peer?.receive(event.message, flow);
      else if (event.kind === 'violation') this.garbled.push(event.why);
    });
    const flow: MemoryFlow = new MemoryFlow(
      transport,
      remote,
      peer,
      { toProvider, toPeer },
      `c${this.opened++}`,
    );
    this.connections.set(flow.key, flow);
    return flow;
  }

  private hand(message: SipMessage, flow: MemoryFlow, isAskedAbout = true): void {
    if (isAskedAbout && message instanceof SipRequest && this.user!.isDoneWith?.(message, flow) === true)
      return;
    this.user!.messageReceived(
      message instanceof SipRequest ? stampVia(message, flow.remote) : message,
      flow,
    );
  }

  private arriveAtPeer(flow: MemoryFlow, bytes: Uint8Array): void {
    if (!flow.open) return;
    if (isReliable(flow.transport) && flow.transport !== 'ws' && flow.transport !== 'wss') {
      flow.toPeer!.push(bytes);
      return;
    }
    const message = parseMessage(testText.latin1(bytes), bytes);
    if (message instanceof Malformed) this.garbled.push(message.why);
    else flow.peer?.receive(message, flow);
  }
}

/** A message as it goes over the wire. */
export const bytesOf = (message: Pick<SipMessage, 'head' | 'body'>): Uint8Array => {
  const head = testText.latin1Bytes(message.head);
  const bytes = new Uint8Array(head.length + message.body.length);
  bytes.set(head);
  bytes.set(message.body, head.length);
  return bytes;
};
