import { ClockDrift } from './clock-drift.ts';
import { DelayWindow } from './delay-window.ts';
import type { JitterBufferSettings } from './options.ts';

/** About ten seconds at 20 ms: what the target is held up by. */
const LONG = 512;
/** About one second: what lifts it. */
const SHORT = 50;
/** The windows are looked at once in so many packets. */
const EVERY = 8;
/** Spared for the packet itself: it is played when it is there, not when it should be. */
const MARGIN_MS = 5;

/**
 * What delays the network has, and how much of a buffer they call for: the percentile over one second or over ten,
 * whichever is more, so that it grows at once and shrinks late.
 */
export class DelayEstimate {
  readonly #settings: JitterBufferSettings;
  readonly #window = new DelayWindow(LONG);
  readonly #drift = new ClockDrift();
  #least = 0;
  #targetMs: number;
  #since = 0;

  constructor(settings: JitterBufferSettings) {
    this.#settings = settings;
    this.#targetMs = settings.targetMs;
  }

  /** Arrival less timestamp, of the packet that came fastest. */
  get leastMs(): number {
    return this.#least;
  }

  get targetMs(): number {
    return this.#targetMs;
  }

  get driftPpm(): number | undefined {
    return this.#drift.ppm;
  }

  /** @param delayMs arrival less timestamp @param nowMs for the drift */
  add(delayMs: number, nowMs: number): void {
    const isFirst = this.#window.count === 0;
    this.#window.add(delayMs);
    this.#drift.add(delayMs, nowMs);
    if (isFirst || delayMs < this.#least) this.#least = delayMs;
    if (++this.#since >= EVERY) this.#look();
  }

  /** Another time begins: what was measured says nothing of it. */
  reset(): void {
    this.#window.clear();
    this.#drift.reset();
    this.#since = 0;
  }

  #look(): void {
    this.#since = 0;
    const { mode, percentile, minMs, maxMs } = this.#settings;
    const long = this.#window.spread(percentile, LONG);
    this.#least = long.least;
    if (mode === 'fixed') return;
    const short = this.#window.spread(percentile, SHORT);
    const spread = Math.max(long.percentile, short.percentile) - long.least;
    this.#targetMs = Math.min(maxMs, Math.max(minMs, spread + MARGIN_MS));
  }
}
