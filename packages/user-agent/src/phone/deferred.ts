/** A promise and what settles it; what settles it first counts. */
export interface Deferred<Value> {
  /** Nobody has to wait for it: where it is rejected and nobody does, the process goes on. */
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value) => void;
  readonly reject: (error: Error) => void;
}

export const deferred = <Value>(): Deferred<Value> => {
  let resolve: (value: Value) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<Value>((resolves, rejects) => {
    resolve = resolves;
    reject = rejects;
  });
  promise.catch(() => undefined);
  return { promise, resolve, reject };
};

/** A promise that is rejected already. */
export const rejected = <Value>(error: Error): Promise<Value> => {
  const { promise, reject } = deferred<Value>();
  reject(error);
  return promise;
};
