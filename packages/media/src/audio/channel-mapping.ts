import type { Pcm } from '@ringdown/rtp';

/**
 * Sound with another number of channels: one goes to all, all go to one by their average, and otherwise the first ones are
 * kept and silence fills up. The arrays are new only where they have to be.
 */
export const mapChannels = (sound: Pcm, channels: number): Pcm => {
  const [first] = sound;
  if (sound.length === channels || first === undefined) return sound;
  if (channels === 1) return [average(sound, first.length)];
  return Array.from({ length: channels }, (_, index) => {
    if (sound.length === 1) return index === 0 ? first : first.slice();
    return sound[index] ?? new Int16Array(first.length);
  });
};

const average = (sound: Pcm, length: number): Int16Array => {
  const mixed = new Int16Array(length);
  for (let index = 0; index < length; index++) {
    let sum = 0;
    for (const channel of sound) sum += channel[index]!;
    mixed[index] = Math.round(sum / sound.length);
  }
  return mixed;
};
