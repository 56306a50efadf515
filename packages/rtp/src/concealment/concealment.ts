import { PITCH_HISTORY_MS, pitchOf } from './pitch.ts';

/** How long nothing is taken away, and when nothing is left (G.711 Appendix I.2.3: 10 ms, 60 ms). */
const FULL_MS = 10;
const SILENT_MS = 60;
/** One period repeated for long is a buzz. */
const MOST_PERIODS = 3;
/** The ends of two pieces of sound go over into each other for so long. */
const OVERLAP_MS = 4;

/**
 * Makes up what was lost, for codecs that have no concealment of their own (G.711, G.722, L16): the last pitch periods are
 * repeated, one at first and more as it goes on, and fade within 60 ms. The method is that of G.711 Appendix I; without its
 * delay of 3.75 ms, so that nothing waits while nothing is lost.
 */
export class Concealment {
  readonly #sampleRateHz: number;
  readonly #history: Int16Array;
  /** What is repeated; undefined while nothing is missing. */
  #period: Int16Array | undefined = undefined;
  /** What stood before the loss, and its pitch. */
  #before: Int16Array;
  #pitch = 1;
  #at = 0;
  #made = 0;

  constructor(sampleRateHz: number) {
    this.#sampleRateHz = sampleRateHz;
    this.#history = new Int16Array(Math.floor((PITCH_HISTORY_MS * 1.5 * sampleRateHz) / 1_000));
    this.#before = this.#history;
  }

  /** Takes what was decoded; after a loss its beginning is blended with what was made up. Changes it in place. */
  good(sound: Int16Array): Int16Array {
    if (this.#period !== undefined) {
      const length = Math.min(sound.length, this.#samples(OVERLAP_MS));
      const tail = this.#extrapolate(length);
      for (let index = 0; index < length; index++) {
        const part = (index + 1) / (length + 1);
        sound[index] = Math.round(tail[index]! * (1 - part) + sound[index]! * part);
      }
      this.#period = undefined;
    }
    this.#remember(sound);
    return sound;
  }

  /** Makes up so many samples. */
  conceal(samples: number): Int16Array {
    if (this.#period === undefined) this.#begin();
    const sound = this.#extrapolate(samples);
    this.#remember(sound);
    return sound;
  }

  #begin(): void {
    this.#made = 0;
    this.#at = 0;
    this.#before = this.#history.slice();
    this.#pitch = pitchOf(this.#before, this.#sampleRateHz);
    this.#period = this.#lastPeriods(1);
  }

  /** The last `count` pitch periods, whose end goes over into their beginning. */
  #lastPeriods(count: number): Int16Array {
    const history = this.#before;
    const pitch = this.#pitch;
    const length = pitch * count;
    const start = history.length - length;
    const period = history.slice(start);
    const overlap = Math.min(pitch >> 2, start);
    for (let index = 0; index < overlap; index++) {
      const part = (index + 1) / (overlap + 1);
      const at = length - overlap + index;
      period[at] = Math.round(period[at]! * (1 - part) + history[start - overlap + index]! * part);
    }
    return period;
  }

  #extrapolate(samples: number): Int16Array {
    const sound = new Int16Array(samples);
    const full = this.#samples(FULL_MS);
    const silent = this.#samples(SILENT_MS);
    for (let index = 0; index < samples; index++) {
      const period = this.#period!;
      const gain = this.#made <= full ? 1 : Math.max(0, (silent - this.#made) / (silent - full));
      sound[index] = Math.round(period[this.#at]! * gain);
      this.#made++;
      if (++this.#at < period.length) continue;
      this.#at = 0;
      this.#period = this.#lastPeriods(Math.min(MOST_PERIODS, 1 + Math.floor(this.#made / full)));
    }
    return sound;
  }

  #remember(sound: Int16Array): void {
    const history = this.#history;
    if (sound.length >= history.length) history.set(sound.subarray(sound.length - history.length));
    else {
      history.copyWithin(0, sound.length);
      history.set(sound, history.length - sound.length);
    }
  }

  #samples(milliseconds: number): number {
    return Math.floor((milliseconds * this.#sampleRateHz) / 1_000);
  }
}
