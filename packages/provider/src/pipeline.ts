import type { Incoming, Verdict } from './incoming.ts';

/** One step of a pipeline: what it was given with something added, or a verdict that ends the way. */
export type Step<In extends Incoming, Out extends In> = (incoming: In) => Out | Verdict;

/** The end of a pipeline. */
export type Handler<In extends Incoming> = (incoming: In) => Verdict;

/** Handlers by method; what is not listed goes to the fallback. */
export type Routes<In extends Incoming> = Readonly<Partial<Record<string, Handler<In>>>>;

/**
 * Steps, composed so that the types show what each adds: a handler that needs an identity cannot stand before the step
 * that finds one.
 *
 * @example
 * const handle = pipeline<Incoming>().use(address).use(authenticate).route({ REGISTER: registrar }, proxy);
 */
export interface Pipeline<Start extends Incoming, Now extends Start> {
  use<Next extends Now>(step: Step<Now, Next>): Pipeline<Start, Next>;
  /** Ends the pipeline: the handler of the request's method, or the fallback, gives the verdict. */
  route(routes: Routes<Now>, fallback: Handler<Now>): Handler<Start>;
}

export const pipeline = <Start extends Incoming>(): Pipeline<Start, Start> => withSteps<Start, Start>([]);

type AnyStep = (incoming: never) => Incoming | Verdict;

const withSteps = <Start extends Incoming, Now extends Start>(
  steps: readonly AnyStep[],
): Pipeline<Start, Now> => ({
  use: (step) => withSteps([...steps, step as AnyStep]),
  route: (routes, fallback) => (incoming) => {
    let current: Incoming = incoming;
    for (const step of steps) {
      const result = step(current as never);
      if (result.kind !== 'incoming') return result;
      current = result;
    }
    const handler = Object.hasOwn(routes, current.request.method)
      ? routes[current.request.method]
      : undefined;
    return (handler ?? fallback)(current as Now);
  },
});
