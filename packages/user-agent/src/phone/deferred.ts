/** A promise and what settles it. */
export interface Deferred<Value> {
  /** Nobody has to wait for it: where it is rejected and nobody does, the process goes on. */
  readonly promise: Promise<Value>;
  /** Whether it was resolved or rejected. */
  readonly isSettled: boolean;
  /** The first of both counts. */
  resolve(value: Value): void;
  reject(error: Error): void;
}

class Settling<Value> implements Deferred<Value> {
  readonly promise: Promise<Value>;
  #isSettled = false;
  #resolve: (value: Value) => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;

  constructor() {
    this.promise = new Promise<Value>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.promise.catch(() => undefined);
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  resolve(value: Value): void {
    this.#isSettled = true;
    this.#resolve(value);
  }

  reject(error: Error): void {
    this.#isSettled = true;
    this.#reject(error);
  }
}

export const deferred = <Value>(): Deferred<Value> => new Settling<Value>();

/** A promise that is rejected already. */
export const rejected = <Value>(error: Error): Promise<Value> => {
  const { promise, reject } = deferred<Value>();
  reject(error);
  return promise;
};
