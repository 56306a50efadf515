import { type Clock, type Timer, type Timers, type TimerTarget, TimingWheel } from '@ringdown/sans-io';
import { type Driver, drive } from './drive.ts';

export interface LiveTimers extends Timers {
  /** Fires nothing more. */
  close(): void;
}

/**
 * A timing wheel that turns by itself, for machines that take their timers from elsewhere.
 *
 * @param tickMs the grain: timers fire up to so much late
 */
export const createLiveTimers = (clock: Clock, tickMs = 1): LiveTimers => {
  const wheel = new TimingWheel(clock.now(), { tickMs });
  const driver: Driver = drive(wheel, clock);
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
