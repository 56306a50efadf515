import type { Pcm } from '@ringdown/rtp';

/** Of the lower rate's half: up to the one everything passes, from the other on nothing does. */
const PASSES = 0.9;
const STOPS = 1;
/** What stops is as far down as the noise of 16 bits. */
const STOPPED_DB = 96;
/** More filters, or longer ones, are no longer quick to make. */
const MOST_TAPS = 100_000;
/** So many samples of the input are taken at once. */
const PIECE_SAMPLES = 4_800;
const FULL_SCALE = 32_768;

/** Two rates in their lowest terms: of so many samples, so many are made. */
interface Ratio {
  readonly from: number;
  readonly to: number;
}

/**
 * Gives sound another rate where the two are in the ratio of small numbers, as 44,100 and 48,000 Hz are: each new sample lies in
 * one of few places between the old ones, and each place has a filter, a sinc under a Kaiser window. Output sample n is the sound at
 * n / outputRateHz; it lags by half of a filter.
 */
export class Polyphase {
  readonly #ratio: Ratio;
  readonly #filters: Float64Array;
  readonly #taps: number;
  /** What is still needed of the input, for each channel. */
  readonly #held: readonly Float64Array[];
  #filled: number;
  /** Which filter is next. */
  #place = 0;

  private constructor(channels: number, ratio: Ratio, taps: number) {
    this.#ratio = ratio;
    this.#taps = taps;
    this.#filters = filtersOf(ratio, taps);
    this.#held = Array.from({ length: channels }, () => new Float64Array(taps + ratio.from + PIECE_SAMPLES));
    // Before the beginning there was silence.
    this.#filled = taps / 2 - 1;
  }

  /** Undefined where the rates have no such ratio. */
  static between(channels: number, inputRateHz: number, outputRateHz: number): Polyphase | undefined {
    if (!Number.isInteger(inputRateHz) || !Number.isInteger(outputRateHz)) return undefined;
    const common = commonDivisor(inputRateHz, outputRateHz);
    const ratio = { from: inputRateHz / common, to: outputRateHz / common };
    // Kaiser's formula for the length of a filter, of all places together.
    const width = (STOPS - PASSES) / (2 * Math.max(ratio.from, ratio.to));
    const length = (STOPPED_DB - 7.95) / (14.36 * width);
    const taps = 4 * Math.ceil(length / ratio.to / 4);
    return taps * ratio.to > MOST_TAPS ? undefined : new Polyphase(channels, ratio, taps);
  }

  /** @returns what has become of it so far: the rest comes with what follows */
  convert(sound: Pcm): Pcm[] {
    const length = sound[0]?.length ?? 0;
    const pieces: Pcm[] = [];
    for (let from = 0; from < length; from += PIECE_SAMPLES)
      pieces.push(this.#piece(sound, from, Math.min(length, from + PIECE_SAMPLES)));
    return pieces;
  }

  #piece(sound: Pcm, from: number, to: number): Pcm {
    const { from: step, to: places } = this.#ratio;
    for (const [index, held] of this.#held.entries())
      held.set(sound[index]!.subarray(from, to), this.#filled);
    const filled = this.#filled + to - from;
    const free = filled - this.#taps;
    const count = free < 0 ? 0 : Math.floor(((free + 1) * places - 1 - this.#place) / step) + 1;
    const made = this.#held.map((held) => this.#filtered(held, count));
    const end = this.#place + count * step;
    const used = Math.floor(end / places);
    this.#place = end % places;
    this.#filled = filled - used;
    for (const held of this.#held) held.copyWithin(0, used, filled);
    return made;
  }

  #filtered(held: Float64Array, count: number): Int16Array {
    const { from: step, to: places } = this.#ratio;
    const made = new Int16Array(count);
    let place = this.#place;
    let at = 0;
    for (let index = 0; index < count; index++) {
      const value = Math.round(weighed(held, at, this.#filters, place * this.#taps, this.#taps));
      made[index] = value < -FULL_SCALE ? -FULL_SCALE : value >= FULL_SCALE ? FULL_SCALE - 1 : value;
      for (place += step; place >= places; place -= places) at++;
    }
    return made;
  }
}

/** Four sums, because each addition waits for the one before it. */
const weighed = (
  samples: Float64Array,
  at: number,
  filters: Float64Array,
  from: number,
  taps: number,
): number => {
  let [one, two, three, four] = [0, 0, 0, 0];
  for (let tap = 0; tap < taps; tap += 4) {
    one += samples[at + tap]! * filters[from + tap]!;
    two += samples[at + tap + 1]! * filters[from + tap + 1]!;
    three += samples[at + tap + 2]! * filters[from + tap + 2]!;
    four += samples[at + tap + 3]! * filters[from + tap + 3]!;
  }
  return one + two + three + four;
};

/** One filter behind the other. Each lets what is constant through as it is. */
const filtersOf = ({ from, to }: Ratio, taps: number): Float64Array => {
  const filters = new Float64Array(to * taps);
  const band = ((PASSES + STOPS) / 2) * Math.min(1, to / from);
  const beta = 0.1102 * (STOPPED_DB - 8.7);
  const half = taps / 2;
  for (let place = 0; place < to; place++) {
    const filter = filters.subarray(place * taps, (place + 1) * taps);
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) {
      const distance = tap - half + 1 - place / to;
      const turns = Math.PI * band * distance;
      const sinc = turns === 0 ? 1 : Math.sin(turns) / turns;
      filter[tap] = sinc * bessel(beta * Math.sqrt(Math.max(0, 1 - (distance / half) ** 2)));
      sum += filter[tap]!;
    }
    for (let tap = 0; tap < taps; tap++) filter[tap]! /= sum;
  }
  return filters;
};

/** I0, which Kaiser's window is made of. */
const bessel = (x: number): number => {
  let sum = 1;
  for (let term = 1, index = 1; term > 1e-12 * sum; index++) {
    term *= (x / (2 * index)) ** 2;
    sum += term;
  }
  return sum;
};

const commonDivisor = (one: number, other: number): number =>
  other === 0 ? one : commonDivisor(other, one % other);
