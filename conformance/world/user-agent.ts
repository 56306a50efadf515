import { instant, seededRandom, TimingWheel, wallTime } from '@ringdown/sans-io';
import {
  buildResponse,
  type Destination,
  type DnsRecord,
  edit,
  type Flow,
  type SipMessage,
  type SipRequest,
  type SipResponse,
  type SocketAddress,
  type Transport,
  type TransportName,
  Zone,
} from '@ringdown/sip';
import { answerBinding } from '@ringdown/stun';
import {
  type Call,
  createUserAgent,
  type IncomingCall,
  type UserAgent,
  type UserAgentEvent,
  type UserAgentOptions,
} from '@ringdown/user-agent';
import { testHashes, testText } from '../../tools/testing/hashes.ts';
import { MemoryMedia } from './memory-media.ts';
import { bytesOf, MemoryFlow, type Peer, SERVER_ADDRESS } from './network.ts';
import type { World } from './world.ts';

const STARTS_AT = Date.UTC(2026, 0, 1);

/** A flow as the phone sees it: its own end is local. */
export class PhoneFlow implements Flow {
  readonly inner: MemoryFlow;
  readonly local: SocketAddress;
  readonly advertised: SocketAddress;
  readonly remote: SocketAddress;
  readonly peerNames: readonly string[] = [];

  constructor(inner: MemoryFlow, remote = inner.local) {
    this.inner = inner;
    this.local = inner.remote;
    this.advertised = inner.remote;
    this.remote = remote;
  }

  get transport(): TransportName {
    return this.inner.transport;
  }

  get connection(): string {
    return this.inner.connection;
  }

  /** The address that it began at is ours no more. */
  isLeft = false;

  get open(): boolean {
    return this.inner.open && !this.isLeft;
  }
}

export interface UserAgentPhoneOptions extends Partial<UserAgentOptions> {
  readonly transport?: TransportName;
  readonly password?: string;
  /** What its DNS knows besides the address of the domain. */
  readonly dns?: readonly DnsRecord[];
}

/** A real phone in a world: a user agent on the wire of the provider, which can lose what it is told to. */
export class UserAgentPhone implements Peer, Transport {
  address: string;
  readonly port = 5060;
  readonly listens: ReadonlySet<TransportName>;
  readonly events: UserAgentEvent[] = [];
  readonly sent: SipMessage[] = [];
  readonly received: SipMessage[] = [];
  readonly keptAlive: Flow[] = [];
  /** How often it asked by STUN how it is seen. */
  asked = 0;
  /** Whether its server answers STUN. */
  stunIsAnswered = true;
  /** How a NAT lets it be seen; undefined: as it is. */
  seenAs: SocketAddress | undefined;
  /** Servers that the DNS names and that are not there: over UDP nobody answers, connections are refused. */
  readonly deadServers = new Set<string>();
  /** Addresses of servers that answer everything with 503. */
  readonly overloaded = new Set<string>();
  /** What is said in the place of the provider; undefined: it is asked itself. */
  inItsPlace: (request: SipRequest) => SipResponse | undefined = () => undefined;
  /** Other addresses of the provider. */
  readonly alsoServers = new Set<string>();
  /** Where each of {@link sent} went. */
  readonly sentTo: string[] = [];
  /** Within how many seconds its server wants a sign of life (RFC 5626 §4.4). */
  flowTimer: number | undefined;
  /** No way out: nothing is to be opened. */
  isOffline = false;
  readonly media = new MemoryMedia((id, answer) =>
    this.#world.network.later(() => this.agent.mediaAnswered(id, answer)),
  );
  readonly agent: UserAgent;
  readonly wheel = new TimingWheel(instant(0));
  /** What gets lost on the way out, and on the way in. */
  loses: (message: SipMessage, way: 'out' | 'in') => boolean = () => false;
  /** How far the wall clock is ahead: the device slept. */
  sleptMs = 0;
  readonly #world: World;
  readonly #flows = new Map<MemoryFlow, PhoneFlow>();

