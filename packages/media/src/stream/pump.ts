import type { Clock, Instant, Timer, Timers, TimerTarget } from '@ringdown/sans-io';

/** What came later than this after its time is left out: a machine that slept does not talk for minutes at once. */
const MOST_BEHIND_MS = 200;

export interface PumpUser {
  /** Does what is due. @returns the milliseconds until the next is */
  step(due: Instant): number;
  /** The machine was held up for so long that this time is left out. */
  skipped(ms: number): void;
}

/**
 * Does something again and again, at its own pace. Timers come late, so each step has the time when it was due, and what was
 * missed is made up for at once: nothing drifts.
 */
export class Pump implements TimerTarget {
  readonly #ports: { readonly clock: Clock; readonly timers: Timers };
  readonly #user: PumpUser;
  #timer: Timer | undefined = undefined;
  #due: Instant | undefined = undefined;

  constructor(ports: { readonly clock: Clock; readonly timers: Timers }, user: PumpUser) {
    this.#ports = ports;
    this.#user = user;
  }

  get running(): boolean {
    return this.#due !== undefined;
  }

  /** When the next step is due; undefined while it stands still. */
  get due(): Instant | undefined {
    return this.#due;
  }

  /** The first step is due now. */
  start(): void {
    if (this.#due !== undefined) return;
    this.#due = this.#ports.clock.now();
    this.#wait(0);
  }

  stop(): void {
    if (this.#timer !== undefined) this.#ports.timers.stop(this.#timer);
    this.#timer = undefined;
    this.#due = undefined;
  }

  timerFired(): void {
    this.#timer = undefined;
    const now = this.#ports.clock.now();
    if (this.#due !== undefined && now - this.#due > MOST_BEHIND_MS) {
      this.#user.skipped(now - this.#due);
      this.#due = now;
    }
    while (this.#due !== undefined && this.#due <= now) {
      const due: Instant = this.#due;
      const nextMs = this.#user.step(due);
      if (this.#due === due) this.#due = (due + Math.max(nextMs, 1)) as Instant;
    }
    if (this.#due !== undefined && this.#timer === undefined) this.#wait(this.#due - now);
  }

  #wait(ms: number): void {
    this.#timer = this.#ports.timers.start(this, 'pump', ms);
  }
}
