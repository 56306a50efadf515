import { nodeHashes } from '@ringdown/net/ports';
import {
  type Clock,
  instant,
  type SocketAddress,
  seededRandom,
  TimingWheel,
  wallTime,
} from '@ringdown/sans-io';
import {
  errorTo,
  finishSigned,
  LongTermServer,
  longTermKey,
  MessageWriter,
  parseStun,
  StunMessage,
  successTo,
  XorMappedAddress,
} from '@ringdown/stun';
import { XorPeerAddress, XorRelayedAddress } from '../src/attributes/addresses.ts';
import { Data } from '../src/attributes/data.ts';
import * as methods from '../src/attributes/methods.ts';
import { ChannelNumber, Lifetime } from '../src/attributes/numbers.ts';

export const CLIENT: SocketAddress = { address: '192.0.2.7', port: 40_000 };
export const SERVER: SocketAddress = { address: '203.0.113.1', port: 3478 };
export const RELAYED: SocketAddress = { address: '203.0.113.1', port: 50_000 };
export const PEER: SocketAddress = { address: '198.51.100.9', port: 6_000 };

const NAMES = new Map(Object.entries(methods).map(([name, method]) => [method, name]));

/** Virtual time: what is due happens in order, at its own time. */
export class VirtualTime {
  readonly timers = new TimingWheel(instant(0));
  #now = 0;

  readonly clock: Clock = {
    now: () => instant(this.#now),
    wallTime: () => wallTime(1_700_000_000_000 + this.#now),
  };

  get nowMs(): number {
    return this.#now;
  }

  later(delayMs: number, action: () => void): void {
    this.timers.start({ timerFired: action }, 'later', delayMs);
  }

  /** Lets so much time pass. */
  run(forMs: number): void {
    const end = this.#now + forMs;
    for (let at = this.timers.deadline(); at !== undefined && at <= end; at = this.timers.deadline()) {
      this.#now = Math.max(this.#now, at);
      this.timers.expire(instant(this.#now));
    }
    this.#now = end;
    this.timers.advance(instant(end));
  }
}

export interface Logged {
  readonly atMs: number;
  /** Such as `ALLOCATE`, or `channel 16384`. */
  readonly what: string;
  readonly message: StunMessage | undefined;
  readonly bytes: Uint8Array;
}

/** A TURN server of one client that does as it is told: what it grants, refuses and forgets stands in its fields. */
export class ScriptedServer {
  /** Everything authenticated that arrived, indications and data too. */
  readonly log: Logged[] = [];
  /** By method, or by method and peer (`CREATE_PERMISSION 10.0.0.1`): the code of the refusal. */
  readonly refusals = new Map<string, number>();
  readonly relayed: SocketAddress[] = [RELAYED];
  lifetimeS = 600;
  silent = false;
  /** Signs its answers with what is not the password. */
  lying = false;
  /** Changes the answers of a method before they are signed. */
  decorate: (method: string, answer: MessageWriter) => void = () => undefined;
  readonly #time: VirtualTime;
  readonly #answer: (bytes: Uint8Array) => void;
  #credentials: LongTermServer<{ keys: { MD5: Uint8Array; 'SHA-256': Uint8Array } }>;

  constructor(time: VirtualTime, answer: (bytes: Uint8Array) => void, password = 'secret') {
    this.#time = time;
    this.#answer = answer;
    this.#credentials = this.#fresh(password, 1);
  }

  /** From now on every nonce that it gave is stale. */
  forgetNonces(): void {
    this.#credentials = this.#fresh('secret', 99);
  }

  asked(what: string): Logged[] {
    return this.log.filter((one) => one.what === what);
  }

  received(bytes: Uint8Array): void {
    if (this.silent) return;
    const atMs = this.#time.nowMs;
    if (bytes[0]! >= 0x40) {
      const what = `channel ${(bytes[0]! << 8) | bytes[1]!}`;
      this.log.push({ atMs, what, message: undefined, bytes });
      return;
    }
    const message = parseStun(bytes);
    if (!(message instanceof StunMessage)) throw new Error(message.why);
    const what = NAMES.get(message.method) ?? 'BINDING';
    if (message.class !== 'request') {
      this.log.push({ atMs, what, message, bytes });
      return;
    }
    const verdict = this.#credentials.authenticate(message, CLIENT);
    if (verdict.kind === 'refused') {
      this.#answer(verdict.answer);
      return;
    }
    if (verdict.kind === 'dropped') throw new Error('the client sent what no server looks at');
    this.log.push({ atMs, what, message, bytes });
    const answer = this.#write(what, message);
    this.decorate(what, answer);
    const lie = { ...verdict, key: verdict.key.map((byte) => byte ^ 1) };
    this.#answer(finishSigned(answer, message, this.lying ? lie : verdict, nodeHashes));
  }

  /** Data of a peer's by an indication. */
  indicate(bytes: Uint8Array, peer = PEER): void {
    const id = seededRandom(this.#time.nowMs).bytes(12);
    this.#answer(
      new MessageWriter(methods.DATA, 'indication', id).add(XorPeerAddress, peer).add(Data, bytes).bytes,
    );
  }

  #write(what: string, request: StunMessage): MessageWriter {
    const peer = request.get(XorPeerAddress);
    const code = this.refusals.get(what) ?? this.refusals.get(`${what} ${peer?.address}`);
    if (code !== undefined) return errorTo(request, code);
    const answer = successTo(request);
    if (what === 'ALLOCATE') {
      for (const address of this.relayed) answer.add(XorRelayedAddress, address);
      answer.add(XorMappedAddress, CLIENT);
    }
    if (what === 'ALLOCATE' || what === 'REFRESH')
      answer.add(Lifetime, request.get(Lifetime) === 0 ? 0 : this.lifetimeS);
    return answer;
  }

  #fresh(password: string, seed: number) {
    const credential = { username: 'alice', realm: 'example.org', password };
    const keys = {
      MD5: longTermKey('MD5', credential, nodeHashes),
      'SHA-256': longTermKey('SHA-256', credential, nodeHashes),
    };
    return new LongTermServer(
      { realm: 'example.org', passwordAlgorithms: ['SHA-256', 'MD5'] },
      { find: (username) => (username === 'alice' ? { keys } : undefined) },
      { clock: this.#time.clock, hashes: nodeHashes, random: seededRandom(seed) },
    );
  }
}

export const channelOf = (message: StunMessage | undefined): number | undefined =>
  message?.get(ChannelNumber);