  constructor(world: World, username: string, options: UserAgentPhoneOptions = {}) {
    const { transport = 'udp', password = 'secret', dns = [], ...rest } = options;
    const zone = new Zone([
      { type: 'A', name: world.domain, ttlSeconds: 60, address: SERVER_ADDRESS },
      ...dns,
    ]);
    this.#world = world;
    phones++;
    this.address = `203.0.${113 + (phones >> 8)}.${phones & 255}`;
    this.listens = new Set([transport]);
    world.network.addPeer(this);
    this.agent = createUserAgent(
      {
        account: { username, domain: world.domain, password },
        instance: `urn:uuid:00000000-0000-1000-8000-${username.padEnd(12, '0')}`,
        transports: [transport],
        ...rest,
      },
      {
        transport: this,
        dns: {
          query: (question) =>
            world.network.later(() =>
              this.agent.dnsAnswered(
                question.id,
                zone.answer(question) ?? { kind: 'failed', failure: 'no such name' },
              ),
            ),
        },
        clock: {
          now: () => instant(world.now),
          wallTime: () => wallTime(STARTS_AT + world.now + this.sleptMs),
        },
        timers: this.wheel,
        random: seededRandom(phones),
        hashes: testHashes,
        text: testText,
        media: this.media,
        stun: { send: (flow, bytes) => this.#asks(flow, bytes) },
        deliver: (event) => this.events.push(event),
      },
    );
  }

  /** The kinds of what was told. */
  get kinds(): string[] {
    return this.events.map(({ kind }) => kind);
  }

  /** The last event of a kind. @throws where there is none */
  last<Kind extends UserAgentEvent['kind']>(kind: Kind): Extract<UserAgentEvent, { kind: Kind }> {
    const found = this.events.filter((event) => event.kind === kind).at(-1);
    if (found === undefined) throw new Error(`no ${kind} among ${this.kinds.join(', ')}`);
    return found as Extract<UserAgentEvent, { kind: Kind }>;
  }

  get ringing(): IncomingCall {
    return this.last('incoming call').call;
  }

  /** Does something as its user, and lets everything arrive. */
  does<Result>(action: (agent: UserAgent) => Result): Result {
    this.wheel.advance(instant(this.#world.now));
    const result = action(this.agent);
    this.#world.network.settle();
    return result;
  }

  registers(): this {
    this.does((agent) => agent.register());
    if (this.agent.registration !== 'registered') passes(this.#world, [this], 10);
    return this;
  }

  calls(target: string): Call {
    return this.does((agent) => agent.call(target));
  }

  requests(method: string): SipMessage[] {
    return this.sent.filter((message) => 'method' in message && message.method === method);
  }

  receive(message: SipMessage, flow: MemoryFlow): void {
    if (this.loses(message, 'in')) return;
    this.received.push(message);
    this.wheel.advance(instant(this.#world.now));
    this.agent.messageReceived(this.#asServed(message), this.#flowOf(flow));
  }

  /** Something comes from elsewhere than the server, or on another connection. What is said to it is in {@link sent}. */
  hears(message: SipMessage, from: SocketAddress, transport: TransportName = 'udp'): void {
    this.does((agent) =>
      agent.messageReceived(message, new PhoneFlow(new MemoryFlow(transport, this, undefined), from)),
    );
  }

  #asServed(message: SipMessage): SipMessage {
    const isRegistered = 'status' in message && message.text('CSeq')?.endsWith('REGISTER') === true;
    if (!isRegistered || this.flowTimer === undefined) return message;
    return edit(message).append({ name: 'Flow-Timer' }, String(this.flowTimer)).build();
  }

  send(flow: Flow, message: SipMessage): boolean {
    const { network } = this.#world;
    const { inner } = flow as PhoneFlow;
    if (!flow.open) return false;
    this.sent.push(message);
    this.sentTo.push(flow.remote.address);
    if (this.deadServers.has(flow.remote.address) || isNowhere(inner)) return true;
    if (this.overloaded.has(flow.remote.address) && 'method' in message) {
      network.later(() => this.agent.messageReceived(buildResponse(message, 503), flow));
      return true;
    }
    const said = 'method' in message ? this.inItsPlace(message) : undefined;
    if (said !== undefined) network.later(() => this.agent.messageReceived(said, flow));
    else if (!this.loses(message, 'out'))
      network.later(() => network.arriveAtProvider(inner, bytesOf(message)));
    return true;
  }

  flowTo({ transport, address, port }: Destination): Flow | undefined {
    const { network } = this.#world;
    if (this.deadServers.has(address) && !this.isOffline)
      return this.#flowToNobody(transport, { address, port });
    if (
      this.isOffline ||
      (address !== SERVER_ADDRESS && !this.alsoServers.has(address)) ||
      !this.listens.has(transport)
    )
      return undefined;
    if (transport === 'udp') {
      const known = [...this.#flows.values()].find((flow) => flow.remote.address === address);
      if (known !== undefined) return known;
      this.#flows.clear();
      const inner = network.udpFlow({ address: this.address, port: this.port });
      const flow = new PhoneFlow(inner, { address, port });
      this.#flows.set(inner, flow);
      return flow;
    }
    const open = [...this.#flows.keys()].find((flow) => flow.open && flow.transport === transport);
    return this.#flowOf(open ?? network.connect(transport, this));
  }

  flowOf(): undefined {
    return undefined;
  }

  keepAlive(flow: Flow): void {
    this.keptAlive.push(flow);
    // Whoever speaks to a server that was started anew is told that it knows no such connection.
    if (!flow.open) this.#breaks(flow);
  }

  /** Its connections break: the network does, or the server has gone without a word. */
  losesFlows(): void {
    for (const [inner, flow] of [...this.#flows]) {
      this.#flows.delete(inner);
      if (inner.transport !== 'udp') this.#world.network.close(inner);
      this.agent.flowFailed(flow, { why: 'the connection was reset' });
    }
    this.#world.network.settle();
  }

  #flowToNobody(transport: TransportName, remote: SocketAddress): Flow {
    const flow = new PhoneFlow(new MemoryFlow(transport, this, undefined), remote);
    if (transport !== 'udp') this.#breaks(flow);
    return flow;
  }

  #breaks(flow: Flow): void {
    this.#world.network.later(() => {
      (flow as PhoneFlow).isLeft = true;
      this.#flows.delete((flow as PhoneFlow).inner);
      this.agent.flowFailed(flow, { why: 'the connection was reset' });
    });
  }

  #asks(flow: Flow, bytes: Uint8Array): void {
    this.asked++;
    if (!this.stunIsAnswered || this.deadServers.has(flow.remote.address)) return;
    const answer = answerBinding(bytes, this.seenAs ?? this);
    if (answer !== undefined) this.#world.network.later(() => this.agent.stunReceived(answer, flow));
  }

  /** Another network: its old address leads nowhere, and it is told so. `isOpen`: what is sent from there goes out all the same. */
  goesTo(address: string, { isOpen = false } = {}): void {
    const { network } = this.#world;
    network.removePeer(this);
    this.address = address;
    network.addPeer(this);
    for (const flow of this.#flows.values()) flow.isLeft = !isOpen;
    this.#flows.clear();
    this.agent.moved();
  }

  #flowOf(inner: MemoryFlow): PhoneFlow {
    const known = [...this.#flows.entries()].find(
      ([one]) => one === inner || (inner.transport === 'udp' && one.transport === 'udp'),
    );
    if (known !== undefined) return known[1];
    const flow = new PhoneFlow(inner);
    this.#flows.set(inner, flow);
    return flow;
  }
}

/** A flow that the provider has no part in. */
const isNowhere = ({ peer, transport }: MemoryFlow): boolean => peer === undefined && transport === 'udp';

let phones = 10;

/** Lets time pass for the provider and its phones alike. */
export const passes = (world: World, among: readonly UserAgentPhone[], milliseconds: number): void => {
  world.network.settle();
  const end = world.now + milliseconds;
  while (world.now < end) {
    const next = among.map(({ wheel }) => wheel.deadline() ?? end);
    world.passes(Math.max(1, Math.min(end, ...next) - world.now));
    for (const { wheel } of among) wheel.expire(instant(world.now));
    world.network.settle();
  }
};
