import type { Instant } from '@ringdown/sans-io';
import { timestampDistance } from '../serial.ts';

/** The weight of one packet (RFC 3550 §6.4.1). */
const GAIN = 1 / 16;

/** The interarrival jitter of one source (RFC 3550 Appendix A.8). */
export class InterarrivalJitter {
  #lastAt: Instant | undefined = undefined;
  #lastTimestamp = 0;
  #ms = 0;

  /** The mean deviation, in milliseconds. */
  get ms(): number {
    return this.#ms;
  }

  /** @param clockRateHz of the packet's payload format, whose changes make no jitter (RFC 7160) */
  add(timestamp: number, clockRateHz: number, now: Instant): void {
    // Packets of one telephone-event share a timestamp, though they are sent one after another (RFC 4733 §2.5.1.2).
    if (this.#lastAt !== undefined && timestamp === this.#lastTimestamp) return;
    if (this.#lastAt !== undefined) {
      const sentMs = (1_000 * timestampDistance(timestamp, this.#lastTimestamp)) / clockRateHz;
      this.#ms += GAIN * (Math.abs(now - this.#lastAt - sentMs) - this.#ms);
    }
    this.#lastAt = now;
    this.#lastTimestamp = timestamp;
  }

  /** The next packet begins anew: another clock, a jump. */
  rebase(): void {
    this.#lastAt = undefined;
  }
}
