import type { ServerTransaction, SipResponse } from '@ringdown/sip';
import { Alarm } from '../alarm.ts';
import type { Core } from '../core.ts';

/** A 2xx to INVITE is sent again until its ACK comes, whatever the transport (RFC 3261 §13.3.1.4). */
export class AcceptedInvite {
  readonly #core: Core;
  readonly #transaction: ServerTransaction;
  readonly #response: SipResponse;
  readonly #unacknowledged: () => void;
  readonly #again: Alarm;
  #waitedMs = 0;
  #intervalMs: number;

  constructor(core: Core, transaction: ServerTransaction, response: SipResponse, unacknowledged: () => void) {
    this.#core = core;
    this.#transaction = transaction;
    this.#response = response;
    this.#unacknowledged = unacknowledged;
    this.#intervalMs = core.options.times.t1Ms;
    this.#again = new Alarm(core.ports.timers, () => this.#repeat());
    transaction.respond(response);
    this.#again.set(this.#intervalMs);
  }

  /** An ACK came, or the call is over. */
  stop(): void {
    this.#again.stop();
  }

  #repeat(): void {
    const { t1Ms, t2Ms } = this.#core.options.times;
    this.#waitedMs += this.#intervalMs;
    if (this.#waitedMs >= 64 * t1Ms) {
      this.#unacknowledged();
      return;
    }
    this.#transaction.respond(this.#response);
    this.#intervalMs = Math.min(this.#intervalMs * 2, t2Ms, 64 * t1Ms - this.#waitedMs);
    this.#again.set(this.#intervalMs);
  }
}
