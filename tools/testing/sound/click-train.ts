import { findPattern } from './delay.ts';

export interface ClickTrainOptions {
  readonly sampleRateHz: number;
  readonly clicks: number;
  /** Between two clicks, on the average; the real ones vary by a fifth, so that no click is taken for another. Default: 500 ms. */
  readonly intervalMs?: number;
  /** Before the first one. Default: 500 ms. */
  readonly leadMs?: number;
  /** Of the clicks' peaks. Default: −6. */
  readonly levelDbfs?: number;
}

/** Clicks to be sent, and when they are. */
export interface ClickTrain {
  readonly sampleRateHz: number;
  readonly samples: Float64Array;
  readonly timesMs: readonly number[];
}

export interface ClickDelays {
  /** Of each click; undefined where it was not heard. */
  readonly delaysMs: readonly (number | undefined)[];
  /** Of those that were heard; undefined if none was. */
  readonly medianMs: number | undefined;
  readonly lost: number;
}

/** Short enough to be found to a fraction of a millisecond, and low enough for every telephone codec. */
const CLICK_MS = 6;
const CLICK_HZ = 1_200;
/** A click is one that is at least so like to what was sent, and so loud beside the others: noise is neither. */
const LEAST_LIKENESS = 0.5;
const LEAST_PART = 0.25;
/** The golden ratio's multiples fall nowhere twice: intervals that never repeat, and the same ones every time. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;
const VARIATION = 0.2;
/** What stands for the interval where there is one click only. */
const LONE_CLICK_MS = 500;

/** Makes a train of clicks: short bursts with silence between them. */
export const clickTrain = (options: ClickTrainOptions): ClickTrain => {
  const { sampleRateHz, clicks, intervalMs = 500, leadMs = 500, levelDbfs = -6 } = options;
  const timesMs: number[] = [];
  for (let index = 0, timeMs = leadMs; index < clicks; index++) {
    timesMs.push((Math.round((timeMs * sampleRateHz) / 1_000) * 1_000) / sampleRateHz);
    timeMs += intervalMs * (1 + VARIATION * (2 * ((index * GOLDEN) % 1) - 1));
  }
  const samples = new Float64Array(Math.ceil((((timesMs.at(-1) ?? 0) + intervalMs) * sampleRateHz) / 1_000));
  const burst = burstOf(sampleRateHz).map((sample) => sample * 10 ** (levelDbfs / 20));
  for (const timeMs of timesMs) samples.set(burst, Math.round((timeMs * sampleRateHz) / 1_000));
  return { sampleRateHz, samples, timesMs };
};

/**
 * How much later each click of a train was heard. The first guess fits the whole train; then each click is looked for by
 * itself, within half an interval of where the one before it was.
 *
 * @param heard one channel, at the train's rate, whose first sample was recorded when the train's first one was sent
 */
export const clickDelays = (
  train: ClickTrain,
  heard: Float64Array,
  options: { readonly maxDelayMs?: number } = {},
): ClickDelays => {
  const { sampleRateHz, samples, timesMs } = train;
  const perMs = sampleRateHz / 1_000;
  const whole = findPattern(heard, samples, 0, (options.maxDelayMs ?? 5_000) * perMs);
  const burst = burstOf(sampleRateHz);
  const loudest = samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0);
  const leastGain = LEAST_PART * whole.gain * loudest;
  const reach = 0.4 * shortest(timesMs) * perMs;
  let delay = whole.position;
  const delaysMs = timesMs.map((timeMs) => {
    const expected = timeMs * perMs + delay;
    const match = findPattern(heard, burst, expected - reach, expected + reach);
    if (match.likeness < LEAST_LIKENESS || match.gain < leastGain) return undefined;
    delay = match.position - timeMs * perMs;
    return delay / perMs;
  });
  const found = delaysMs.filter((delayMs) => delayMs !== undefined).sort((one, other) => one - other);
  return { delaysMs, medianMs: median(found), lost: delaysMs.length - found.length };
};

const burstOf = (sampleRateHz: number): Float64Array =>
  Float64Array.from({ length: Math.round((CLICK_MS * sampleRateHz) / 1_000) }, (_, index) => {
    const timeMs = ((index + 0.5) * 1_000) / sampleRateHz;
    return Math.sin((Math.PI * timeMs) / CLICK_MS) ** 2 * Math.sin((2 * Math.PI * CLICK_HZ * timeMs) / 1_000);
  });

const shortest = (timesMs: readonly number[]): number =>
  timesMs.length < 2
    ? LONE_CLICK_MS
    : Math.min(...timesMs.slice(1).map((timeMs, index) => timeMs - timesMs[index]!));

const median = (sorted: readonly number[]): number | undefined => {
  if (sorted.length === 0) return undefined;
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1]! + sorted[middle]!) / 2;
};
