/**
 * A server with its socket, its probes and its turn of mind, and calls of which more come than it can carry, in virtual time: what
 * `Overload` does about it is seen in a second of real time instead of minutes of a machine that nobody else may use.
 */
import { instant } from '@ringdown/sans-io';
import { parseHead, SipRequest } from '@ringdown/sip';
import type { Incoming } from '../src/incoming.ts';
import { Overload } from '../src/policy/overload.ts';

/** What each message of a call costs the server, in milliseconds: a call 0.29, a refusal with its ACK a twelfth of it. */
const COSTS = {
  first: 0.028,
  ack: 0.013,
  second: 0.09,
  ringing: 0.03,
  answer: 0.035,
  bye: 0.055,
  end: 0.039,
} as const;
const REFUSAL_MS = 0.016;
const REFUSAL_ACK_MS = 0.008;
/** What comes again is absorbed, or answered again, for so much of the cost. */
const REPEATED_SHARE = 0.5;
/** Calls a second that make the server busy all the time. */
export const CAPACITY = 1000 / Object.values(COSTS).reduce((sum, cost) => sum + cost, 0);
/** Datagrams that the socket holds; more are lost. */
const SOCKET = 4_500;
/** Senders repeat themselves after so long, and then after twice as long each time, so often (RFC 3261 §17.1). */
const T1_MS = 500;
const REPEATS = 5;
const LOOK_MS = 20;

type Kind = keyof typeof COSTS;
interface Call {
  step: Kind | 'over';
  refused: boolean;
}

interface Datagram {
  readonly kind: Kind | 'probe';
  readonly call: Call;
  readonly at: number;
}

/** A while in which the machine does something else as well. */
export interface Slow {
  readonly fromMs: number;
  readonly toMs: number;
  /** How fast it works then: 0.5 is half as fast, 0 is not at all. */
  readonly speed: number;
}

export interface Load {
  /** Calls that come, in times of what the server can carry. */
  readonly times: number;
  readonly slow?: readonly Slow[];
  /** How long a datagram is under way between phones and server. Default: 0 */
  readonly networkMs?: number;
  /** What is counted; calls come from the beginning on, and for as long as is counted. */
  readonly countFromMs?: number;
  readonly countToMs?: number;
}

export interface Outcome {
  readonly started: number;
  readonly carried: number;
  readonly refused: number;
  /** Datagrams that phones sent again. */
  readonly repeated: number;
  /** Datagrams that did not fit into the socket. */
  readonly dropped: number;
  /** How long a datagram waited to be read, at most. */
  readonly longestMs: number;
  /** What was carried, in times of what the server can carry. */
  readonly goodput: number;
}

const invite = ((): SipRequest => {
  const parsed = parseHead('INVITE sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nTo: <sip:b@h>\r\n\r\n');
  if (!(parsed instanceof SipRequest)) throw new Error('no request');
  return parsed;
})();

class OverloadedServer {
  readonly overload = new Overload();
  nowMs = 0;
  private freeAtMs = 0;
  private readonly socket: Datagram[] = [];
  /** What is under way to the server, by when it comes. */
  private readonly network: Datagram[][] = [];
  private readonly repeats: (readonly [Kind, Call, number])[][] = [];
  /** Probes that are under way: when each was sent. */
  private probes: number[] = [];
  private waitedMs = 0;
  private hasMeasured = false;
  private repeated = 0;
  private dropped = 0;
  private longestMs = 0;
  private readonly load: Load;

  constructor(load: Load) {
    this.load = load;
  }

  run(): Outcome {
    const { times, countFromMs = 4_000, countToMs = 11_000 } = this.load;
    const calls: { readonly call: Call; readonly at: number }[] = [];
    let due = 0;
    for (let ms = 0; ms < countToMs + 3_000; ms++) {
      this.nowMs = ms;
      this.arrive(ms);
      this.repeat(ms);
      for (due += (times * CAPACITY) / 1000; due >= 1 && ms < countToMs; due--) {
        const call: Call = { step: 'first', refused: false };
        calls.push({ call, at: ms });
        this.request('first', call, 0);
      }
      if (ms % LOOK_MS === 0) this.probe();
      this.work(ms, countFromMs);
      // While the machine stands still, nobody looks either.
      if (ms % LOOK_MS === 0 && this.freeAtMs < ms + 100) this.look(ms);
    }
    const counted = calls.filter(({ at }) => at >= countFromMs).map(({ call }) => call);
    const carried = counted.filter(({ step, refused }) => step === 'over' && !refused).length;
    return {
      started: counted.length,
      carried,
      refused: counted.filter(({ refused }) => refused).length,
      repeated: this.repeated,
      dropped: this.dropped,
      longestMs: this.longestMs,
      goodput: (carried * 1000) / (countToMs - countFromMs) / CAPACITY,
    };
  }

