import { noSound, readTone } from '../sound/sound-plan.ts';
import type { World } from '../world.ts';
import { answerAsMachine, type MachineOptions } from './machine.ts';

/** `ringdown tone`: answers every call with a tone, until it is interrupted. */
export const tone = (
  frequencies: string | undefined,
  options: MachineOptions,
  world: World,
): Promise<void> => {
  const frequenciesHz = readTone(frequencies ?? STANDARD_HZ, 'HZ');
  return answerAsMachine(
    options,
    () => ({ ...noSound, sound: { play: world.sounds.tone(frequenciesHz) } }),
    world,
  );
};

/** What engineers send to see whether a line works. */
const STANDARD_HZ = '1000';
