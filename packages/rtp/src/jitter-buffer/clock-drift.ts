/** One point for each second; two minutes of them. */
const PERIOD_MS = 1_000;
const MOST_POINTS = 120;
const FEWEST_POINTS = 15;
/** A path that is so much longer or shorter at once is another path. */
const STEP_MS = 30;
/** Crystals are within 100 ppm; more than this is no clock. */
const MOST_PPM = 1_000;

/**
 * How much faster the sender's clock runs than ours: the slope of the shortest delays, which jitter does not touch. A faster
 * sender's timestamps run ahead, so its delays shrink.
 */
export class ClockDrift {
  readonly #times: number[] = [];
  readonly #delays: number[] = [];
  #periodStart: number | undefined = undefined;
  #least = Number.POSITIVE_INFINITY;
  #ppm: number | undefined = undefined;

  get ppm(): number | undefined {
    return this.#ppm;
  }

  add(delayMs: number, nowMs: number): void {
    this.#periodStart ??= nowMs;
    if (nowMs - this.#periodStart >= PERIOD_MS) this.#close(nowMs);
    this.#least = Math.min(this.#least, delayMs);
  }

  reset(): void {
    this.#times.length = 0;
    this.#delays.length = 0;
    this.#periodStart = undefined;
    this.#least = Number.POSITIVE_INFINITY;
  }

  #close(nowMs: number): void {
    const last = this.#delays.at(-1);
    if (last !== undefined && Math.abs(this.#least - last) > STEP_MS) {
      this.#times.length = 0;
      this.#delays.length = 0;
    }
    this.#times.push(this.#periodStart!);
    this.#delays.push(this.#least);
    if (this.#times.length > MOST_POINTS) {
      this.#times.shift();
      this.#delays.shift();
    }
    this.#periodStart = nowMs;
    this.#least = Number.POSITIVE_INFINITY;
    if (this.#times.length >= FEWEST_POINTS) this.#ppm = this.#slope();
  }

  /** Least squares, in millionths. */
  #slope(): number {
    const count = this.#times.length;
    const meanTime = this.#times.reduce((sum, one) => sum + one, 0) / count;
    const meanDelay = this.#delays.reduce((sum, one) => sum + one, 0) / count;
    let above = 0;
    let below = 0;
    for (let index = 0; index < count; index++) {
      const time = this.#times[index]! - meanTime;
      above += time * (this.#delays[index]! - meanDelay);
      below += time * time;
    }
    const ppm = below === 0 ? 0 : (-1e6 * above) / below;
    return Math.min(MOST_PPM, Math.max(-MOST_PPM, ppm));
  }
}
