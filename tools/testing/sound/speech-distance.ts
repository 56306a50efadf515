import { findPattern, type Match, sliceAt } from './delay.ts';
import { powerOfTwo, powerSpectrum } from './fourier.ts';
import { decibels } from './tones.ts';

export interface SpeechDistanceOptions {
  /** What is looked at. Default: from 100 Hz to nine tenths of half the rate. */
  readonly bandsHz?: readonly [lowest: number, highest: number];
  /** Frames of the reference that are softer are left out. Default: −50. */
  readonly silenceDbfs?: number;
  /** How much later or earlier than the reference the other may be. Default: 5,000 ms. */
  readonly maxDelayMs?: number;
  /** How far the delay may have moved from one piece to the next. Default: 300 ms. */
  readonly maxJumpMs?: number;
}

/** How unlike one recording is to another of the same speech. */
export interface SpeechDistance {
  /** The mean over all frames of the root mean square difference of bands; 0.2 through G.711, 1.5 through Opus, 5 with a fifth of its packets lost, 17 from other speech. */
  readonly distanceDb: number;
  /** How much louder the other one is; taken out of the distance. */
  readonly gainDb: number;
  readonly frames: number;
  /** Of each piece that could be placed, in the reference's time. */
  readonly delays: readonly { readonly atMs: number; readonly delayMs: number }[];
  /** Undefined where nothing could be placed. */
  readonly medianDelayMs: number | undefined;
}

/** Long enough to know speech by, short enough to follow a jitter buffer. */
const PIECE_MS = 320;
const FRAME_MS = 32;
/** How finely loudness is followed to find out where to look for the first piece. */
const MOMENT_MS = 10;
const LEAST_MOMENT_DBFS = -60;
/** Pieces and frames overlap by half. */
const OVERLAP = 2;
/** A piece that is less like is not placed: it lies where the one before it did. */
const LEAST_LIKENESS = 0.4;
/** What is softer than that below the silence threshold nobody hears, so it makes no difference. */
const FLOOR_UNDER_SILENCE_DB = 20;
/** And what is so much softer than the rest of its frame is masked by that. */
const MASKED_DB = 40;
/** A frame that is so much softer than it was did not come, and says nothing of the level. */
const LOST_DB = 60;
/** No sound at all, where a logarithm needs a number. */
const NOTHING_DBFS = -200;
const BANDS_PER_OCTAVE = 3;

/**
 * The log-spectral distance between a recording and its reference, in bands of a third of an octave. Both are brought
 * together piece by piece, so that neither a delay nor what a jitter buffer does to it counts; what is missing counts fully.
 *
 * @param reference one channel of what was said, from −1 to 1
 * @param heard one channel of what came, at the same rate
 */
export const speechDistance = (
  reference: Float64Array,
  heard: Float64Array,
  sampleRateHz: number,
  options: SpeechDistanceOptions = {},
): SpeechDistance => {
  const { silenceDbfs = -50 } = options;
  const pieces = placed(reference, heard, sampleRateHz, options);
  const frameLength = samplesOf(FRAME_MS, sampleRateHz);
  const bands = new Bands(frameLength, sampleRateHz, options.bandsHz ?? [100, 0.45 * sampleRateHz]);
  const floor = silenceDbfs - FLOOR_UNDER_SILENCE_DB - decibels(bands.count);
  const pairs: (readonly [Float64Array, Float64Array])[] = [];
  for (let start = 0; start + frameLength <= reference.length; start += frameLength / OVERLAP) {
    const frame = sliceAt(reference, start, frameLength);
    if (levelOf(frame) < silenceDbfs) continue;
    const delay = delayAt(pieces, start + frameLength / 2);
    pairs.push([bands.levelsOf(frame), bands.levelsOf(sliceAt(heard, start + delay, frameLength))]);
  }
  const gainDb = medianOf(
    pairs.map(([one, other]) => loudnessOf(other) - loudnessOf(one)).filter((gain) => gain > -LOST_DB),
  );
  const distances = pairs.map(([one, other]) => distanceOf(one, other, gainDb, floor));
  const certain = pieces.filter(({ isPlaced }) => isPlaced);
  return {
    distanceDb: meanOf(distances),
    gainDb,
    frames: pairs.length,
    delays: certain.map(({ center, delay }) => ({
      atMs: (1_000 * center) / sampleRateHz,
      delayMs: (1_000 * delay) / sampleRateHz,
    })),
    medianDelayMs:
      certain.length === 0 ? undefined : (1_000 * medianOf(certain.map(({ delay }) => delay))) / sampleRateHz,
  };
};

interface Piece {
  readonly center: number;
  readonly delay: number;
  readonly isPlaced: boolean;
}

