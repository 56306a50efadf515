import { type CallersOptions, readCallers } from '../line/callers.ts';
import { type ConductOptions, readConduct } from '../line/conduct.ts';
import { withLine } from '../line/line.ts';
import type { LineOptions } from '../line/line-options.ts';
import { receive } from '../line/reception.ts';
import { Refusal } from '../refusal.ts';
import { planSound, type SoundOptions } from '../sound/sound-plan.ts';
import type { World } from '../world.ts';

export interface AnswerCommandOptions extends LineOptions, SoundOptions, ConductOptions, CallersOptions {
  /** Whether nobody is asked. */
  readonly auto?: boolean | undefined;
  /** Whether the command ends with the first call. */
  readonly once?: boolean | undefined;
}

/**
 * `ringdown answer`: waits for calls and takes one at a time, until it is interrupted or, with --once, the first is over.
 *
 * @throws Refusal where it cannot wait, or the one call broke off
 */
export const answer = async (options: AnswerCommandOptions, world: World): Promise<void> => {
  const callers = readCallers(options.allow);
  const conduct = readConduct(options);
  const isAutomatic = options.auto === true;
  if (!isAutomatic && !world.terminal.isInteractive)
    throw new Refusal(
      'nobody can be asked here whether to answer: --auto answers every call, and --allow ADDRESS says whose',
    );
  const note = (text: string): void => world.terminal.note(text);
  const plan = planSound(options, world.sounds, note);
  await plan.check();
  await withLine(options, world, (line) => {
    for (const hint of [plan.hint, roomHint(options)]) if (hint !== undefined) note(hint);
    return receive(
      {
        ...conduct,
        callers,
        calls: 1,
        isAutomatic,
        isOnce: options.once === true,
        endsWhenPlayed: plan.ends,
        profile: options.profile,
        open: () => plan.open(),
      },
      line,
      world,
    );
  });
};

const roomHint = ({ auto, device, allow }: AnswerCommandOptions): string | undefined =>
  auto === true && device === true && allow === undefined
    ? 'whoever calls hears this room: --allow ADDRESS says who may'
    : undefined;
