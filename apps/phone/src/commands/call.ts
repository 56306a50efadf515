import { type ConductOptions, readConduct } from '../line/conduct.ts';
import { converse, faultOf } from '../line/conversation.ts';
import { checkTarget, dial } from '../line/dial.ts';
import { withLine } from '../line/line.ts';
import type { LineOptions } from '../line/line-options.ts';
import { planSound, type SoundOptions } from '../sound/sound-plan.ts';
import type { World } from '../world.ts';

export interface CallCommandOptions extends LineOptions, SoundOptions, ConductOptions {}

/**
 * `ringdown call TARGET`: calls somebody, and resolves where the call was answered and went on until all was played, its time
 * was up, either side hung up, or the command was interrupted.
 *
 * @throws Refusal otherwise
 */
export const call = async (target: string, options: CallCommandOptions, world: World): Promise<void> => {
  checkTarget(target);
  const conduct = readConduct(options);
  const note = (text: string): void => world.terminal.note(text);
  const plan = planSound(options, world.sounds, note);
  await plan.check();
  await withLine({ ...options, takesCalls: false }, world, async (line) => {
    if (plan.hint !== undefined) note(plan.hint);
    const sound = await plan.open();
    const outgoing = dial(line.phone, target, sound.sound);
    const { profile } = options;
    const conversation = { ...conduct, sound, profile, endsWhenPlayed: plan.ends };
    const fault = faultOf(await converse(outgoing, conversation, line, world));
    if (fault !== undefined) throw fault;
  });
};
