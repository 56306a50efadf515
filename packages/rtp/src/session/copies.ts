import type { Timer, Timers, TimerTarget } from '@ringdown/sans-io';

/** Packets that wait to be sent once more; older ones go where they are too many. */
const MOST_WAITING = 4_096;

/** Sends what it is given again, later (RFC 7198). */
export class Copies implements TimerTarget {
  readonly #delayMs: number;
  readonly #timers: Timers;
  readonly #send: (bytes: Uint8Array) => void;
  readonly #waiting: { readonly bytes: Uint8Array; readonly timer: Timer }[] = [];

  constructor(delayMs: number, timers: Timers, send: (bytes: Uint8Array) => void) {
    this.#delayMs = delayMs;
    this.#timers = timers;
    this.#send = send;
  }

  add(bytes: Uint8Array): void {
    if (this.#delayMs <= 0) {
      this.#send(bytes);
      return;
    }
    if (this.#waiting.length >= MOST_WAITING) this.#timers.stop(this.#waiting.shift()!.timer);
    this.#waiting.push({ bytes, timer: this.#timers.start(this, 'copy', this.#delayMs) });
  }

  timerFired(): void {
    const first = this.#waiting.shift();
    if (first !== undefined) this.#send(first.bytes);
  }

  close(): void {
    for (const { timer } of this.#waiting.splice(0)) this.#timers.stop(timer);
  }
}
