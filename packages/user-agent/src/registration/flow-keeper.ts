import type { Flow, SipResponse } from '@ringdown/sip';
import {
  BINDING,
  ClientTransactions,
  MessageWriter,
  newTransactionId,
  parseStun,
  StunMessage,
  type TransactionOutcome,
  XorMappedAddress,
} from '@ringdown/stun';
import { Alarm } from '../alarm.ts';
import type { Core } from '../core.ts';

/** A keep-alive that is so much too late: the device slept. */
const SLEPT_MS = 5_000;
/** What a server may ask for as the time between two signs of life (RFC 5626 §4.4: Flow-Timer). */
const LEAST_SECONDS = 5;
const MOST_SECONDS = 3_600;

/** What is found out of the way to the registrar. */
export interface FlowKeeperUser {
  /** It leads nowhere any more. */
  lost(): void;
  /** We are seen from elsewhere: what comes for us goes to where we were (RFC 5626 §4.4.2). */
  shifted(): void;
  /** Nothing comes back, and it may be that nothing ever would: REGISTER tells. */
  doubted(): void;
  /** The device slept: whatever was learnt before is old. */
  slept(): void;
}

/**
 * Keeps the flow to the registrar open, and finds out when it is not (RFC 5626 §4.4): by STUN where UDP is spoken and outbound
 * was agreed upon, else by what the transport has.
 */
export class FlowKeeper {
  readonly #core: Core;
  readonly #user: FlowKeeperUser;
  readonly #alarm: Alarm;
  readonly #asking: ClientTransactions;
  #flow: Flow | undefined;
  #intervalMs: number;
  /** By the wall clock: the monotonic one may stand still in a sleep. */
  #tickedAt = 0;
  #dueMs = 0;
  #speaksStun = false;
  #mapped: string | undefined;

  constructor(core: Core, user: FlowKeeperUser) {
    this.#core = core;
    this.#user = user;
    this.#alarm = new Alarm(core.ports.timers, () => this.#tick());
    this.#asking = new ClientTransactions(core.ports.timers);
    this.#intervalMs = core.options.keepAliveMs;
  }

  /** We are registered over a flow, by this answer. */
  keep(flow: Flow, accepted: SipResponse): void {
    const isNew = flow !== this.#flow;
    this.#flow = flow;
    const seconds = Number(accepted.text('Flow-Timer') ?? Number.NaN);
    this.#intervalMs =
      seconds >= LEAST_SECONDS && seconds <= MOST_SECONDS ? seconds * 1000 : this.#core.options.keepAliveMs;
    if (isNew) {
      this.#asking.close();
      this.#mapped = undefined;
      const isAgreed = accepted.text('Require')?.toLowerCase().includes('outbound') === true;
      this.#speaksStun = flow.transport === 'udp' && isAgreed && this.#core.ports.stun !== undefined;
      // At once: how we are seen now is what later answers are compared with.
      if (this.#speaksStun) this.#ask(flow);
    }
    this.#wait();
  }

  letGo(): void {
    this.#flow = undefined;
    this.#alarm.stop();
    this.#asking.close();
  }

  stunReceived(bytes: Uint8Array, { remote }: Flow): void {
    const { address, port } = this.#flow?.remote ?? { address: '', port: 0 };
    if (remote.address !== address || remote.port !== port) return;
    const message = parseStun(bytes);
    if (message instanceof StunMessage) this.#asking.received(message, remote);
  }

  /** RFC 5626 §4.4.1: between 80 and 100 % of the time, so that a server's phones do not come all at once. */
  #wait(): void {
    const { clock, random } = this.#core.ports;
    this.#tickedAt = clock.wallTime();
    this.#dueMs = Math.round(this.#intervalMs * (0.8 + 0.2 * random.fraction()));
    this.#alarm.set(this.#dueMs);
  }

  #tick(): void {
    const { clock, transport } = this.#core.ports;
    const slept = clock.wallTime() - this.#tickedAt - this.#dueMs;
    this.#wait();
    if (slept > SLEPT_MS) this.#user.slept();
    else if (this.#flow !== undefined && !this.#speaksStun) transport.keepAlive(this.#flow);
    else if (this.#flow !== undefined && this.#asking.size === 0) this.#ask(this.#flow);
  }

  #ask(flow: Flow): void {
    const { random, stun } = this.#core.ports;
    const request = new MessageWriter(BINDING, 'request', newTransactionId(random)).bytes;
    this.#asking.start({
      bytes: request,
      send: (bytes) => stun?.send(flow, bytes.slice()),
      done: (outcome) => this.#answered(outcome),
    });
  }

  #answered(outcome: TransactionOutcome): void {
    if (outcome.kind === 'timeout') {
      if (this.#mapped !== undefined) this.#user.lost();
      else {
        // It never answered any: one of those that agree upon outbound and know no STUN, or it is not there.
        this.#speaksStun = false;
        this.#user.doubted();
      }
      return;
    }
    const mapped = outcome.message.get(XorMappedAddress);
    const seen = mapped === undefined ? 'somewhere' : `${mapped.address} ${mapped.port}`;
    const before = this.#mapped;
    this.#mapped = seen;
    if (before !== undefined && before !== seen) this.#user.shifted();
  }
}
