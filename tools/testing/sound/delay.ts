import { powerOfTwo, transform } from './fourier.ts';

/** Where a pattern was found. */
export interface Match {
  /** The sample at which it begins, with its fraction. */
  readonly position: number;
  /** 1 where it is the pattern, louder or softer; about 0 where it has nothing to do with it. */
  readonly likeness: number;
  /** How loud it is there, as a part of the pattern. */
  readonly gain: number;
}

/** Finds where sound is most like a pattern, among the beginnings from one sample to another; they may lie outside of it. */
export const findPattern = (
  samples: Float64Array,
  pattern: Float64Array,
  from: number,
  to: number,
): Match => {
  const positions = Math.max(0, Math.floor(to) - Math.floor(from)) + 1;
  const searched = sliceAt(samples, Math.floor(from), positions + pattern.length - 1);
  const products = correlated(searched, pattern);
  const patternEnergy = energyOf(pattern, 0, pattern.length);
  // Where nothing is heard, noise of the arithmetic is no likeness.
  const least = 1e-9 * patternEnergy;
  const likenesses = new Float64Array(positions);
  let energy = energyOf(searched, 0, pattern.length);
  for (let index = 0; index < positions; index++) {
    likenesses[index] = energy < least ? 0 : products[index]! / Math.sqrt(patternEnergy * energy || 1);
    energy += (searched[index + pattern.length] ?? 0) ** 2 - searched[index]! ** 2;
  }
  let best = 0;
  for (let index = 1; index < positions; index++) if (likenesses[index]! > likenesses[best]!) best = index;
  return {
    position: Math.floor(from) + best + fraction(likenesses, best),
    likeness: likenesses[best]!,
    gain: products[best]! / (patternEnergy || 1),
  };
};

/** Samples from anywhere, zero outside. */
export const sliceAt = (samples: Float64Array, from: number, length: number): Float64Array => {
  const slice = new Float64Array(length);
  const start = Math.max(0, from);
  const end = Math.min(samples.length, from + length);
  if (end > start) slice.set(samples.subarray(start, end), start - from);
  return slice;
};

const energyOf = (samples: Float64Array, from: number, to: number): number => {
  let energy = 0;
  for (let index = from; index < to; index++) energy += samples[index]! ** 2;
  return energy;
};

/** The sum of products for each shift of the pattern, by way of spectra. */
const correlated = (samples: Float64Array, pattern: Float64Array): Float64Array => {
  const size = powerOfTwo(samples.length);
  const [real, imaginary] = [new Float64Array(size), new Float64Array(size)];
  const [patternReal, patternImaginary] = [new Float64Array(size), new Float64Array(size)];
  real.set(samples);
  patternReal.set(pattern);
  transform(real, imaginary);
  transform(patternReal, patternImaginary);
  for (let bin = 0; bin < size; bin++) {
    const [a, b, c, d] = [real[bin]!, imaginary[bin]!, patternReal[bin]!, patternImaginary[bin]!];
    real[bin] = (a * c + b * d) / size;
    imaginary[bin] = (b * c - a * d) / size;
  }
  transform(imaginary, real);
  return real;
};

/** Where between the samples the top is: that of the parabola through three of them. */
const fraction = (values: Float64Array, top: number): number => {
  const [before, at, after] = [values[top - 1], values[top]!, values[top + 1]];
  if (before === undefined || after === undefined) return 0;
  const bend = before - 2 * at + after;
  return bend >= 0 ? 0 : Math.max(-0.5, Math.min(0.5, (before - after) / (2 * bend)));
};
