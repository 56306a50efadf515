import type { Log } from './log.ts';

/**
 * A fault of ours in one message must not end all calls: it is logged with its stack, and the next message is read. What
 * was half done stays within that message's transaction, whose timers end it.
 */
export const guarded = <Arguments extends readonly unknown[]>(
  log: Log,
  act: (...given: Arguments) => void,
): ((...given: Arguments) => void) => guardedOr(log, undefined, act);

/** The same for what is asked: `otherwise` is the answer where there was a fault. */
export const guardedOr =
  <Arguments extends readonly unknown[], Answer>(
    log: Log,
    otherwise: Answer,
    act: (...given: Arguments) => Answer,
  ) =>
  (...given: Arguments): Answer => {
    try {
      return act(...given);
    } catch (error) {
      tellFault(log, error);
      return otherwise;
    }
  };

export const tellFault = (log: Log, error: unknown): void =>
  log.error({ event: 'fault', why: error instanceof Error ? error.stack : String(error) });
