import type { Instant } from './clock.ts';

/**
 * The shape that every protocol machine has. It never does I/O: inputs come with the time they came, outputs go to the
 * one `deliver` function that the machine was made with. `deliver` must not call back into the machine.
 */
export interface Machine<Input> {
  /** A datagram, a command, a stream's bytes. */
  handle(input: Input, now: Instant): void;
  /** Fires every timer that is due. */
  expire(now: Instant): void;
  /** When to call `expire` next; undefined while nothing waits. */
  deadline(): Instant | undefined;
}
