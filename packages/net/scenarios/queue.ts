const DEADLINE_MS = 5000;

/** What comes, one after the other, awaited within a bound. */
export class Queue<T> {
  readonly #name: string;
  readonly #items: T[] = [];
  #waiting: ((item: T) => void) | undefined = undefined;

  constructor(name: string) {
    this.#name = name;
  }

  get length(): number {
    return this.#items.length;
  }

  push(item: T): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#items.push(item);
    else waiting(item);
  }

  async next(): Promise<T> {
    const item = this.#items.shift();
    if (item !== undefined) return item;
    return new Promise((resolve, reject) => {
      const late = () => reject(new Error(`no ${this.#name} came within ${DEADLINE_MS} ms`));
      const timer = setTimeout(late, DEADLINE_MS);
      this.#waiting = (came) => {
        clearTimeout(timer);
        resolve(came);
      };
    });
  }

  /** The next that fits; others before it are passed over. */
  async nextWhere(fits: (item: T) => boolean): Promise<T> {
    for (;;) {
      const item = await this.next();
      if (fits(item)) return item;
    }
  }
}
