import { type Clock, instant, wallTime } from '@ringdown/sans-io';

/** The two clocks of this machine: monotonic milliseconds, and the date. */
export const nodeClock: Clock = Object.freeze({
  now: () => instant(performance.now()),
  wallTime: () => wallTime(Date.now()),
});
