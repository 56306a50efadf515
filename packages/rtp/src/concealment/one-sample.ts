import type { Pcm } from '../payload/pcm.ts';

/** Samples on each side that a new one is made of. */
const REACH = 8;
const MOST = 32_767;

/**
 * Makes sound longer or shorter by one sample, spread over all of it: as if it were played that much slower or faster. In 20 ms
 * at 48 kHz that is 0.1 %, a sixtieth of a semitone. Both ends stay as they are, so what stands before and behind goes on.
 *
 * @param by −1 or 1
 * @returns the sound itself where it is too short
 */
export const byOneSample = (sound: Pcm, by: -1 | 1): Pcm => {
  const length = sound[0]?.length ?? 0;
  const changed = length - 2 * REACH;
  if (changed < 2 * REACH) return sound;
  return sound.map((channel) => {
    const made = new Int16Array(length + by);
    made.set(channel.subarray(0, REACH));
    made.set(channel.subarray(length - REACH), length + by - REACH);
    for (let index = REACH; index < length + by - REACH; index++) {
      const shift = (index - REACH + 1) / (changed + by + 1);
      made[index] = valueAt(channel, index - by * shift);
    }
    return made;
  });
};

/** The sound between its samples: a sinc under a Hann window. */
const valueAt = (channel: Int16Array, position: number): number => {
  const whole = Math.floor(position);
  const fraction = position - whole;
  if (fraction === 0) return channel[whole]!;
  // sin(π(fraction − k)) has one value and two signs.
  const sine = Math.sin(Math.PI * fraction) / Math.PI;
  let value = 0;
  let weights = 0;
  for (let tap = 1 - REACH; tap <= REACH; tap++) {
    const distance = fraction - tap;
    const window = 0.5 + 0.5 * Math.cos((Math.PI * distance) / REACH);
    const weight = ((tap & 1 ? -sine : sine) / distance) * window;
    const index = Math.min(channel.length - 1, Math.max(0, whole + tap));
    value += weight * channel[index]!;
    weights += weight;
  }
  return Math.max(-MOST - 1, Math.min(MOST, Math.round(value / weights)));
};
