import { nodeHashes } from '@ringdown/net/ports';
import {
  type Instant,
  instant,
  type SocketAddress,
  seededRandom,
  TimingWheel,
  type UdpSocket,
  type UdpSocketOptions,
  wallTime,
} from '@ringdown/sans-io';
import {
  type Attribute,
  addIntegrity,
  ErrorCode,
  type IntegrityAlgorithm,
  integrityHolds,
  longTermKey,
  MessageWriter,
  Nonce,
  parseStun,
  Realm,
  StunMessage,
  Username,
} from '@ringdown/stun';
import { XorPeerAddress, XorRelayedAddress } from '../src/attributes/addresses.ts';
import { StreamFramer } from '../src/attributes/framer.ts';
import { ALLOCATE, CREATE_PERMISSION } from '../src/attributes/methods.ts';
import { RequestedTransport, UDP } from '../src/attributes/numbers.ts';
import {
  type RelayListener,
  type RelaySockets,
  type RelayStream,
  type RelayStreamUser,
  type RelayTcpUser,
  type RelayUdpUser,
  type TurnClientPath,
  type TurnEvent,
  TurnServer,
  type TurnServerOptions,
  type TurnUser,
} from '../src/index.ts';

export const REALM = 'example.org';
/** A relay's address that no policy has anything against, and the address of a peer. */
export const RELAY = '5.5.5.5';
export const RELAY6 = '2a00:5::5';
export const PEER: SocketAddress = { address: '8.8.4.4', port: 4_000 };
export const PEER6: SocketAddress = { address: '2a00:8::4', port: 4_000 };
const START = 1_800_000_000_000;

export interface Sent {
  readonly from: SocketAddress;
  readonly to: SocketAddress;
  readonly bytes: Uint8Array;
}

/** Relay sockets in memory: what was sent is kept, and what was asked for is done when the stage settles. */
export class FakeRelays implements RelaySockets {
  readonly open = new Map<string, RelayUdpUser>();
  readonly listening = new Map<string, RelayTcpUser>();
  readonly taken = new Set<number>();
  readonly sent: Sent[] = [];
  readonly connects: { peer: SocketAddress; user: RelayStreamUser; stream: FakeStream }[] = [];
  asked: number[] = [];
  refuseAll = false;
  #pending: (() => void)[] = [];

  openUdp({ address, port = 0 }: UdpSocketOptions, user: RelayUdpUser): void {
    const key = `${address} ${port}`;
    const socket: UdpSocket = {
      local: { address, port },
      send: (bytes, to) => this.sent.push({ from: { address, port }, to, bytes: bytes.slice() }),
      close: () => this.open.delete(key),
    };
    this.#attempt(port, this.open.has(key), user, () => {
      this.open.set(key, user);
      user.opened(socket);
    });
  }

  listenTcp({ address, port }: SocketAddress, user: RelayTcpUser): void {
    const key = `${address} ${port}`;
    const listener: RelayListener = { close: () => this.listening.delete(key) };
    this.#attempt(port, this.listening.has(key), user, () => {
      this.listening.set(key, user);
      user.opened(listener);
    });
  }

  connectTcp(_local: SocketAddress, peer: SocketAddress, user: RelayStreamUser): RelayStream {
    const stream = new FakeStream(peer);
    this.connects.push({ peer, user, stream });
    return stream;
  }

  settle(): void {
    while (this.#pending.length > 0) this.#pending.shift()!();
  }

  #attempt(port: number, isTaken: boolean, user: { failed(why: string): void }, open: () => void): void {
    this.asked.push(port);
    this.#pending.push(() => {
      if (isTaken || this.refuseAll || this.taken.has(port)) user.failed('taken');
      else open();
    });
  }
}

export class FakeStream implements RelayStream {
  readonly remote: SocketAddress;
  readonly sent: Uint8Array[] = [];
  queuedBytes = 0;
  isClosed = false;
  isPaused = false;

  constructor(remote: SocketAddress) {
    this.remote = remote;
  }

  send(bytes: Uint8Array): void {
    this.sent.push(bytes.slice());
  }
  close(): void {
    this.isClosed = true;
  }
  pause(): void {
    this.isPaused = true;
  }
  resume(): void {
    this.isPaused = false;
  }
}

/** Users by name; their passwords are `password of NAME`. */
export const keyOf = (username: string): Uint8Array =>
  longTermKey('MD5', { username, realm: REALM, password: `password of ${username}` }, nodeHashes);

export class Stage {
  readonly relays = new FakeRelays();
  readonly events: TurnEvent[] = [];
  readonly users = new Map<string, TurnUser>();
  readonly wheel = new TimingWheel(instant(0));
  readonly server: TurnServer;
  nowMs = 0;

  constructor(options: Partial<TurnServerOptions> = {}) {
    for (const name of ['alice', 'bob']) this.users.set(name, { name, keys: { MD5: keyOf(name) } });
    const clock = { now: () => this.now, wallTime: () => wallTime(START + this.nowMs) };
    this.server = new TurnServer(
      { realm: REALM, relayAddresses: [{ address: RELAY }, { address: RELAY6 }], ...options },
      {
        clock,
        timers: this.wheel,
        random: seededRandom(7),
        hashes: nodeHashes,
        credentials: { find: (name) => this.users.get(name) },
        relays: this.relays,
        observe: (event) => this.events.push(event),
      },
    );
  }

  get now(): Instant {
    return instant(this.nowMs);
  }

  advance(milliseconds: number): void {
    this.nowMs += milliseconds;
    this.wheel.expire(this.now);
    this.relays.settle();
  }

