import {
  type Clock,
  type Instant,
  instant,
  type Timer,
  type Timers,
  type TimerTarget,
  type WallTime,
  wallTime,
} from '@ringdown/sans-io';
import { type Event, EventQueue } from './event-queue.ts';

/** So many events at one moment mean that time stands still. */
const MOST_AT_ONE_MOMENT = 100_000;

interface RunningTimer extends Timer {
  readonly event: Event;
}

/** A clock that moves from event to event, and the timers of everybody who lives by it. Fractions of a millisecond count. */
export class VirtualTime implements Clock, Timers {
  readonly #queue = new EventQueue();
  readonly #wallOrigin: number;
  #now = 0;
  #atThisMoment = 0;

  constructor(startsAt: WallTime) {
    this.#wallOrigin = startsAt;
  }

  now(): Instant {
    return instant(this.#now);
  }

  wallTime(): WallTime {
    return wallTime(this.#wallOrigin + this.#now);
  }

  /** How many events wait: timers, packets under way, callbacks. */
  get waiting(): number {
    return this.#queue.size;
  }

  /** When something happens next; undefined when nothing will. */
  get next(): number | undefined {
    return this.#queue.soonest?.at;
  }

  /** Lets something happen once, after `delayMs`; after the present event in any case. */
  later(delayMs: number, happen: () => void): Event {
    return this.#queue.add(this.#now + Math.max(0, delayMs), happen);
  }

  cancel(event: Event): void {
    this.#queue.remove(event);
  }

  start(target: TimerTarget, name: string, delayMs: number): Timer {
    const event = this.later(delayMs, () => target.timerFired(name, this.now()));
    const timer: RunningTimer = {
      target,
      name,
      event,
      get running() {
        return event.index >= 0;
      },
    };
    return timer;
  }

  stop(timer: Timer): void {
    this.cancel((timer as RunningTimer).event);
  }

  /** Moves to the next event, if it is not later than `end`, and lets it happen. False if there was none. */
  step(end: number): boolean {
    const event = this.#queue.soonest;
    if (event === undefined || event.at > end) return false;
    this.#atThisMoment = event.at > this.#now ? 1 : this.#atThisMoment + 1;
    if (this.#atThisMoment > MOST_AT_ONE_MOMENT) {
      throw new Error(`time stands still at ${this.#now} ms: something starts itself again without delay`);
    }
    this.#now = Math.max(this.#now, event.at);
    this.#queue.remove(event);
    event.happen();
    return true;
  }

  /** Moves to a moment before which nothing is left to happen. */
  moveTo(moment: number): void {
    this.#now = Math.max(this.#now, moment);
  }
}
