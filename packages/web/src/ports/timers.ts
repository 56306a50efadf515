import { type Clock, type Timer, type Timers, type TimerTarget, TimingWheel } from '@ringdown/sans-io';

/** Timers of this page, until they are closed. */
export interface BrowserTimers extends Timers {
  close(): void;
}

/** Timeouts of more than 2^31 − 1 ms come at once. */
const LONGEST_MS = 0x7fff_ffff;

/** A timing wheel that a timeout of the page turns. Pages in the background turn it once a second. */
export const createBrowserTimers = (clock: Clock): BrowserTimers => {
  const wheel = new TimingWheel(clock.now(), { tickMs: 1 });
  let timeout: ReturnType<typeof setTimeout> | undefined;
  let scheduled = Number.POSITIVE_INFINITY;
  let isClosed = false;

  const turn = (): void => {
    scheduled = Number.POSITIVE_INFINITY;
    wheel.expire(clock.now());
    schedule();
  };
  const schedule = (): void => {
    const deadline = wheel.deadline();
    if (isClosed || deadline === undefined || deadline >= scheduled) return;
    clearTimeout(timeout);
    scheduled = deadline;
    timeout = setTimeout(turn, Math.min(Math.max(1, Math.ceil(deadline - clock.now())), LONGEST_MS));
  };

  return {
    start: (target: TimerTarget, name: string, delayMs: number): Timer => {
      // A wheel that has not turned for a while would count from then.
      wheel.advance(clock.now());
      const timer = wheel.start(target, name, delayMs);
      schedule();
      return timer;
    },
    stop: (timer) => wheel.stop(timer),
    close: () => {
      isClosed = true;
      clearTimeout(timeout);
    },
  };
};