  client(port: number, options: Partial<ClientOptions> = {}): StageClient {
    return new StageClient(this, {
      address: '9.9.9.9',
      username: 'alice',
      transport: 'udp',
      ...options,
      port,
    });
  }

  /** A datagram of a peer's at a relayed transport address. */
  fromPeer(relayed: SocketAddress, peer: SocketAddress, bytes: Uint8Array): void {
    this.relays.open.get(`${relayed.address} ${relayed.port}`)?.received(bytes, peer);
  }
}

interface ClientOptions {
  readonly address: string;
  readonly port: number;
  readonly username: string;
  readonly transport: TurnClientPath['transport'];
}

export type Add = (writer: MessageWriter) => unknown;
let ids = 0;

/** A client of the stage: what it is sent is kept as messages. */
export class StageClient {
  readonly stage: Stage;
  readonly path: TurnClientPath & { queuedBytes: number };
  readonly inbox: Uint8Array[] = [];
  readonly raw: Uint8Array[] = [];
  username: string;
  key: Uint8Array;
  nonce = '';
  isClosed = false;
  isKept = false;
  isPaused = false;
  isRaw = false;
  readonly #framer = new StreamFramer();

  constructor(stage: Stage, { address, port, username, transport }: ClientOptions) {
    this.stage = stage;
    this.username = username;
    this.key = keyOf(username);
    this.path = {
      transport,
      local: { address: RELAY, port: 3_478 },
      remote: { address, port },
      queuedBytes: 0,
      send: (bytes) => this.#take(bytes.slice()),
      close: () => {
        this.isClosed = true;
      },
      keep: () => {
        this.isKept = true;
      },
      pause: () => {
        this.isPaused = true;
      },
      resume: () => {
        this.isPaused = false;
      },
    };
  }

  /** Sends bytes as they are. UDP paths are made anew for each datagram, as an app may. */
  send(bytes: Uint8Array): void {
    const path = this.path.transport === 'udp' ? { ...this.path, local: { ...this.path.local } } : this.path;
    this.stage.server.received(path, bytes.slice());
    this.stage.relays.settle();
  }

  /** What has come since this was asked last. */
  take(): Uint8Array[] {
    return this.inbox.splice(0);
  }

  write(method: number, add: Add = () => undefined, id?: Uint8Array): MessageWriter {
    const writer = new MessageWriter(method, 'request', id ?? nextId());
    add(writer);
    return writer;
  }

  sign(writer: MessageWriter, algorithm: IntegrityAlgorithm = 'sha1'): Uint8Array {
    writer.add(Username, this.username).add(Realm, REALM).add(Nonce, this.nonce);
    return addIntegrity(writer, algorithm, this.key, nodeHashes).bytes;
  }

  /** Gets a nonce. */
  greet(): this {
    if (this.nonce !== '') return this;
    this.send(this.write(ALLOCATE).bytes);
    this.nonce = this.answer().get(Nonce)!;
    return this;
  }

  /** Makes a request with a credential. @returns its answer; undefined where there is none */
  ask(method: number, add?: Add, id?: Uint8Array): StunMessage | undefined {
    this.greet();
    this.send(this.sign(this.write(method, add, id)));
    return this.inbox.length === 0 ? undefined : this.answer();
  }

  /** The code of the answer; 0 for success. */
  code(method: number, add?: Add, id?: Uint8Array): number | undefined {
    const answer = this.ask(method, add, id);
    if (answer === undefined) return undefined;
    if (integrityHolds(answer, 'sha1', this.key, nodeHashes) !== true && answer.class === 'success')
      throw new Error('a success that is not signed');
    return answer.class === 'success' ? 0 : answer.get(ErrorCode)!.code;
  }

  allocate(add: Add = () => undefined): SocketAddress {
    const answer = this.ask(ALLOCATE, (writer) => {
      writer.add(RequestedTransport, UDP);
      add(writer);
    });
    const relayed = answer?.get(XorRelayedAddress);
    if (relayed === undefined) throw new Error(`not allocated: ${answer?.get(ErrorCode)?.code}`);
    return relayed;
  }

  permit(...peers: readonly SocketAddress[]): number | undefined {
    return this.code(CREATE_PERMISSION, (writer) => {
      for (const peer of peers) writer.add(XorPeerAddress, peer);
    });
  }

  answer(): StunMessage {
    const message = parseStun(this.inbox.pop()!);
    if (message instanceof StunMessage) return message;
    throw new Error(message.why);
  }

  #take(bytes: Uint8Array): void {
    if (this.isRaw) {
      this.raw.push(bytes);
      return;
    }
    if (this.path.transport === 'udp') {
      this.inbox.push(bytes);
      return;
    }
    this.#framer.push(bytes);
    for (let frame = this.#framer.next(); frame !== undefined; frame = this.#framer.next()) {
      if (!(frame instanceof Uint8Array)) throw new Error(frame.why);
      this.inbox.push(frame);
    }
  }
}

export const nextId = (): Uint8Array => {
  ids++;
  return Uint8Array.from({ length: 12 }, (_, index) => (index < 4 ? ids >>> (8 * index) : index));
};

/** An indication. */
export const indication = (method: number, add: Add): Uint8Array => {
  const writer = new MessageWriter(method, 'indication', nextId());
  add(writer);
  return writer.bytes;
};

export const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);

/** An attribute of any type, as bytes. */
export const anyAttribute = (type: number): Attribute<Uint8Array> => ({
  name: `0x${type.toString(16)}`,
  type,
  decode: (value) => value,
  encode: (value) => value,
});
