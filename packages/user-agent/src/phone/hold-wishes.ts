import type { Cause } from '../cause.ts';
import { type Deferred, deferred } from './deferred.ts';
import { PhoneError } from './phone-error.ts';

/** What holding and resuming need of their call. */
export interface Holding {
  readonly isHeld: boolean;
  hold(): void;
  resume(): void;
}

interface Wish {
  readonly wantsHold: boolean;
  readonly done: Deferred<void>;
}

const superseded: Cause = {
  what: 'It was wanted otherwise before the other side had agreed.',
  next: 'Nothing is to be done.',
};

/**
 * Holding and resuming as promises: one change is with the peer at a time, and a contrary one waits for it, so that each
 * knows what became of it.
 */
export class HoldWishes {
  readonly #call: Holding;
  readonly #later: (action: () => void) => void;
  #pending: Wish | undefined;
  #next: Wish | undefined;

  /** `later`: does something when the machine, who tells what happened, has done what it was at. */
  constructor(call: Holding, later: (action: () => void) => void) {
    this.#call = call;
    this.#later = later;
  }

  want(wantsHold: boolean): Promise<void> {
    const pending = this.#pending;
    if (pending === undefined) {
      if (this.#call.isHeld === wantsHold) return Promise.resolve();
      this.#pending = { wantsHold, done: deferred() };
      this.#ask(this.#pending);
      return this.#pending.done.promise;
    }
    if (pending.wantsHold === wantsHold) {
      this.#next?.done.reject(new PhoneError(superseded));
      this.#next = undefined;
      return pending.done.promise;
    }
    this.#next ??= { wantsHold, done: deferred() };
    return this.#next.done.promise;
  }

  /** The peer has agreed to what we want. */
  agreed(isHeld: boolean): void {
    if (this.#pending?.wantsHold === isHeld) this.#take()?.done.resolve();
  }

  /** The call goes on as it was. */
  refused(cause: Cause): void {
    this.#take()?.done.reject(new PhoneError(cause));
  }

  /** The call is over. */
  ended(cause: Cause): void {
    this.#next?.done.reject(new PhoneError(cause));
    this.#next = undefined;
    this.#take()?.done.reject(new PhoneError(cause));
  }

  #take(): Wish | undefined {
    const pending = this.#pending;
    const next = this.#next;
    this.#pending = next;
    this.#next = undefined;
    if (next !== undefined) this.#later(() => this.#ask(next));
    return pending;
  }

  #ask(wish: Wish): void {
    if (wish !== this.#pending) return;
    if (this.#call.isHeld === wish.wantsHold) this.#take()?.done.resolve();
    else if (wish.wantsHold) this.#call.hold();
    else this.#call.resume();
  }
}
