import type { Pcm } from '../payload/pcm.ts';
import { pitchOf } from './pitch.ts';

/**
 * Makes sound shorter or longer by one pitch period, which nobody hears as another pitch: what a jitter buffer's `accelerate`
 * and `expand` ask for. Sound that is too short to hold two periods comes back as it was.
 *
 * @returns the new sound; its length says how much was gained or lost
 */
export const timeStretch = (sound: Pcm, sampleRateHz: number, kind: 'accelerate' | 'expand'): Pcm => {
  const [first] = sound;
  if (first === undefined) return sound;
  const pitch = pitchOf(first, sampleRateHz);
  if (first.length < 2 * pitch) return sound;
  return sound.map((channel) =>
    kind === 'accelerate' ? without(channel, pitch) : withOneMore(channel, pitch),
  );
};

/** Two periods at the end become one: the first goes over into the second. */
const without = (channel: Int16Array, pitch: number): Int16Array => {
  const length = channel.length - pitch;
  const shorter = channel.slice(0, length);
  for (let index = length - pitch; index < length; index++) {
    const part = (index - (length - pitch) + 1) / (pitch + 1);
    shorter[index] = Math.round(channel[index]! * (1 - part) + channel[index + pitch]! * part);
  }
  return shorter;
};

/** Two periods at the end become three: the one between them goes from the second over into the first. */
const withOneMore = (channel: Int16Array, pitch: number): Int16Array => {
  const length = channel.length;
  const longer = new Int16Array(length + pitch);
  longer.set(channel.subarray(0, length - pitch));
  longer.set(channel.subarray(length - pitch), length);
  for (let index = 0; index < pitch; index++) {
    const part = (index + 1) / (pitch + 1);
    const second = channel[length - pitch + index]!;
    const first = channel[length - 2 * pitch + index]!;
    longer[length - pitch + index] = Math.round(second * (1 - part) + first * part);
  }
  return longer;
};
