/** A promise that is kept from outside. */
export interface Deferred<Value> {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value) => void;
  readonly reject: (error: unknown) => void;
}

/** What nobody waits for may be rejected. */
export const deferred = <Value>(): Deferred<Value> => {
  let resolve!: Deferred<Value>['resolve'];
  let reject!: Deferred<Value>['reject'];
  const promise = new Promise<Value>((kept, broken) => {
    resolve = kept;
    reject = broken;
  });
  promise.catch(() => {});
  return { promise, resolve, reject };
};
