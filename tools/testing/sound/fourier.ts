/** The smallest power of two that is not less. */
export const powerOfTwo = (least: number): number => 2 ** Math.ceil(Math.log2(Math.max(2, least)));

/** Cosines and sines for a size, which many transforms of it share. */
const turns = new Map<number, { readonly cosines: Float64Array; readonly sines: Float64Array }>();

const turnsOf = (size: number): { readonly cosines: Float64Array; readonly sines: Float64Array } => {
  const known = turns.get(size);
  if (known !== undefined) return known;
  const angles = Float64Array.from({ length: size / 2 }, (_, index) => (-2 * Math.PI * index) / size);
  const made = { cosines: angles.map(Math.cos), sines: angles.map(Math.sin) };
  turns.set(size, made);
  return made;
};

/** The discrete Fourier transform, in place; the length is a power of two. Exchange both arrays for the inverse, times the length. */
export const transform = (real: Float64Array, imaginary: Float64Array): void => {
  const size = real.length;
  reorder(real, imaginary);
  const { cosines, sines } = turnsOf(size);
  for (let half = 1; half < size; half *= 2) {
    const stride = size / (2 * half);
    for (let start = 0; start < size; start += 2 * half) {
      for (let index = 0; index < half; index++) {
        const [even, odd] = [start + index, start + index + half];
        const cosine = cosines[index * stride]!;
        const sine = sines[index * stride]!;
        const oddReal = real[odd]! * cosine - imaginary[odd]! * sine;
        const oddImaginary = real[odd]! * sine + imaginary[odd]! * cosine;
        real[odd] = real[even]! - oddReal;
        imaginary[odd] = imaginary[even]! - oddImaginary;
        real[even]! += oddReal;
        imaginary[even]! += oddImaginary;
      }
    }
  }
};

/** Into the order of reversed bits, where the halves of the transform lie side by side. */
const reorder = (real: Float64Array, imaginary: Float64Array): void => {
  const size = real.length;
  for (let index = 1, reversed = 0; index < size; index++) {
    let bit = size >> 1;
    for (; (reversed & bit) !== 0; bit >>= 1) reversed ^= bit;
    reversed ^= bit;
    if (index >= reversed) continue;
    [real[index], real[reversed]] = [real[reversed]!, real[index]!];
    [imaginary[index], imaginary[reversed]] = [imaginary[reversed]!, imaginary[index]!];
  }
};

/** The power in each bin, from 0 Hz to half the rate, of samples that are filled up to the size with zeros. */
export const powerSpectrum = (samples: Float64Array, size: number): Float64Array => {
  const real = new Float64Array(size);
  const imaginary = new Float64Array(size);
  real.set(samples);
  transform(real, imaginary);
  return Float64Array.from({ length: size / 2 + 1 }, (_, bin) => real[bin]! ** 2 + imaginary[bin]! ** 2);
};
