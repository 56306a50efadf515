/**
 * Sound that is like speech in what codecs, jitter buffers and measures see of it: syllables of a gliding voice with moving
 * formants, hisses between them, and pauses. Nobody understands it, and it is the same for the same seed.
 * Its peak is 6 dB under full scale.
 */
export const syntheticSpeech = (sampleRateHz: number, durationMs: number, seed = 1): Float64Array => {
  const random = randomOf(seed);
  const samples = new Float64Array(Math.round((durationMs * sampleRateHz) / 1_000));
  for (let at = 0; at < samples.length; ) {
    const kind = random();
    const length = Math.round((0.09 + 0.16 * random()) * sampleRateHz);
    const part = samples.subarray(at, Math.min(samples.length, at + length));
    if (kind < 0.65) voice(part, sampleRateHz, random);
    else if (kind < 0.85) hiss(part, random);
    at += length;
  }
  const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 1e-9);
  return samples.map((sample) => (PEAK * sample) / peak);
};

const PEAK = 0.5;

type Random = () => number;

/** Numbers from 0 to 1 that follow from the seed (xorshift). */
const randomOf = (seed: number): Random => {
  let state = Math.imul(seed, 0x9e37_79b1) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
};

/** Pulses of a throat through three resonances. */
const voice = (samples: Float64Array, sampleRateHz: number, random: Random): void => {
  const pitchHz = 95 + 110 * random();
  const glide = 0.8 + 0.4 * random();
  const formantsHz = [300 + 500 * random(), 900 + 1_300 * random(), 2_300 + 900 * random()];
  const resonances = formantsHz.map((formantHz, index) =>
    resonance(formantHz, 60 + 50 * index, sampleRateHz),
  );
  let phase = random();
  for (let index = 0; index < samples.length; index++) {
    const part = index / samples.length;
    phase += (pitchHz * (1 + (glide - 1) * part)) / sampleRateHz;
    const pulse = phase >= 1 ? 1 : 0;
    phase %= 1;
    const breath = 0.01 * (random() - 0.5);
    const sound = resonances.reduce(
      (total, filter, order) => total + filter(pulse + breath) / (order + 1),
      0,
    );
    samples[index] = 0.5 * Math.sin(Math.PI * part) * sound;
  }
};

const hiss = (samples: Float64Array, random: Random): void => {
  let last = 0;
  for (let index = 0; index < samples.length; index++) {
    const noise = random() - 0.5;
    samples[index] = 0.08 * Math.sin((Math.PI * index) / samples.length) * (noise - 0.7 * last);
    last = noise;
  }
};

/** A pole pair whose impulse response begins at about 1. */
const resonance = (
  frequencyHz: number,
  bandwidthHz: number,
  sampleRateHz: number,
): ((sample: number) => number) => {
  const radius = Math.exp((-Math.PI * bandwidthHz) / sampleRateHz);
  const first = 2 * radius * Math.cos((2 * Math.PI * frequencyHz) / sampleRateHz);
  const second = -radius * radius;
  let [before, last] = [0, 0];
  return (sample) => {
    const next = Math.max(-4, Math.min(4, 0.3 * sample + first * last + second * before));
    [before, last] = [last, next];
    return next;
  };
};
