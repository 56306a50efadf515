import type { Pcm } from '@ringdown/rtp';
import { samplesOf, silence } from './silence.ts';
import type { SoundFormat } from './sound.ts';
import { SoundQueue } from './sound-queue.ts';

export interface PlayoutRingOptions {
  /** How much waits on the average: it covers what comes late. */
  readonly targetMs: number;
  /** More than this is never kept. Default: four times as much, and at least 100 ms more. */
  readonly maxMs?: number;
}

/** What became of the sound between two clocks, in samples and in times that it happened. */
export interface PlayoutStatistics {
  /** Nothing was there when it was wanted, and silence was heard until the target was there again. */
  readonly underruns: number;
  /** More came than is kept while it was read, and the oldest was lost. */
  readonly overruns: number;
  /** By how many samples sound was made longer; negative where it was made shorter. */
  readonly correctedSamples: number;
  readonly waitingMs: number;
}

/** Crystals are within 100 ppm of each other; at ten times that a tone is 1.7 cents off, which nobody hears. */
const SAMPLES_PER_CORRECTION = 1_000;
/** The fill swings with every write and read; over this long the swings cancel out. */
const SMOOTHING_MS = 1_000;
/** Within so much of the target, as a part of it, nothing is corrected, and sound passes as it is. */
const TOLERANCE = 0.25;

/**
 * Between two clocks: who writes has one, who reads another, such as a microphone's and a call's. It holds the fill at its
 * target by making sound one sample longer or shorter now and then, spread over a whole read, so that no step is heard.
 */
export class PlayoutRing {
  readonly format: SoundFormat;
  readonly #queue: SoundQueue;
  readonly #target: number;
  readonly #smoothingSamples: number;
  /** What was heard last, where an interpolation begins. */
  readonly #last: number[];
  #isFilling = true;
  #fill = 0;
  #sinceCorrection = 0;
  #underruns = 0;
  #overruns = 0;
  #correctedSamples = 0;

  constructor(format: SoundFormat, options: PlayoutRingOptions) {
    this.format = format;
    this.#target = samplesOf(format, options.targetMs);
    const maxMs = options.maxMs ?? Math.max(4 * options.targetMs, options.targetMs + 100);
    this.#queue = new SoundQueue(format.channels, samplesOf(format, maxMs));
    this.#smoothingSamples = samplesOf(format, SMOOTHING_MS);
    this.#last = new Array<number>(format.channels).fill(0);
  }

  get statistics(): PlayoutStatistics {
    return {
      underruns: this.#underruns,
      overruns: this.#overruns,
      correctedSamples: this.#correctedSamples,
      waitingMs: (this.#queue.length * 1_000) / this.format.sampleRateHz,
    };
  }

  write(sound: Pcm): void {
    const length = sound[0]?.length ?? 0;
    let from = this.#queue.push(sound);
    if (from === length) return;
    // Before anybody reads, nobody misses it.
    if (!this.#isFilling) this.#overruns++;
    while (from < length) {
      // Down to the target at once: one gap is better than one for each write to come.
      this.#queue.drop(Math.max(1, this.#queue.length - this.#target));
      from += this.#queue.push(sound, from);
    }
    this.#fill = this.#queue.length;
  }

  read(samples: number): Int16Array[] {
    const sound = silence(this.format.channels, samples);
    if (samples === 0 || !this.#isPlaying()) return sound;
    const longer = this.#correction(samples);
    if (longer !== 0 && this.#queue.length > samples + 2) {
      this.#stretch(sound, samples, samples - longer);
      this.#sinceCorrection = 0;
      this.#fill += longer;
      this.#correctedSamples += longer;
    } else if (this.#queue.take(sound, 0, samples) < samples) {
      this.#underruns++;
      this.#isFilling = true;
    }
    for (const [index, channel] of sound.entries()) this.#last[index] = channel.at(-1)!;
    return sound;
  }

  /** After a start and after an underrun the target has to be there first, and no more than that is kept. */
  #isPlaying(): boolean {
    if (this.#isFilling && this.#queue.length >= Math.max(1, this.#target)) {
      this.#isFilling = false;
      this.#queue.drop(this.#queue.length - this.#target);
      this.#fill = this.#queue.length;
    }
    return !this.#isFilling;
  }

  /** @returns 1 to make the next sound longer by a sample, −1 to make it shorter, 0 to leave it */
  #correction(samples: number): number {
    this.#sinceCorrection += samples;
    const weight = Math.min(1, samples / this.#smoothingSamples);
    this.#fill += (this.#queue.length - this.#fill) * weight;
    if (this.#sinceCorrection < SAMPLES_PER_CORRECTION) return 0;
    const excess = this.#fill - this.#target;
    return Math.abs(excess) <= this.#target * TOLERANCE ? 0 : excess > 0 ? -1 : 1;
  }

  /** So many samples are made of one more or one less: each is read between those that are there (Catmull-Rom). */
  #stretch(sound: readonly Int16Array[], samples: number, used: number): void {
    for (const [channel, made] of sound.entries()) {
      for (let index = 0; index < samples; index++) {
        const position = (index * used) / samples;
        const whole = Math.floor(position);
        made[index] = between(
          whole === 0 ? this.#last[channel]! : this.#queue.peek(channel, whole - 1),
          this.#queue.peek(channel, whole),
          this.#queue.peek(channel, whole + 1),
          this.#queue.peek(channel, whole + 2),
          position - whole,
        );
      }
    }
    this.#queue.drop(used);
  }
}

const between = (before: number, from: number, to: number, after: number, part: number): number => {
  const slope = to - before;
  const bend = 2 * before - 5 * from + 4 * to - after;
  const twist = 3 * (from - to) + after - before;
  const value = from + 0.5 * part * (slope + part * (bend + part * twist));
  return Math.max(-32_768, Math.min(32_767, Math.round(value)));
};
