/** How much of what one reader has not read yet is kept. */
export interface QueueRules<Value> {
  /** How many at most. */
  readonly capacity: number;
  /** Whether a newer one makes an older one worthless that still waits: the older goes. */
  readonly replaces?: (newer: Value, older: Value) => boolean;
  /** What goes first where there is no room: the oldest of these, and only then the oldest of all. */
  readonly isExpendable?: (value: Value) => boolean;
  /** Whether it means nothing any more when it is read: it is passed over. */
  readonly isStale?: (value: Value) => boolean;
  /** What a reader is told once, before the rest, who came too late for `count` of them. */
  readonly missed?: (count: number) => Value;
}

type Reader<Value> = {
  readonly resolve: (result: IteratorResult<Value, undefined>) => void;
  readonly reject: (error: Error) => void;
};

/**
 * What happens, for one reader, who may be slower than it happens: an async iterator over a bounded queue. It is open from
 * the moment that it is made, whether anybody reads or not.
 */
export class EventQueue<Value> implements AsyncIterableIterator<Value, undefined> {
  readonly #rules: QueueRules<Value>;
  readonly #left: () => void;
  readonly #readers: Reader<Value>[] = [];
  #waiting: Value[] = [];
  #missed = 0;
  #isOver = false;
  #failure: Error | undefined;

  /** `left`: the reader wants no more of it. */
  constructor(rules: QueueRules<Value>, left: () => void = () => undefined) {
    this.#rules = rules;
    this.#left = left;
  }

  /** How many wait to be read. */
  get size(): number {
    return this.#waiting.length;
  }

  push(value: Value): void {
    if (this.#isOver) return;
    const reader = this.#readers.shift();
    if (reader !== undefined) {
      reader.resolve({ done: false, value });
      return;
    }
    const { capacity, replaces } = this.#rules;
    if (replaces !== undefined) this.#waiting = this.#waiting.filter((older) => !replaces(value, older));
    if (this.#waiting.length >= capacity) this.#makeRoom();
    this.#waiting.push(value);
  }

  /** Nothing more comes; what waits can still be read. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const reader of this.#readers.splice(0)) reader.resolve({ done: true, value: undefined });
  }

  /** The same, and the reader is told why. */
  fail(error: Error): void {
    if (this.#isOver) return;
    const reader = this.#readers.shift();
    if (reader === undefined) this.#failure = error;
    else reader.reject(error);
    this.end();
  }

  next(): Promise<IteratorResult<Value, undefined>> {
    const { missed } = this.#rules;
    if (this.#missed > 0 && missed !== undefined) {
      const value = missed(this.#missed);
      this.#missed = 0;
      return Promise.resolve({ done: false, value });
    }
    const { isStale } = this.#rules;
    if (isStale !== undefined) this.#waiting = this.#waiting.filter((value) => !isStale(value));
    if (this.#waiting.length > 0) return Promise.resolve({ done: false, value: this.#waiting.shift()! });
    const failure = this.#failure;
    if (failure !== undefined) {
      this.#failure = undefined;
      return Promise.reject(failure);
    }
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
  }

  /** Leaves: what waits is thrown away. */
  return(): Promise<IteratorResult<Value, undefined>> {
    this.#waiting = [];
    this.#missed = 0;
    this.#failure = undefined;
    this.end();
    this.#left();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #makeRoom(): void {
    const { isExpendable } = this.#rules;
    const expendable = isExpendable === undefined ? -1 : this.#waiting.findIndex(isExpendable);
    this.#waiting.splice(Math.max(0, expendable), 1);
    this.#missed++;
  }
}

/** Everybody who reads of the same. */
export class Audience<Value> {
  readonly #rules: QueueRules<Value>;
  readonly #queues = new Set<EventQueue<Value>>();
  #isOver = false;

  constructor(rules: QueueRules<Value>) {
    this.#rules = rules;
  }

  /** How many listen. */
  get size(): number {
    return this.#queues.size;
  }

  /** One more reader, who learns of all that happens from now on. */
  join(): EventQueue<Value> {
    const queue: EventQueue<Value> = new EventQueue(this.#rules, () => this.#queues.delete(queue));
    if (this.#isOver) queue.end();
    else this.#queues.add(queue);
    return queue;
  }

  tell(value: Value): void {
    for (const queue of this.#queues) queue.push(value);
  }

  end(): void {
    this.#isOver = true;
    for (const queue of this.#queues) queue.end();
    this.#queues.clear();
  }
}
