import type { Pcm } from '../payload/pcm.ts';

/** Two places in a sound, and how well one can go over into the other. */
export interface Likeness {
  /** Samples from the one to the other. */
  readonly distance: number;
  /** 1 where they are the same, 0 where they have nothing in common, −1 where one is the other upside down. */
  readonly likeness: number;
}

/**
 * The place that is most like the one at `at`, between `from` and `to` samples from it (below 0: before it). What is
 * compared is `length` samples, of all channels together. Unlike a correlation it does not forgive another loudness.
 */
export const mostLike = (sound: Pcm, at: number, from: number, to: number, length: number): Likeness => {
  let best: Likeness = { distance: to, likeness: Number.NEGATIVE_INFINITY };
  const step = to < from ? 1 : -1;
  // The longest comes first: of places that are as like, as those of a steady tone, it is taken.
  for (let distance = to; distance !== from + step; distance += step) {
    const likeness = likenessOf(sound, at, at + distance, length);
    if (likeness > best.likeness) best = { distance, likeness };
  }
  return best;
};

const likenessOf = (sound: Pcm, one: number, other: number, length: number): number => {
  let product = 0;
  let energy = 1;
  for (const channel of sound) {
    for (let index = 0; index < length; index++) {
      const a = channel[one + index]!;
      const b = channel[other + index]!;
      product += a * b;
      energy += a * a + b * b;
    }
  }
  return (2 * product) / energy;
};
