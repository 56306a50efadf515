import type { Instant } from './clock.ts';

/** What a timer calls when it is due: one object for many timers, told apart by their names. */
export interface TimerTarget {
  timerFired(name: string, now: Instant): void;
}

/** A running timer: give it back to {@link Timers.stop}. */
export interface Timer {
  readonly target: TimerTarget;
  readonly name: string;
  readonly running: boolean;
}

/**
 * The port through which a machine asks to be called later. One timing wheel serves a process; a machine that stands
 * inside another gets this port and has no deadline of its own.
 */
export interface Timers {
  /** Calls `target.timerFired(name)` once, no sooner than `delayMs` from now. */
  start(target: TimerTarget, name: string, delayMs: number): Timer;
  /** Stops a timer; one that has fired or was stopped is left alone. */
  stop(timer: Timer): void;
}