  private arrive(ms: number): void {
    for (const datagram of this.network[ms] ?? []) this.receive({ ...datagram, at: ms });
    delete this.network[ms];
  }

  private repeat(ms: number): void {
    for (const [kind, call, times] of this.repeats[ms] ?? []) {
      if (call.step !== kind) continue;
      this.repeated++;
      this.request(kind, call, 0, times);
    }
    delete this.repeats[ms];
  }

  private receive(datagram: Datagram): void {
    if (this.socket.length < SOCKET) this.socket.push(datagram);
    else this.dropped++;
  }

  /** A phone sends when what it answers has come to it. */
  private send(kind: Kind, call: Call, afterMs = 2 * (this.load.networkMs ?? 0)): void {
    const datagram = { kind, call, at: this.nowMs };
    const due = Math.ceil(this.nowMs + afterMs);
    if (afterMs === 0) this.receive(datagram);
    else this.network[due] = [...(this.network[due] ?? []), datagram];
  }

  /** Sends what is sent again until it is answered. */
  private request(kind: Kind, call: Call, afterMs?: number, times = 0): void {
    this.send(kind, call, afterMs);
    call.step = kind;
    if (times >= REPEATS) return;
    const due = Math.ceil(this.nowMs) + Math.min(T1_MS * 2 ** times, 4_000);
    this.repeats[due] ??= [];
    this.repeats[due].push([kind, call, times + 1]);
  }

  private probe(): void {
    this.probes.push(this.nowMs);
    this.receive({ kind: 'probe', call: { step: 'over', refused: false }, at: this.nowMs });
  }

  private look(ms: number): void {
    const oldest = this.probes[0] ?? ms;
    this.overload.observe(Math.max(this.waitedMs, ms - oldest), instant(ms), this.hasMeasured);
    this.hasMeasured = false;
  }

  /** Reads and does what there is time for in a millisecond. */
  private work(ms: number, countFromMs: number): void {
    const slow = this.load.slow?.find(({ fromMs, toMs }) => ms >= fromMs && ms < toMs);
    if (slow?.speed === 0) this.freeAtMs = Math.max(this.freeAtMs, slow.toMs);
    this.freeAtMs = Math.max(this.freeAtMs, ms);
    let read = 0;
    for (; this.freeAtMs < ms + 1 && read < this.socket.length; read++) {
      const { kind, call, at } = this.socket[read]!;
      this.nowMs = Math.max(this.freeAtMs, at);
      if (ms >= countFromMs) this.longestMs = Math.max(this.longestMs, this.nowMs - at);
      if (kind === 'probe') {
        this.waitedMs = this.nowMs - at;
        this.probes = this.probes.filter((sentAt) => sentAt > at);
        this.hasMeasured = true;
      } else this.freeAtMs += this.serve(kind, call) / (slow?.speed ?? 1);
    }
    this.socket.splice(0, read);
  }

  private isAdmitted(): boolean {
    const now = instant(this.nowMs);
    const incoming = { kind: 'incoming', request: invite, now } as Incoming;
    return !this.overload.turnsAway(now) && this.overload.admit(incoming).kind === 'incoming';
  }

  /** Does what a message asks for. @returns what that costs */
  private serve(kind: Kind, call: Call): number {
    const follows = call.step === kind;
    if (kind === 'first') {
      if (!follows && !call.refused) return COSTS.first * REPEATED_SHARE;
      const isAdmitted = this.isAdmitted();
      if (!follows) return REFUSAL_MS;
      this.send('ack', call);
      if (isAdmitted) this.request('second', call);
      else Object.assign(call, { step: 'over', refused: true });
      return isAdmitted ? COSTS.first : REFUSAL_MS;
    }
    if (kind === 'ack' && call.refused) return REFUSAL_ACK_MS;
    if (!follows && kind !== 'ack' && kind !== 'ringing') return COSTS[kind] * REPEATED_SHARE;
    if (kind === 'second') {
      this.send('ringing', call);
      this.request('answer', call);
    } else if (kind === 'answer') this.request('bye', call);
    else if (kind === 'bye') this.request('end', call);
    else if (kind === 'end') call.step = 'over';
    return COSTS[kind];
  }
}

/** Calls come at a server for some seconds. */
export const overloaded = (load: Load): Outcome => new OverloadedServer(load).run();
