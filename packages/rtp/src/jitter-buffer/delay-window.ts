/** The spread of the last few packets' delays. Delays are only comparable: their origin is unknown. */
export class DelayWindow {
  readonly #delays: Float64Array;
  readonly #sorted: Float64Array;
  #count = 0;
  #next = 0;

  constructor(size: number) {
    this.#delays = new Float64Array(size);
    this.#sorted = new Float64Array(size);
  }

  get count(): number {
    return this.#count;
  }

  add(delayMs: number): void {
    this.#delays[this.#next] = delayMs;
    this.#next = (this.#next + 1) % this.#delays.length;
    if (this.#count < this.#delays.length) this.#count++;
  }

  /** All but the newest are forgotten. */
  keep(newest: number): void {
    this.#count = Math.min(this.#count, newest);
  }

  clear(): void {
    this.#count = 0;
    this.#next = 0;
  }

  /** The shortest delay, and the one that `part` of all do not exceed; of the newest `most`. */
  spread(part: number, most: number): { readonly least: number; readonly percentile: number } {
    const count = Math.min(this.#count, most);
    const size = this.#delays.length;
    for (let index = 0; index < count; index++)
      this.#sorted[index] = this.#delays[(this.#next - 1 - index + size) % size]!;
    const sorted = this.#sorted.subarray(0, count).sort();
    const at = Math.min(count - 1, Math.ceil(part * count) - 1);
    return { least: sorted[0] ?? 0, percentile: sorted[Math.max(0, at)] ?? 0 };
  }
}
