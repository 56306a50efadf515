import type { Pcm } from '@ringdown/rtp';

/** Sound that waits, up to a bound: one ring for each channel. */
export class SoundQueue {
  readonly #channels: readonly Int16Array[];
  readonly #capacity: number;
  #start = 0;
  #length = 0;

  constructor(channels: number, capacity: number) {
    this.#capacity = Math.max(1, capacity);
    this.#channels = Array.from({ length: channels }, () => new Int16Array(this.#capacity));
  }

  get length(): number {
    return this.#length;
  }

  get room(): number {
    return this.#capacity - this.#length;
  }

  /** Takes what there is room for. @param from the first sample of the piece to take. @returns how many it took */
  push(sound: Pcm, from = 0): number {
    const count = Math.min(this.room, (sound[0]?.length ?? 0) - from);
    if (count <= 0) return 0;
    const at = (this.#start + this.#length) % this.#capacity;
    const straight = Math.min(count, this.#capacity - at);
    for (const [index, ring] of this.#channels.entries()) {
      // A channel that the piece has not is the first one again.
      const samples = sound[index] ?? sound[0]!;
      ring.set(samples.subarray(from, from + straight), at);
      ring.set(samples.subarray(from + straight, from + count), 0);
    }
    this.#length += count;
    return count;
  }

  /** Puts what waits longest into arrays, from an index on, at most `count` samples. @returns how many there were */
  take(into: readonly Int16Array[], at: number, count: number): number {
    const taken = Math.min(count, this.#length);
    const straight = Math.min(taken, this.#capacity - this.#start);
    for (const [index, ring] of this.#channels.entries()) {
      const samples = into[index];
      samples?.set(ring.subarray(this.#start, this.#start + straight), at);
      samples?.set(ring.subarray(0, taken - straight), at + straight);
    }
    this.drop(taken);
    return taken;
  }

  /** What comes so many samples after the one that waits longest; zero where nothing waits. */
  peek(channel: number, offset: number): number {
    if (offset < 0 || offset >= this.#length) return 0;
    return this.#channels[channel]?.[(this.#start + offset) % this.#capacity] ?? 0;
  }

  /** Loses what waits longest. */
  drop(count: number): void {
    const dropped = Math.min(count, this.#length);
    this.#start = (this.#start + dropped) % this.#capacity;
    this.#length -= dropped;
  }
}
