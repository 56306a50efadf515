/** Milliseconds on a monotonic clock whose origin means nothing: for timers and durations. */
export type Instant = number & { readonly __clock: 'monotonic' };

/** Milliseconds since 1970-01-01T00:00:00Z: for dates and for expiry that outlives the process. */
export type WallTime = number & { readonly __clock: 'wall' };

/** What reads the two clocks. Only the edges implement it; tests hand in one that they move by hand. */
export interface Clock {
  now(): Instant;
  wallTime(): WallTime;
}

export const instant = (milliseconds: number): Instant => milliseconds as Instant;
export const wallTime = (milliseconds: number): WallTime => milliseconds as WallTime;

/** The moment `milliseconds` after `moment`, on the same clock. */
export const after = <Moment extends Instant | WallTime>(moment: Moment, milliseconds: number): Moment =>
  (moment + milliseconds) as Moment;