/** Finds where each piece of the reference is heard: about where the one before it was. */
const placed = (
  reference: Float64Array,
  heard: Float64Array,
  sampleRateHz: number,
  { silenceDbfs = -50, maxDelayMs = 5_000, maxJumpMs = 300 }: SpeechDistanceOptions,
): readonly Piece[] => {
  const length = samplesOf(PIECE_MS, sampleRateHz);
  const jump = samplesOf(maxJumpMs, sampleRateHz);
  let delay = roughDelay(reference, heard, sampleRateHz, maxDelayMs);
  const pieces: Piece[] = [];
  for (let start = 0; start < reference.length; start += length / OVERLAP) {
    const pattern = sliceAt(reference, start, length);
    const match: Match | undefined =
      levelOf(pattern) < silenceDbfs
        ? undefined
        : findPattern(heard, pattern, start + delay - jump, start + delay + jump);
    const isPlaced = match !== undefined && match.likeness >= LEAST_LIKENESS;
    if (isPlaced) delay = Math.round(match.position) - start;
    pieces.push({ center: start + length / 2, delay, isPlaced });
  }
  return pieces;
};

/** How much later the whole of it is: by how loud it is from moment to moment, which a buffer that moves leaves alone. */
const roughDelay = (
  reference: Float64Array,
  heard: Float64Array,
  sampleRateHz: number,
  mostMs: number,
): number => {
  const moment = samplesOf(MOMENT_MS, sampleRateHz);
  const momentsOf = (samples: Float64Array): Float64Array =>
    Float64Array.from({ length: Math.floor(samples.length / moment) }, (_, index) =>
      Math.max(LEAST_MOMENT_DBFS, levelOf(samples.subarray(index * moment, (index + 1) * moment))),
    );
  const [pattern, other] = [withoutMean(momentsOf(reference)), withoutMean(momentsOf(heard))];
  const most = mostMs / MOMENT_MS;
  return Math.round(findPattern(other, pattern, -most, most).position * moment);
};

/** What is not there is then as likely loud as soft. */
const withoutMean = (values: Float64Array): Float64Array => {
  const mean = meanOf(values);
  return values.map((value) => value - mean);
};

const delayAt = (pieces: readonly Piece[], sample: number): number => {
  const [first] = pieces;
  const spacing = (pieces[1]?.center ?? Number.POSITIVE_INFINITY) - first!.center;
  const nearest = Math.round((sample - first!.center) / spacing);
  return pieces[Math.max(0, Math.min(pieces.length - 1, nearest))]!.delay;
};

/** The power of a frame in bands of a third of an octave. */
class Bands {
  readonly #edges: readonly number[];
  readonly #window: Float64Array;
  readonly #size: number;

  constructor(frameLength: number, sampleRateHz: number, [lowestHz, highestHz]: readonly [number, number]) {
    this.#size = powerOfTwo(2 * frameLength);
    this.#window = Float64Array.from(
      { length: frameLength },
      (_, index) => Math.sin((Math.PI * (index + 0.5)) / frameLength) ** 2,
    );
    const count = Math.max(1, Math.round(BANDS_PER_OCTAVE * Math.log2(highestHz / lowestHz)));
    this.#edges = Array.from({ length: count + 1 }, (_, index) =>
      Math.round((lowestHz * (highestHz / lowestHz) ** (index / count) * this.#size) / sampleRateHz),
    );
  }

  get count(): number {
    return this.#edges.length - 1;
  }

  /** In dBFS, so that all bands together are about the frame's level. */
  levelsOf(frame: Float64Array): Float64Array {
    const windowed = frame.map((sample, index) => sample * this.#window[index]!);
    const spectrum = powerSpectrum(windowed, this.#size);
    // Parseval: twice the bins of one side; a squared window of this shape keeps 3/8.
    const scale = 2 / (this.#size * frame.length * 0.375);
    return Float64Array.from({ length: this.count }, (_, band) => {
      const [from, to] = [this.#edges[band]!, Math.max(this.#edges[band]! + 1, this.#edges[band + 1]!)];
      let power = 0;
      for (let bin = from; bin < to; bin++) power += spectrum[bin]!;
      return Math.max(NOTHING_DBFS, decibels(power * scale));
    });
  }
}

const distanceOf = (one: Float64Array, other: Float64Array, gainDb: number, floorDbfs: number): number => {
  const floor = Math.max(floorDbfs, loudnessOf(one) - MASKED_DB);
  let squares = 0;
  for (let band = 0; band < one.length; band++) {
    squares += (Math.max(floor, one[band]!) - Math.max(floor, other[band]! - gainDb)) ** 2;
  }
  return Math.sqrt(squares / one.length);
};

const samplesOf = (timeMs: number, sampleRateHz: number): number =>
  2 * Math.round((timeMs * sampleRateHz) / 2_000);

const levelOf = (samples: Float64Array): number =>
  decibels(samples.reduce((squares, sample) => squares + sample * sample, 0) / Math.max(1, samples.length));

const meanOf = (values: ArrayLike<number>): number => {
  let total = 0;
  for (let index = 0; index < values.length; index++) total += values[index]!;
  return total / Math.max(1, values.length);
};

/** All bands together: the loud ones, which no floor touches. */
const loudnessOf = (levelsDbfs: Float64Array): number =>
  decibels(levelsDbfs.reduce((power, level) => power + 10 ** (level / 10), 0));

const medianOf = (values: readonly number[]): number =>
  values.toSorted((one, other) => one - other)[values.length >> 1] ?? 0;
