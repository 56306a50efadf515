import { type Clock, instant, wallTime } from '@ringdown/sans-io';

/** The two clocks of the browser: monotonic milliseconds of this page, and the date. */
export const browserClock: Clock = Object.freeze({
  now: () => instant(performance.now()),
  wallTime: () => wallTime(Date.now()),
});
