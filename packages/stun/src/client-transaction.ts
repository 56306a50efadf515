import type { Random, Timer, Timers, TimerTarget } from '@ringdown/sans-io';
import { TRANSACTION_ID_BYTES } from './header.ts';
import type { StunMessage } from './message.ts';
import { byteString } from './text-attribute.ts';
import type { TransportAddress } from './transport-address.ts';

/** When a request is sent again, and when it is given up (RFC 8489 §6.2.1). */
export interface Retransmission {
  /** The time to the first retransmission; each later one takes twice as long as the one before. */
  readonly rtoMs: number;
  /** How often it is sent in all. */
  readonly rc: number;
  /** How many RTO pass after the last one. */
  readonly rm: number;
}

/** RFC 8489 §6.2.1: at 0, 0.5, 1.5, 3.5, 7.5, 15.5 and 31.5 s; given up at 39.5 s. */
export const defaultRetransmission: Retransmission = Object.freeze({ rtoMs: 500, rc: 7, rm: 16 });

/** Over TCP and TLS nothing is sent again; Ti is as long as over UDP (RFC 8489 §6.2.2). */
export const overStream: Retransmission = Object.freeze({ rtoMs: 39_500, rc: 1, rm: 1 });

/** How a transaction ended. */
export type TransactionOutcome =
  | { readonly kind: 'response'; readonly message: StunMessage; readonly from: TransportAddress }
  | { readonly kind: 'timeout' };

export interface ClientRequest {
  /** The whole request. Its transaction ID, which must be fresh, tells the answer. */
  readonly bytes: Uint8Array;
  /** {@link defaultRetransmission} without it. */
  readonly retransmission?: Retransmission;
  /** Puts it on the wire: at once, and again when it is due. */
  send(bytes: Uint8Array): void;
  /** Whether the answer may be trusted; one that may not is as if it had never come. */
  accepts?(response: StunMessage): boolean;
  /** Called once, unless it is cancelled. */
  done(outcome: TransactionOutcome): void;
}

/** 12 random bytes. */
export const newTransactionId = (random: Random): Uint8Array => random.bytes(TRANSACTION_ID_BYTES);

/** The client transactions that share a socket (RFC 8489 §6.2). */
export class ClientTransactions {
  readonly #timers: Timers;
  readonly #running = new Map<string, ClientTransaction>();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  get size(): number {
    return this.#running.size;
  }

  /** Sends a request. */
  start(request: ClientRequest): ClientTransaction {
    const key = byteString(request.bytes.subarray(8, 20));
    const transaction = new ClientTransaction(request, this.#timers, () => this.#running.delete(key));
    this.#running.set(key, transaction);
    transaction.send();
    return transaction;
  }

  /** Hands an answer to its request. @returns whether there was one that took it. */
  received(message: StunMessage, from: TransportAddress): boolean {
    if (message.class !== 'success' && message.class !== 'error') return false;
    const transaction = this.#running.get(byteString(message.transactionId));
    return transaction?.answered(message, from) ?? false;
  }

  /** Ends all of them; nobody is told. */
  close(): void {
    for (const transaction of [...this.#running.values()]) transaction.cancel();
  }
}

/** One request that waits for its answer. */
export class ClientTransaction implements TimerTarget {
  readonly #request: ClientRequest;
  readonly #timers: Timers;
  readonly #retransmission: Retransmission;
  readonly #forget: () => void;
  #timer: Timer | undefined = undefined;
  #sent = 0;
  #silent = false;

  constructor(request: ClientRequest, timers: Timers, forget: () => void) {
    this.#request = request;
    this.#timers = timers;
    this.#retransmission = request.retransmission ?? defaultRetransmission;
    this.#forget = forget;
  }

  send(): void {
    const { rtoMs, rc, rm } = this.#retransmission;
    this.#sent++;
    const waitMs = this.#sent < rc ? rtoMs * 2 ** (this.#sent - 1) : rtoMs * rm;
    this.#timer = this.#timers.start(this, 'retransmission', waitMs);
    if (!this.#silent) this.#request.send(this.#request.bytes);
  }

  timerFired(): void {
    if (this.#sent < this.#retransmission.rc) this.send();
    else this.#end({ kind: 'timeout' });
  }

  answered(message: StunMessage, from: TransportAddress): boolean {
    if (this.#request.accepts?.(message) === false) return false;
    this.#end({ kind: 'response', message, from });
    return true;
  }

  /** Stops waiting and sending; an answer that still comes is nobody's. */
  cancel(): void {
    if (this.#timer !== undefined) this.#timers.stop(this.#timer);
    this.#timer = undefined;
    this.#forget();
  }

  /** Sends nothing more, but still takes an answer until the time is over (RFC 8445 §7.2.5.1 cancels a check so). */
  stopRetransmitting(): void {
    this.#silent = true;
  }

  #end(outcome: TransactionOutcome): void {
    this.cancel();
    this.#request.done(outcome);
  }
}
