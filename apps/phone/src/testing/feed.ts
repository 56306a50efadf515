/** An async iterator that a test fills. */
export class Feed<Value> implements AsyncIterableIterator<Value, undefined> {
  readonly #waiting: Value[] = [];
  readonly #readers: ((result: IteratorResult<Value, undefined>) => void)[] = [];
  #isOver = false;

  push(value: Value): void {
    const reader = this.#readers.shift();
    if (reader !== undefined) reader({ done: false, value });
    else this.#waiting.push(value);
  }

  end(): void {
    this.#isOver = true;
    for (const reader of this.#readers.splice(0)) reader({ done: true, value: undefined });
  }

  next(): Promise<IteratorResult<Value, undefined>> {
    const value = this.#waiting.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#readers.push(resolve));
  }

  return(): Promise<IteratorResult<Value, undefined>> {
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
