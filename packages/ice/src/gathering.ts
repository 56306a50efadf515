import type { Timer, Timers, TimerTarget } from '@ringdown/sans-io';
import {
  type ClientTransaction,
  defaultRetransmission,
  MappedAddress,
  type TransportAddress,
  XorMappedAddress,
} from '@ringdown/stun';
import { canonical, isIpv6, isLinkLocalIpv6, sameAddress } from './address.ts';
import type { Base } from './candidate.ts';
import { writeQuestion } from './check-message.ts';
import type { Answer, Wire } from './wire.ts';

/** RFC 8445 §5.1.1.4: the bindings of NATs are kept as long as candidates rely on them; §11: not more often than this. */
const KEEP_ALIVE_MS = 15_000;

interface Inquiry {
  readonly base: Base;
  readonly server: TransportAddress;
  answered: boolean;
  running: ClientTransaction | undefined;
}

export interface GatheringUser {
  /** What a server says that it sees a base as; told again when that changes, or stays. */
  mapped(base: Base, server: TransportAddress, address: TransportAddress): void;
  failed(base: Base, server: TransportAddress, why: string): void;
  /** There is something to start. */
  waits(): void;
  /** An inquiry has ended. */
  progressed(): void;
}

/** Asks STUN servers from each host base what they see it as (RFC 8445 §5.1.1.2). */
export class Gathering implements TimerTarget {
  readonly #wire: Wire;
  readonly #timers: Timers;
  readonly #user: GatheringUser;
  readonly #servers: readonly TransportAddress[];
  #inquiries: Inquiry[] = [];
  #queue: Inquiry[] = [];
  #timer: Timer | undefined = undefined;

  constructor(wire: Wire, timers: Timers, servers: readonly TransportAddress[], user: GatheringUser) {
    this.#wire = wire;
    this.#timers = timers;
    this.#servers = servers.map(canonical);
    this.#user = user;
  }

  /** Whether every server has answered or been given up. */
  get idle(): boolean {
    return this.#queue.length === 0 && this.#inquiries.every(({ running }) => running === undefined);
  }

  addBase(base: Base): void {
    if (base.kind !== 'host' || isLinkLocalIpv6(base.address)) return;
    for (const server of this.#servers) {
      if (isIpv6(server.address) !== isIpv6(base.address)) continue;
      const inquiry: Inquiry = { base, server, answered: false, running: undefined };
      this.#inquiries.push(inquiry);
      this.#queue.push(inquiry);
    }
    if (this.#queue.length > 0) this.#user.waits();
  }

  removeBase(baseId: string): void {
    for (const { base, running } of this.#inquiries) if (base.id === baseId) running?.cancel();
    this.#inquiries = this.#inquiries.filter(({ base }) => base.id !== baseId);
    this.#queue = this.#queue.filter(({ base }) => base.id !== baseId);
  }

  /** Starts one inquiry. @returns whether there was one. @param taMs the pace, which the RTO depends on (§14.3) */
  next(taMs: number): boolean {
    const inquiry = this.#queue.shift();
    if (inquiry === undefined) return false;
    const rtoMs = Math.max(defaultRetransmission.rtoMs, taMs * this.#inquiries.length);
    const { base, server } = inquiry;
    inquiry.running = this.#wire.ask({
      base,
      to: server,
      retransmission: { ...defaultRetransmission, rtoMs },
      write: writeQuestion,
      done: (answer) => this.#ended(inquiry, answer),
    });
    return true;
  }

  timerFired(): void {
    this.#timer = undefined;
    this.#queue.push(
      ...this.#inquiries.filter(
        (one) => one.answered && one.running === undefined && !this.#queue.includes(one),
      ),
    );
    this.#keepAlive();
    if (this.#queue.length > 0) this.#user.waits();
  }

  /** Asks no more: ICE has concluded, or starts over. */
  stop(): void {
    for (const { running } of this.#inquiries) running?.cancel();
    this.#inquiries = [];
    this.#queue = [];
    if (this.#timer !== undefined) this.#timers.stop(this.#timer);
    this.#timer = undefined;
  }

  #ended(inquiry: Inquiry, answer: Answer): void {
    const { base, server } = inquiry;
    const isFirst = !inquiry.answered;
    inquiry.running = undefined;
    const result = mappedAddress(answer, base, server);
    if (typeof result === 'string') {
      if (isFirst) this.#user.failed(base, server, result);
    } else {
      inquiry.answered = true;
      this.#keepAlive();
      this.#user.mapped(base, server, result);
    }
    this.#user.progressed();
  }

  #keepAlive(): void {
    this.#timer ??= this.#timers.start(this, 'keep alive', KEEP_ALIVE_MS);
  }
}

/** What an answer says; or why it says nothing. */
const mappedAddress = (answer: Answer, base: Base, server: TransportAddress): TransportAddress | string => {
  if (answer.kind === 'timeout') return 'the server did not answer';
  if (answer.base !== base.id || !sameAddress(answer.from, server))
    return 'the answer came from, or to, another address';
  if (answer.message.class === 'error') return 'the server refused';
  const mapped = answer.message.get(XorMappedAddress) ?? answer.message.get(MappedAddress);
  return mapped ?? 'the answer has no mapped address';
};
