import {
  type Clock,
  type Instant,
  type Timer,
  type Timers,
  type TimerTarget,
  TimingWheel,
} from '@ringdown/sans-io';
import { type Driver, drive } from './drive.ts';

export interface LiveTimers extends Timers {
  /** Fires nothing more. */
  close(): void;
}

export interface LiveTimersOptions {
  /** The grain: timers fire up to so much late. */
  readonly tickMs?: number;
  /** Told of what a timer's target throws; without it that ends the process. */
  readonly onFault?: (error: unknown) => void;
}

/** A timing wheel that turns by itself, for machines that take their timers from elsewhere. */
export const createLiveTimers = (clock: Clock, options: LiveTimersOptions = {}): LiveTimers => {
  const { tickMs = 1, onFault } = options;
  const wheel = new TimingWheel(clock.now(), { tickMs });
  const expire = (now: Instant): void => {
    try {
      wheel.expire(now);
    } catch (error) {
      if (onFault === undefined) throw error;
      onFault(error);
    }
  };
  const driver: Driver = drive({ deadline: () => wheel.deadline(), expire }, clock);
  return {
    start: (target: TimerTarget, name: string, delayMs: number): Timer => {
      // A wheel that has not turned for a while would count from then.
      wheel.advance(clock.now());
      const timer = wheel.start(target, name, delayMs);
      driver.wake();
      return timer;
    },
    stop: (timer) => wheel.stop(timer),
    close: () => driver.stop(),
  };
};
