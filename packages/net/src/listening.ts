import { ListenError } from './listen-error.ts';

/** Binds something to a port (0: any) and says which it got. */
export type Bind<Bound> = (port: number) => Promise<Bound>;

interface Bound {
  readonly port: number;
  close(): Promise<void>;
}

/** How many times a free port is looked for that all of a group can have. */
const ATTEMPTS = 20;

/**
 * Binds a group to one port: where that is 0, to one that is free for all of them. Binds none where one cannot be had, and
 * throws why.
 */
export const bindTogether = async <B extends Bound>(
  port: number,
  binds: readonly Bind<B>[],
): Promise<B[]> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await bindAll(port, binds);
    } catch (error) {
      const taken = error instanceof ListenError && error.code === 'EADDRINUSE';
      if (port !== 0 || !taken || attempt === ATTEMPTS) throw error;
    }
  }
};

const bindAll = async <B extends Bound>(port: number, binds: readonly Bind<B>[]): Promise<B[]> => {
  const bound: B[] = [];
  try {
    for (const bind of binds) bound.push(await bind(bound[0]?.port ?? port));
    return bound;
  } catch (error) {
    await Promise.all(bound.map((one) => one.close()));
    throw error;
  }
};
