import type { Clock, Instant, Timer, Timers, TimerTarget } from '@ringdown/sans-io';

/** What came later than this after its time is left out: a machine that slept does not talk for minutes at once. */
const MOST_BEHIND_MS = 200;

export interface PumpUser {
  /** Does what is due. @returns the milliseconds until the next is */
  step(due: Instant): number;
  /** The machine was held up for so long that this time is left out. */
  skipped(ms: number): void;
  /** When the machine is woken anyway, if that is known: a step comes then rather than a little before or after. */
  wokenAt?(): Instant | undefined;
}

/** A step moves no further than this against the one before it, so that nobody who awaits what it sends takes it for late. */
const MOST_MOVED_MS = 1;

/**
 * Does something again and again, at its own pace. Timers come late, so each step has the time when it was due, and what was
 * missed is made up for at once: nothing drifts. To be woken costs more than most steps do; so where it is told when that happens
 * anyway, its steps move there bit by bit, by half of its pace at most, and keep the pace.
 */
export class Pump implements TimerTarget {
  readonly #ports: { readonly clock: Clock; readonly timers: Timers };
  readonly #user: PumpUser;
  #timer: Timer | undefined = undefined;
  #due: Instant | undefined = undefined;
  /** How much later than at its pace the next step comes; below 0: sooner. */
  #movedMs = 0;

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
    this.#movedMs = 0;
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
    while (this.#due !== undefined && this.#due + this.#movedMs <= now) {
      const due: Instant = this.#due;
      const nextMs = Math.max(this.#user.step(due), 1);
      if (this.#due !== due) continue;
      this.#due = (due + nextMs) as Instant;
      this.#move(this.#due, nextMs);
    }
    if (this.#due !== undefined && this.#timer === undefined) this.#wait(this.#due + this.#movedMs - now);
  }

  #move(due: Instant, paceMs: number): void {
    const wokenAt = this.#user.wokenAt?.();
    if (wokenAt === undefined) return;
    const offMs = wokenAt - due;
    const wantedMs = offMs - paceMs * Math.round(offMs / paceMs);
    this.#movedMs += Math.min(MOST_MOVED_MS, Math.max(-MOST_MOVED_MS, wantedMs - this.#movedMs));
  }

  #wait(ms: number): void {
    this.#timer = this.#ports.timers.start(this, 'pump', ms);
  }
}
