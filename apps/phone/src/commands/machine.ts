import { type CallersOptions, readCallers } from '../line/callers.ts';
import { readConduct } from '../line/conduct.ts';
import { withLine } from '../line/line.ts';
import type { LineOptions } from '../line/line-options.ts';
import { receive } from '../line/reception.ts';
import type { CallSound } from '../sound/sound-plan.ts';
import type { World } from '../world.ts';

export interface MachineOptions extends LineOptions, CallersOptions {
  /** Seconds after which each call is hung up. */
  readonly duration?: string | undefined;
}

/** Calls at once that a machine takes. */
const CALLS = 32;

/**
 * Answers every call that may come with sound of its own, many at once, until the command is interrupted.
 *
 * @throws Refusal where it cannot wait for calls
 */
export const answerAsMachine = async (
  options: MachineOptions,
  open: () => CallSound,
  world: World,
): Promise<void> => {
  const reception = {
    ...readConduct({ duration: options.duration }),
    callers: readCallers(options.allow),
    calls: CALLS,
    isAutomatic: true,
    isOnce: false,
    endsWhenPlayed: false,
    open: async () => open(),
  };
  await withLine(options, world, (line) => receive(reception, line, world));
};
