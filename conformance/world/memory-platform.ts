import { instant, seededRandom, TimingWheel, wallTime } from '@ringdown/sans-io';
import {
  buildResponse,
  type Destination,
  type DnsAnswer,
  type DnsPort,
  type Flow,
  type SipMessage,
  SipRequest,
  type SocketAddress,
  type Transport,
  type TransportName,
} from '@ringdown/sip';
import { answerBinding } from '@ringdown/stun';
import type {
  Levels,
  MediaEvent,
  OpenPlatform,
  PairRow,
  PhoneMedia,
  Platform,
  PlatformRequest,
  PlatformUser,
} from '@ringdown/user-agent';
import { testHashes, testText } from '../../tools/testing/hashes.ts';
import { MemoryMedia } from './memory-media.ts';
import { bytesOf, MemoryFlow, type Peer, SERVER_ADDRESS } from './network.ts';
import { PhoneFlow } from './user-agent.ts';
import type { World } from './world.ts';

const STARTS_AT = Date.UTC(2026, 0, 1);

export interface MemoryPlatformOptions {
  readonly address: string;
  /** Its chance. */
  readonly seed: number;
  readonly transport?: TransportName;
  /** The domains that its DNS knows: all are at the server's address. */
  readonly domains?: readonly string[];
  /** Why it cannot be opened. */
  readonly fails?: string;
}

/** A device of a world, as a phone sees it; and as a scenario sees it, who can let things get lost, and speak as its media engine. */
export class MemoryPlatform implements Platform<string> {
  readonly transports: readonly TransportName[];
  readonly options: MemoryPlatformOptions;
  readonly world: World;
  /** What was asked for when it was opened. */
  request: PlatformRequest | undefined;
  /** Undefined before it is opened. */
  device: MemoryDevice | undefined;
  loses: (message: SipMessage, way: 'out' | 'in') => boolean = () => false;
  /** The status that a request of ours is answered with, by nobody in particular; undefined: it goes its way. */
  answers: (request: SipRequest) => number | undefined = () => undefined;

  /** Whether STUN comes back from where SIP is spoken. */
  answersStun = true;

  constructor(world: World, options: MemoryPlatformOptions) {
    this.world = world;
    this.options = options;
    this.transports = [options.transport ?? 'udp'];
  }

  open(request: PlatformRequest, user: PlatformUser): Promise<OpenPlatform<string>> {
    this.request = request;
    if (this.options.fails !== undefined) return Promise.reject(new Error(this.options.fails));
    this.device = new MemoryDevice(this, user);
    return Promise.resolve(this.device);
  }

  /** The device. @throws before it was opened */
  get opened(): MemoryDevice {
    if (this.device === undefined) throw new Error('the platform was not opened');
    return this.device;
  }

  get media(): MemoryPhoneMedia {
    return this.opened.media;
  }

  /** The requests of a method that it sent. */
  sent(method: string): SipMessage[] {
    return this.opened.sent.filter((message) => 'method' in message && message.method === method);
  }
}

/** A media engine without sound that hears what is done with its sessions, and tells what a scenario wants it to. */
export class MemoryPhoneMedia extends MemoryMedia implements PhoneMedia<string> {
  readonly muted = new Map<string, boolean>();
  readonly digits: string[] = [];
  /** Whether telephone-events were agreed upon. */
  speaksDigits = false;

  mute(session: string, isMuted: boolean): void {
    this.muted.set(session, isMuted);
  }

  sendDigits(_session: string, digits: string): boolean {
    if (this.speaksDigits) this.digits.push(digits);
    return this.speaksDigits;
  }

  levels(session: string): Levels | undefined {
    return this.sessions.has(session) ? { sent: [], received: [] } : undefined;
  }

  pairs(_session: string): readonly PairRow[] {
    return [];
  }
}

