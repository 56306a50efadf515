import type { Pcm } from '../payload/pcm.ts';

/** Samples on each side that a new one is made of. */
const REACH = 8;
const TAPS = 2 * REACH;
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
  const weights = weightsFor(length, by);
  for (let at = 0; at < made.length; at++) fill(made[at]!, sound[at]!, weights, by);
  return made;
};

interface Weights {
  readonly length: number;
  readonly by: -1 | 1;
  /** Of the samples around each one that is made. */
  readonly taps: Float32Array;
}

/** All that a call makes longer or shorter is as long as it was the last time, as a rule: what it is weighed by is kept. */
let kept: Weights | undefined;

const weightsFor = (length: number, by: -1 | 1): Float32Array => {
  if (kept?.length !== length || kept.by !== by) kept = { length, by, taps: weightsOf(length, by) };
  return kept.taps;
};

const weightsOf = (length: number, by: -1 | 1): Float32Array => {
  const count = length + by - 2 * REACH;
  const taps = new Float32Array(count * TAPS);
  for (let made = 0; made < count; made++) {
    const position = REACH + made - (by * (made + 1)) / (count + 1);
    weigh(position - firstOf(made, by) - (REACH - 1), taps.subarray(made * TAPS, (made + 1) * TAPS));
  }
  return taps;
};

/** The first of the samples that a new one is made of. */
const firstOf = (made: number, by: -1 | 1): number => made + (by === 1 ? 0 : 1);

/** A sinc under a Hann window, for a place so far behind the last sample of the first half. */
const weigh = (fraction: number, taps: Float32Array): void => {
  let sum = 0;
  for (let at = 0; at < TAPS; at++) {
    const distance = fraction - (at + 1 - REACH);
    const sinc = distance === 0 ? 1 : Math.sin(Math.PI * distance) / (Math.PI * distance);
    taps[at] = sinc * (0.5 + 0.5 * Math.cos((Math.PI * distance) / REACH));
    sum += taps[at]!;
  }
  for (let at = 0; at < TAPS; at++) taps[at]! /= sum;
};

const fill = (made: Int16Array, from: Int16Array, weights: Float32Array, by: -1 | 1): void => {
  const count = made.length - 2 * REACH;
  for (let index = 0, weight = 0; index < count; index++) {
    const first = firstOf(index, by);
    let value = 0;
    for (let at = 0; at < TAPS; at++) value += weights[weight++]! * from[first + at]!;
    made[REACH + index] = Math.max(-MOST - 1, Math.min(MOST, Math.round(value)));
  }
};
