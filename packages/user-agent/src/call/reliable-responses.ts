import type { HeaderLines, ServerTransaction, SipRequest, SipResponse } from '@ringdown/sip';
import { Alarm } from '../alarm.ts';
import type { Core } from '../core.ts';

/** Provisional responses that are acknowledged (RFC 3262 §3): one at a time, repeated until its PRACK. */
export class ReliableResponses {
  readonly #core: Core;
  readonly #transaction: ServerTransaction;
  readonly #failed: () => void;
  readonly #again: Alarm;
  readonly #waiting: ((headers: HeaderLines) => SipResponse)[] = [];
  #last: SipResponse | undefined;
  #number: number;
  #intervalMs = 0;
  #waitedMs = 0;
  #then: (() => void) | undefined;
  #saidDescription = false;

  constructor(core: Core, transaction: ServerTransaction, failed: () => void) {
    this.#core = core;
    this.#transaction = transaction;
    this.#failed = failed;
    this.#again = new Alarm(core.ports.timers, () => this.#repeat());
    this.#number = 1 + Math.floor(core.ports.random.fraction() * 2 ** 30);
  }

  /** Whether a description was said and acknowledged: the 2xx does not repeat it (§5). */
  get saidDescription(): boolean {
    return this.#saidDescription;
  }

  send(write: (headers: HeaderLines) => SipResponse): void {
    if (this.#last !== undefined) {
      this.#waiting.push(write);
      return;
    }
    this.#last = write([
      ['Require', '100rel'],
      ['RSeq', String(++this.#number)],
    ]);
    this.#transaction.respond(this.#last);
    this.#intervalMs = this.#core.options.times.t1Ms;
    this.#waitedMs = 0;
    this.#again.set(this.#intervalMs);
  }

  /** A 2xx waits for the PRACK of what described the session (§3). */
  whenAcknowledged(then: () => void): void {
    if (this.#last === undefined) then();
    else this.#then = then;
  }

  /** @returns undefined where the PRACK names no response that waits for one */
  acknowledged(prack: SipRequest): { readonly hadDescription: boolean } | undefined {
    const number = Number.parseInt(prack.text('RAck') ?? '', 10);
    if (this.#last === undefined || number !== this.#number) return undefined;
    this.#again.stop();
    const hadDescription = this.#last.body.length > 0;
    if (hadDescription) this.#saidDescription = true;
    this.#last = undefined;
    return { hadDescription };
  }

  /** Says what had to wait for a PRACK. */
  proceed(): void {
    if (this.#last !== undefined) return;
    const then = this.#then;
    const next = this.#waiting.shift();
    if (then !== undefined) {
      this.#then = undefined;
      then();
    } else if (next !== undefined) this.send(next);
  }

  stop(): void {
    this.#again.stop();
    this.#then = undefined;
    this.#waiting.length = 0;
    this.#last = undefined;
  }

  #repeat(): void {
    const { t1Ms } = this.#core.options.times;
    this.#waitedMs += this.#intervalMs;
    if (this.#waitedMs >= 64 * t1Ms || this.#last === undefined) {
      this.#failed();
      return;
    }
    this.#transaction.respond(this.#last);
    this.#intervalMs *= 2;
    this.#again.set(Math.min(this.#intervalMs, 64 * t1Ms - this.#waitedMs));
  }
}
