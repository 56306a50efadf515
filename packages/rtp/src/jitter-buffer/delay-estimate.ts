import { ClockDrift } from './clock-drift.ts';
import { DelayWindow } from './delay-window.ts';
import type { JitterBufferSettings } from './options.ts';

/** About ten seconds at 20 ms: what the target is held up by. */
const LONG = 512;
/** About one second, and what part of its packets lifts it: one alone that is late says nothing of the next ones. */
const SHORT = 50;
const SHORT_PART = 0.97;
/** The windows are looked at once in so many packets. */
const EVERY = 8;
/** Spared for the packet itself: it is played when it is there, not when it should be. For music more, as no packet shall be late. */
const MARGIN_MS = { speech: 5, music: 10 } as const;
/** A stream's beginning, and when it is looked back at. */
const EARLY_MS = 1_000;
const SETTLED_MS = 1_500;
/** How long what music needed once is kept for it, and how much of what is too much, and at least, goes away in a minute then. */
const HELD_MS = 120_000;
const FALL_RATIO = 0.5;
const FALL_MS = 10;
const MINUTE_MS = 60_000;
/** After a loss the packet behind the next one that is lost shall be there in time, so long. */
const RECOVERABLE_MS = 30_000;

/**
 * What delays the network has, and how much of a buffer they call for: the percentile over one second or over ten,
 * whichever is more, so that it grows at once and shrinks late. Music has the longest delay, and holds it for minutes.
 *
 * Packets at the beginning may have been read late because all that handles them was used for the first time: when the
 * path has been a lot calmer since, they are forgotten.
 */
export class DelayEstimate {
  readonly #settings: JitterBufferSettings;
  readonly #percentile: number;
  readonly #shortPercentile: number;
  readonly #window = new DelayWindow(LONG);
  readonly #drift = new ClockDrift();
  #least = 0;
  #targetMs: number;
  #since = 0;
  #lookedAt = 0;
  /** Music's target does not fall before. */
  #heldUntil = Number.NEGATIVE_INFINITY;
  #begunAt = 0;
  /** How much longer than in time packets have to be there, and until when. */
  #aheadMs = 0;
  #aheadUntil = Number.NEGATIVE_INFINITY;
  /** Packets since the beginning, and those of them that are not early; undefined once it was looked back. */
  #settled: number | undefined = 0;

  constructor(settings: JitterBufferSettings) {
    this.#settings = settings;
    this.#percentile = settings.sound === 'music' ? 1 : settings.percentile;
    this.#shortPercentile = settings.sound === 'music' ? 1 : Math.min(SHORT_PART, settings.percentile);
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
    if (isFirst) this.#begin(nowMs);
    this.#window.add(delayMs);
    this.#drift.add(delayMs, nowMs);
    if (isFirst || delayMs < this.#least) this.#least = delayMs;
    this.#lookBack(nowMs);
    const isLate = this.#settings.sound === 'music' && delayMs - this.#least > this.#targetMs;
    if (++this.#since >= EVERY || isLate) this.#look(nowMs);
  }

  /**
   * A packet was lost that the one behind it holds once more (in-band FEC): from now on that one shall be there when it is asked for.
   *
   * @param frameMs how much later it comes
   */
  lost(frameMs: number, nowMs: number): void {
    const isNew = nowMs >= this.#aheadUntil;
    this.#aheadMs = frameMs;
    this.#aheadUntil = nowMs + RECOVERABLE_MS;
    if (isNew && this.#window.count > 0) this.#look(nowMs);
  }

  /** Another time begins: what was measured says nothing of it. */
  reset(): void {
    this.#window.clear();
    this.#drift.reset();
    this.#since = 0;
  }

  #begin(nowMs: number): void {
    this.#begunAt = nowMs;
    this.#lookedAt = nowMs;
    this.#settled = 0;
  }

  #lookBack(nowMs: number): void {
    if (this.#settled === undefined || nowMs - this.#begunAt < EARLY_MS) return;
    this.#settled++;
    if (nowMs - this.#begunAt < SETTLED_MS) return;
    const all = this.#window.spread(1, LONG);
    const later = this.#window.spread(1, this.#settled);
    if (later.percentile - all.least < (all.percentile - all.least) / 2) {
      this.#window.keep(this.#settled);
      this.#heldUntil = Number.NEGATIVE_INFINITY;
      if (this.#settings.mode === 'adaptive')
        this.#targetMs = Math.min(this.#targetMs, this.#settings.targetMs);
      this.#look(nowMs);
    }
    this.#settled = undefined;
  }

  #look(nowMs: number): void {
    this.#since = 0;
    const { mode, minMs, maxMs, sound } = this.#settings;
    const long = this.#window.spread(this.#percentile, LONG);
    this.#least = long.least;
    if (mode === 'fixed') return;
    const short = this.#window.spread(this.#shortPercentile, SHORT);
    const spread = Math.max(long.percentile, short.percentile) - long.least;
    const aheadMs = nowMs < this.#aheadUntil ? this.#aheadMs : 0;
    const needed = Math.min(maxMs, Math.max(minMs, spread + MARGIN_MS[sound] + aheadMs));
    this.#targetMs = sound === 'music' ? this.#held(needed, nowMs) : needed;
    this.#lookedAt = nowMs;
  }

  /** What music gets of what it needs: more at once, less later. */
  #held(neededMs: number, nowMs: number): number {
    const over = this.#targetMs - neededMs;
    if (over <= 0) {
      this.#heldUntil = nowMs + HELD_MS;
      return neededMs;
    }
    if (nowMs < this.#heldUntil) return this.#targetMs;
    const perMinute = Math.max(FALL_MS, over * FALL_RATIO);
    return this.#targetMs - Math.min(over, (perMinute * (nowMs - this.#lookedAt)) / MINUTE_MS);
  }
}
