import { powerOfTwo, powerSpectrum } from './fourier.ts';

export interface Tone {
  readonly frequencyHz: number;
  /** Of its peaks: 0 is the loudest sine there is (AES17). */
  readonly levelDbfs: number;
}

/** A tone, and all that is not it. Decibels under the tone (dBc) where nothing else is said. */
export interface ToneReport extends Tone {
  /** The second to the fifth harmonic together. */
  readonly harmonicsDbc: number;
  /** All that is not the tone, harmonics, hum and noise included. */
  readonly residualDbc: number;
  /** The loudest other line, and where it is. */
  readonly spurDbc: number;
  readonly spurHz: number;
}

/** Four terms of Blackman and Harris: what is more than four bins away is 92 dB down. */
const TERMS = [0.35875, -0.48829, 0.14128, -0.01168] as const;
const LOBE_BINS = 4;
const LAST_HARMONIC = 5;

/**
 * Finds the loudest tone of a piece of sound and measures what else is in it. The frequency is right to about a thousandth of
 * 1 / duration, the level to 0.01 dB where the tone is steady.
 *
 * @param samples of one channel, from −1 to 1, at least a twentieth of a second
 * @param nearHz looks only within a tenth of this frequency, where something else may be louder
 */
export const measureTone = (samples: Float64Array, sampleRateHz: number, nearHz?: number): ToneReport => {
  const window = windowOf(samples.length);
  const windowed = samples.map((sample, index) => sample * window[index]!);
  const size = 2 * powerOfTwo(samples.length);
  const spectrum = powerSpectrum(windowed, size);
  const binHz = sampleRateHz / size;
  // The lobe of a tone is as wide as four bins would be without the zeros.
  const lobe = Math.ceil((LOBE_BINS * size) / samples.length) + 1;
  const [from, to] =
    nearHz === undefined ? [lobe, spectrum.length] : [(0.9 * nearHz) / binHz, (1.1 * nearHz) / binHz];
  const peak = loudest(
    spectrum,
    Math.max(lobe, Math.floor(from)),
    Math.min(spectrum.length, Math.ceil(to) + 1),
  );
  const frequencyHz = refined(windowed, sampleRateHz, peak * binHz, binHz);
  const amplitude = (2 * magnitudeAt(windowed, sampleRateHz, frequencyHz)) / sum(window);
  const tonePower = taken(spectrum, frequencyHz / binHz, lobe);
  const restPower = sum(spectrum);
  const spur = loudest(spectrum, lobe, spectrum.length);
  const spurAmplitude = (2 * Math.sqrt(spectrum[spur]!)) / sum(window);
  let harmonicPower = 0;
  for (let order = 2; order <= LAST_HARMONIC && order * frequencyHz < sampleRateHz / 2; order++) {
    harmonicPower += taken(spectrum, (order * frequencyHz) / binHz, lobe);
  }
  return {
    frequencyHz,
    levelDbfs: decibels(amplitude ** 2),
    harmonicsDbc: decibels(harmonicPower / tonePower),
    residualDbc: decibels(restPower / tonePower),
    spurDbc: decibels((spurAmplitude / amplitude) ** 2),
    spurHz: spur * binHz,
  };
};

/** How loud one frequency is, by its peaks; other sound more than some bins away does not matter. */
export const toneLevelDbfs = (samples: Float64Array, sampleRateHz: number, frequencyHz: number): number => {
  const window = windowOf(samples.length);
  const windowed = samples.map((sample, index) => sample * window[index]!);
  return decibels(((2 * magnitudeAt(windowed, sampleRateHz, frequencyHz)) / sum(window)) ** 2);
};

/** The root mean square; a full square wave is 0, a full sine −3.01. */
export const rmsDbfs = (samples: Float64Array): number =>
  decibels(samples.reduce((squares, sample) => squares + sample * sample, 0) / samples.length);

/** 10 log of a ratio of powers. */
export const decibels = (power: number): number => 10 * Math.log10(power);

const windowOf = (length: number): Float64Array =>
  Float64Array.from({ length }, (_, index) => {
    const turn = (2 * Math.PI * (index + 0.5)) / length;
    return TERMS.reduce((value, term, order) => value + term * Math.cos(order * turn), 0);
  });

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

const loudest = (spectrum: Float64Array, from: number, to: number): number => {
  let found = from;
  for (let bin = from; bin < to; bin++) if (spectrum[bin]! > spectrum[found]!) found = bin;
  return found;
};

/** Takes a line with its lobe out of a spectrum. @returns its power */
const taken = (spectrum: Float64Array, center: number, lobe: number): number => {
  let power = 0;
  const last = Math.min(spectrum.length - 1, Math.round(center) + lobe);
  for (let bin = Math.max(0, Math.round(center) - lobe); bin <= last; bin++) {
    power += spectrum[bin]!;
    spectrum[bin] = 0;
  }
  return power;
};

const magnitudeAt = (samples: Float64Array, sampleRateHz: number, frequencyHz: number): number => {
  const step = (2 * Math.PI * frequencyHz) / sampleRateHz;
  let [real, imaginary] = [0, 0];
  for (let index = 0; index < samples.length; index++) {
    real += samples[index]! * Math.cos(step * index);
    imaginary += samples[index]! * Math.sin(step * index);
  }
  return Math.hypot(real, imaginary);
};

const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** The top of the lobe lies within a bin of its loudest bin: golden section. */
const refined = (samples: Float64Array, sampleRateHz: number, nearHz: number, binHz: number): number => {
  let [low, high] = [nearHz - binHz, nearHz + binHz];
  const power = (frequencyHz: number): number => magnitudeAt(samples, sampleRateHz, frequencyHz);
  let [left, right] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
  let [leftPower, rightPower] = [power(left), power(right)];
  while (high - low > binHz / 2_000) {
    if (leftPower > rightPower) {
      [high, right, rightPower] = [right, left, leftPower];
      left = high - GOLDEN * (high - low);
      leftPower = power(left);
    } else {
      [low, left, leftPower] = [left, right, rightPower];
      right = low + GOLDEN * (high - low);
      rightPower = power(right);
    }
  }
  return (low + high) / 2;
};
