/** Something that happens at a moment; `index` is its place in the heap, -1 once it is out of it. */
export interface Event {
  readonly at: number;
  readonly order: number;
  readonly happen: () => void;
  index: number;
}

/**
 * What is to happen, soonest first, and in the order in which it was asked for where moments are the same. A binary heap
 * whose entries know their places, so that what is cancelled leaves at once.
 */
export class EventQueue {
  readonly #heap: Event[] = [];
  #order = 0;

  get size(): number {
    return this.#heap.length;
  }

  get soonest(): Event | undefined {
    return this.#heap[0];
  }

  add(at: number, happen: () => void): Event {
    const event: Event = { at, order: this.#order++, happen, index: this.#heap.length };
    this.#heap.push(event);
    this.#rise(event);
    return event;
  }

  remove(event: Event): void {
    if (event.index < 0) return;
    const last = this.#heap.pop()!;
    if (last !== event) {
      this.#put(last, event.index);
      this.#rise(last);
      this.#sink(last);
    }
    event.index = -1;
  }

  #put(event: Event, index: number): void {
    this.#heap[index] = event;
    event.index = index;
  }

  #rise(event: Event): void {
    while (event.index > 0) {
      const parent = this.#heap[(event.index - 1) >> 1]!;
      if (!isBefore(event, parent)) return;
      this.#swap(event, parent);
    }
  }

  #sink(event: Event): void {
    for (;;) {
      const left = this.#heap[2 * event.index + 1];
      const right = this.#heap[2 * event.index + 2];
      const child = left !== undefined && right !== undefined && isBefore(right, left) ? right : left;
      if (child === undefined || !isBefore(child, event)) return;
      this.#swap(child, event);
    }
  }

  #swap(lower: Event, upper: Event): void {
    const index = lower.index;
    this.#put(lower, upper.index);
    this.#put(upper, index);
  }
}

const isBefore = (one: Event, other: Event): boolean =>
  one.at < other.at || (one.at === other.at && one.order < other.order);
