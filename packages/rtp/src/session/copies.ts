import type { SocketAddress, Timer, Timers, TimerTarget } from '@ringdown/sans-io';
import { write32 } from '../bytes.ts';
import type { Duplication } from './options.ts';

/** Packets that wait to be sent once more; older ones go where they are too many. */
const MOST_WAITING = 4_096;

/** Sends what it is given again, later, elsewhere, or both (RFC 7198). */
export class Copies implements TimerTarget {
  /** Of the copies (§3.1); undefined where they are the packets themselves, sent elsewhere. */
  readonly ssrc: number | undefined;
  readonly #delayMs: number;
  readonly #to: SocketAddress | undefined;
  readonly #timers: Timers;
  readonly #send: (bytes: Uint8Array, to: SocketAddress | undefined) => void;
  readonly #waiting: { readonly bytes: Uint8Array; readonly timer: Timer }[] = [];

  /** @param send `to`: undefined for where all goes */
  constructor(
    { delayMs, to, ssrc }: Duplication & { readonly ssrc: number },
    timers: Timers,
    send: (bytes: Uint8Array, to: SocketAddress | undefined) => void,
  ) {
    this.ssrc = to === undefined ? ssrc : undefined;
    this.#delayMs = delayMs;
    this.#to = to;
    this.#timers = timers;
    this.#send = send;
  }

  /** The bytes are the copies' own from here on. */
  add(bytes: Uint8Array): void {
    if (this.ssrc !== undefined) write32(bytes, 8, this.ssrc);
    if (this.#delayMs <= 0) {
      this.#send(bytes, this.#to);
      return;
    }
    if (this.#waiting.length >= MOST_WAITING) this.#timers.stop(this.#waiting.shift()!.timer);
    this.#waiting.push({ bytes, timer: this.#timers.start(this, 'copy', this.#delayMs) });
  }

  timerFired(): void {
    const first = this.#waiting.shift();
    if (first !== undefined) this.#send(first.bytes, this.#to);
  }

  close(): void {
    for (const { timer } of this.#waiting.splice(0)) this.#timers.stop(timer);
  }
}