export class MemoryDevice implements OpenPlatform<string>, Transport, Peer {
  readonly address: string;
  readonly port = 5060;
  readonly listens: ReadonlySet<TransportName>;
  readonly instance: string;
  readonly timers = new TimingWheel(instant(0));
  readonly hashes = testHashes;
  readonly text = testText;
  readonly transport = this;
  readonly clock;
  readonly random;
  readonly dns: DnsPort;
  readonly media: MemoryPhoneMedia;
  readonly stun = { send: (flow: Flow, bytes: Uint8Array): void => this.#asks(flow, bytes) };
  readonly sent: SipMessage[] = [];
  readonly keptAlive: Flow[] = [];
  isOpen = true;
  /** How many sessions the media engine still had when it was closed. */
  leftOpen = 0;
  /** Counts what came in: while it grows, the world is not at rest. */
  activity = 0;
  readonly #platform: MemoryPlatform;
  readonly #user: PlatformUser;
  readonly #flows = new Map<MemoryFlow, PhoneFlow>();

  constructor(platform: MemoryPlatform, user: PlatformUser) {
    const { world, options } = platform;
    this.#platform = platform;
    this.#user = user;
    this.address = options.address;
    this.listens = new Set(platform.transports);
    this.instance = `urn:uuid:00000000-0000-1000-8000-${String(options.seed).padStart(12, '0')}`;
    this.clock = { now: () => instant(world.now), wallTime: () => wallTime(STARTS_AT + world.now) };
    this.random = seededRandom(options.seed);
    this.media = new MemoryPhoneMedia((id, answer) => this.#later(() => user.mediaAnswered(id, answer)));
    this.dns = {
      query: ({ id, type, name }) => this.#later(() => user.dnsAnswered(id, this.#found(type, name))),
    };
    this.timers.advance(instant(world.now));
    world.network.addPeer(this);
  }

  /** The media engine tells something. */
  tells(event: MediaEvent): void {
    this.#later(() => this.#user.mediaTold(event));
  }

  /** The network, or our address in it, changed. */
  moves(): void {
    this.#later(() => this.#user.moved('the network changed'));
  }

  /** Its connections break. */
  losesFlows(): void {
    for (const [inner, flow] of [...this.#flows]) {
      this.#flows.delete(inner);
      if (inner.transport !== 'udp') this.#platform.world.network.close(inner);
      this.#later(() => this.#user.flowFailed(flow, { why: 'the connection was reset' }));
    }
  }

  receive(message: SipMessage, flow: MemoryFlow): void {
    if (!this.isOpen || this.#platform.loses(message, 'in')) return;
    this.timers.advance(instant(this.#platform.world.now));
    this.activity++;
    this.#user.messageReceived(message, this.#flowOf(flow));
  }

  /** Something comes from elsewhere than the server. What is said to it is in {@link sent}. */
  hears(message: SipMessage, from: SocketAddress): void {
    const flow = new PhoneFlow(new MemoryFlow('udp', this, undefined), from);
    this.#later(() => this.#user.messageReceived(message, flow));
  }

  send(flow: Flow, message: SipMessage): boolean {
    const { network } = this.#platform.world;
    const { inner } = flow as PhoneFlow;
    if (!inner.open || !this.isOpen) return false;
    this.activity++;
    this.sent.push(message);
    if (inner.peer === undefined) return true;
    const status = message instanceof SipRequest ? this.#platform.answers(message) : undefined;
    if (message instanceof SipRequest && status !== undefined) {
      const response = buildResponse(message, status, { toTag: 'nobody' });
      this.#later(() => this.#user.messageReceived(response, flow));
    } else if (!this.#platform.loses(message, 'out'))
      network.later(() => network.arriveAtProvider(inner, bytesOf(message)));
    return true;
  }

  flowTo({ transport, address }: Destination): Flow | undefined {
    const { network } = this.#platform.world;
    if (address !== SERVER_ADDRESS || !this.listens.has(transport)) return undefined;
    if (transport === 'udp') return this.#flowOf(network.udpFlow({ address: this.address, port: this.port }));
    const open = [...this.#flows.keys()].find((flow) => flow.open && flow.transport === transport);
    return this.#flowOf(open ?? network.connect(transport, this));
  }

  flowOf(): undefined {
    return undefined;
  }

  keepAlive(flow: Flow): void {
    this.keptAlive.push(flow);
  }

  close(): Promise<void> {
    this.isOpen = false;
    this.leftOpen = this.media.sessions.size;
    this.media.sessions.clear();
    for (const inner of this.#flows.keys())
      if (inner.transport !== 'udp') this.#platform.world.network.close(inner);
    this.#flows.clear();
    return Promise.resolve();
  }

  /** The server answers STUN where SIP is spoken. */
  #asks(flow: Flow, bytes: Uint8Array): void {
    const answer = answerBinding(bytes, flow.local);
    if (answer === undefined || !this.#platform.answersStun) return;
    this.#later(() => this.#user.stunReceived(answer, flow));
  }

  #later(action: () => void): void {
    this.#platform.world.network.later(() => {
      if (!this.isOpen) return;
      this.timers.advance(instant(this.#platform.world.now));
      this.activity++;
      action();
    });
  }

  #found(type: string, name: string): DnsAnswer {
    const { domains = [this.#platform.world.domain] } = this.#platform.options;
    if (!domains.includes(name)) return { kind: 'failed', failure: 'no such name' };
    return type === 'A'
      ? { kind: 'records', records: [{ type, name, ttlSeconds: 60, address: SERVER_ADDRESS }] }
      : { kind: 'failed', failure: 'no data' };
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
