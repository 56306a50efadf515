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
  const made = sound.map((channel) => {
    const longer = new Int16Array(length + by);
    longer.set(channel.subarray(0, REACH));
    longer.set(channel.subarray(length - REACH), length + by - REACH);
    return longer;
  });
  for (let index = REACH; index < length + by - REACH; index++) {
    const position = index - (by * (index - REACH + 1)) / (changed + by + 1);
    const whole = Math.floor(position);
    weigh(position - whole);
    for (let at = 0; at < made.length; at++) made[at]![index] = valueAt(sound[at]!, whole);
  }
  return made;
};

/** Of the samples around a place; all channels have the same. */
const weights = new Float64Array(2 * REACH);
/** cos(x − kπ/8) is made of these and of what x has. */
const TAP_COSINES = Float64Array.from(weights, (_, at) => Math.cos((Math.PI * (at + 1 - REACH)) / REACH));
const TAP_SINES = Float64Array.from(weights, (_, at) => Math.sin((Math.PI * (at + 1 - REACH)) / REACH));

/** A sinc under a Hann window, for a place so far behind a sample. */
const weigh = (fraction: number): void => {
  if (fraction === 0) {
    weights.fill(0);
    weights[REACH - 1] = 1;
    return;
  }
  // sin(π(fraction − k)) has one value and two signs.
  const sine = Math.sin(Math.PI * fraction) / Math.PI;
  const halfCosine = 0.5 * Math.cos((Math.PI * fraction) / REACH);
  const halfSine = 0.5 * Math.sin((Math.PI * fraction) / REACH);
  let sum = 0;
  for (let at = 0; at < 2 * REACH; at++) {
    const tap = at + 1 - REACH;
    const window = 0.5 + halfCosine * TAP_COSINES[at]! + halfSine * TAP_SINES[at]!;
    const weight = ((tap & 1 ? -sine : sine) / (fraction - tap)) * window;
    weights[at] = weight;
    sum += weight;
  }
  for (let at = 0; at < 2 * REACH; at++) weights[at]! /= sum;
};

/** The sound between its samples, by the weights. */
const valueAt = (channel: Int16Array, whole: number): number => {
  const first = whole + 1 - REACH;
  const last = channel.length - 1;
  let value = 0;
  for (let at = 0; at < 2 * REACH; at++)
    value += weights[at]! * channel[Math.min(last, Math.max(0, first + at))]!;
  return Math.max(-MOST - 1, Math.min(MOST, Math.round(value)));
};
