import type { Pcm } from '../payload/pcm.ts';

/** Two places in a sound, and how well one can go over into the other. */
export interface Likeness {
  /** Samples from the one to the other, whichever comes first. */
  readonly distance: number;
  /** 1 where they are the same, 0 where they have nothing in common, −1 where one is the other upside down. */
  readonly likeness: number;
}

/** The first look is coarse: so many samples a second, of so many places. */
const COARSE_HZ = 16_000;

export interface LikenessSearch {
  /** Where what is compared begins. */
  readonly at: number;
  /** Samples that are compared, of all channels together. */
  readonly length: number;
  /** Whether the other place is behind or before it, and how far away it is, in samples. */
  readonly direction: 1 | -1;
  readonly nearest: number;
  readonly furthest: number;
}

/** The place that is most like another one. Unlike a correlation it does not forgive another loudness. */
export const mostLike = (sound: Pcm, sampleRateHz: number, search: LikenessSearch): Likeness => {
  const step = Math.max(1, Math.floor(sampleRateHz / COARSE_HZ));
  const coarse = best(sound, search, step);
  if (step === 1) return coarse;
  const { distance } = coarse;
  const nearest = Math.max(search.nearest, distance - step);
  return best(sound, { ...search, nearest, furthest: Math.min(search.furthest, distance + step) }, 1);
};

const best = (sound: Pcm, search: LikenessSearch, step: number): Likeness => {
  const { at, length, direction, nearest, furthest } = search;
  let found: Likeness = { distance: furthest, likeness: Number.NEGATIVE_INFINITY };
  // The longest comes first: of places that are as like, as those of a steady tone, it is taken.
  for (let distance = furthest; distance >= nearest; distance -= step) {
    const likeness = likenessOf(sound, at, at + direction * distance, length, step);
    if (likeness > found.likeness) found = { distance, likeness };
  }
  return found;
};

const likenessOf = (sound: Pcm, one: number, other: number, length: number, step: number): number => {
  let product = 0;
  let energy = 1;
  for (const channel of sound) {
    for (let index = 0; index < length; index += step) {
      const a = channel[one + index]!;
      const b = channel[other + index]!;
      product += a * b;
      energy += a * a + b * b;
    }
  }
  return (2 * product) / energy;
};
