import type { Clock, Timer, Timers, TimerTarget } from '@ringdown/sans-io';

/** Starts at most one new transaction every Ta (RFC 8445 §14.2). Sleeps while there is none to start. */
export class Pacer implements TimerTarget {
  readonly #timers: Timers;
  readonly #clock: Clock;
  readonly #next: () => boolean;
  #timer: Timer | undefined = undefined;
  #last = Number.NEGATIVE_INFINITY;
  taMs: number;

  /** @param next starts one transaction; returns false where none waits */
  constructor(timers: Timers, clock: Clock, taMs: number, next: () => boolean) {
    this.#timers = timers;
    this.#clock = clock;
    this.taMs = taMs;
    this.#next = next;
  }

  /** There may be something to start. Nothing starts before this has returned. */
  wake(): void {
    if (this.#timer !== undefined) return;
    this.#timer = this.#timers.start(this, 'Ta', Math.max(0, this.#last + this.taMs - this.#clock.now()));
  }

  timerFired(): void {
    this.#timer = undefined;
    if (!this.#next()) return;
    this.#last = this.#clock.now();
    this.wake();
  }

  stop(): void {
    if (this.#timer !== undefined) this.#timers.stop(this.#timer);
    this.#timer = undefined;
  }
}
