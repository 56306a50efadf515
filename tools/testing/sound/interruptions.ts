/** Sound that is missing in the middle of sound. */
export interface Gap {
  readonly atMs: number;
  readonly lengthMs: number;
}

export interface GapOptions {
  /** What is silent. Default: −60. */
  readonly belowDbfs?: number;
  /** A tone passes zero, too. Default: 5 ms. */
  readonly longerThanMs?: number;
}

/** Finds the gaps between the first sound and the last. @param samples of one channel, from −1 to 1 */
export const gapsIn = (
  samples: Float64Array,
  sampleRateHz: number,
  { belowDbfs = -60, longerThanMs = 5 }: GapOptions = {},
): readonly Gap[] => {
  const threshold = 10 ** (belowDbfs / 20);
  const gaps: Gap[] = [];
  let last: number | undefined;
  for (let index = 0; index < samples.length; index++) {
    if (Math.abs(samples[index]!) < threshold) continue;
    const silent = last === undefined ? 0 : index - last - 1;
    const lengthMs = (1_000 * silent) / sampleRateHz;
    if (lengthMs > longerThanMs) gaps.push({ atMs: (1_000 * (last! + 1)) / sampleRateHz, lengthMs });
    last = index;
  }
  return gaps;
};

/** What is one percent of the tone is a click, unless noise is as loud. */
const LEAST_PART = 0.01;
/** How much louder than the noise a click is. */
const OVER_NOISE = 12;
/** Steps that are closer than this are one click. */
const TOGETHER_MS = 5;

/**
 * Finds the steps in a tone: samples that are missing, doubled or wrong. Each sample of a sine follows from the two before
 * it, so what does not is no part of it.
 *
 * @returns the times of the clicks, in ms
 */
export const clicksInTone = (
  samples: Float64Array,
  sampleRateHz: number,
  frequencyHz: number,
): readonly number[] => {
  const factor = 2 * Math.cos((2 * Math.PI * frequencyHz) / sampleRateHz);
  const surprises = new Float64Array(samples.length);
  for (let index = 2; index < samples.length; index++) {
    surprises[index] = Math.abs(samples[index]! - factor * samples[index - 1]! + samples[index - 2]!);
  }
  const squares = samples.reduce((total, sample) => total + sample * sample, 0);
  const amplitude = Math.sqrt((2 * squares) / Math.max(1, samples.length));
  const noise = surprises.toSorted()[surprises.length >> 1]!;
  const threshold = Math.max(LEAST_PART * amplitude, OVER_NOISE * noise);
  const together = (TOGETHER_MS * sampleRateHz) / 1_000;
  const clicks: number[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (let index = 2; index < surprises.length; index++) {
    if (surprises[index]! <= threshold) continue;
    if (index - last > together) clicks.push((1_000 * index) / sampleRateHz);
    last = index;
  }
  return clicks;
};
