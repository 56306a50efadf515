import type { Timer, Timers, TimerTarget } from '@ringdown/sans-io';

/** A timer that is one thing: started anew, it forgets the time before. */
export class Alarm implements TimerTarget {
  readonly #timers: Timers;
  readonly #rings: () => void;
  #timer: Timer | undefined;

  constructor(timers: Timers, rings: () => void) {
    this.#timers = timers;
    this.#rings = rings;
  }

  get isSet(): boolean {
    return this.#timer !== undefined;
  }

  set(delayMs: number): void {
    this.stop();
    this.#timer = this.#timers.start(this, 'alarm', delayMs);
  }

  stop(): void {
    if (this.#timer !== undefined) this.#timers.stop(this.#timer);
    this.#timer = undefined;
  }

  timerFired(): void {
    this.#timer = undefined;
    this.#rings();
  }
}
