import { delayLine, type NodeSound } from '@ringdown/media';
import { noSound } from '../sound/sound-plan.ts';
import type { World } from '../world.ts';
import { answerAsMachine, type MachineOptions } from './machine.ts';

/** `ringdown echo`: answers every call and says back what it hears, until it is interrupted. */
export const echo = (options: MachineOptions, world: World): Promise<void> =>
  answerAsMachine(options, () => ({ ...noSound, sound: echoSound() }), world);

/** Nothing is lost of stereo, and what comes a little late is still said back without a gap. */
const SHAPE = { sampleRateHz: 48_000, channels: 2 } as const;
const DELAY_MS = 60;

const echoSound = (): NodeSound => {
  const { source, sink } = delayLine(SHAPE, { delayMs: DELAY_MS });
  return { play: source, record: sink };
};
