import type { Pcm } from '@ringdown/rtp';
import { SoundError } from './sound-error.ts';

type Library = typeof import('@alexanderolsen/libsamplerate-js');
type Converter = Awaited<ReturnType<Library['create']>>;

/** At most this much goes into the converter at once: it has room for a million samples of all channels. */
const PIECE_SAMPLES = 4_800;
/** 145 dB between sound and noise; it looks 46 samples of the lower rate ahead: 6 ms at 8 kHz, 1 ms at 48 kHz. */
const SINC_MEDIUM = 1;
const FULL_SCALE = 32_768;

let library: Promise<Library> | undefined;

const HIGHEST_RATE_HZ = 192_000;

/** @throws SoundError for a rate that cannot be converted */
export const checkRate = (rateHz: number): void => {
  if (rateHz >= 1 && rateHz <= HIGHEST_RATE_HZ) return;
  throw new SoundError({
    what: `Sound of ${rateHz} Hz cannot be converted.`,
    why: `Rates from 1 to ${HIGHEST_RATE_HZ} Hz can.`,
    next: 'Convert a file once: ffmpeg -i FILE -ar 48000 out.wav',
  });
};

/** Two megabytes of code, which a process that never resamples does without. */
const loaded = (): Promise<Library> => {
  library ??= import('@alexanderolsen/libsamplerate-js').then((imported) => imported.default);
  return library;
};

/** Loads the resampler, so that the first conversion begins at once and not some 30 ms later. Not needed otherwise. */
export const loadResampler = async (): Promise<void> => {
  await loaded();
};

/**
 * Gives sound another rate, piece by piece, with nothing to be heard at the borders. What comes out is aligned with what went
 * in: output sample n is the sound at n / outputRateHz. It lags by what the filter looks ahead.
 */
export class Resampler {
  readonly #converter: Converter;
  readonly #channels: number;
  #isClosed = false;

  private constructor(converter: Converter, channels: number) {
    this.#converter = converter;
    this.#channels = channels;
  }

  static async open(channels: number, inputRateHz: number, outputRateHz: number): Promise<Resampler> {
    const { create } = await loaded();
    const converter = await create(channels, inputRateHz, outputRateHz, { converterType: SINC_MEDIUM });
    return new Resampler(converter, channels);
  }

  /** @returns what has become of it so far; the pieces are as long as they happen to be */
  convert(sound: Pcm): Pcm[] {
    const length = sound[0]?.length ?? 0;
    const pieces: Pcm[] = [];
    for (let from = 0; from < length && !this.#isClosed; from += PIECE_SAMPLES) {
      pieces.push(this.#piece(sound, from, Math.min(length, from + PIECE_SAMPLES)));
    }
    return pieces;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#converter.destroy();
  }

  #piece(sound: Pcm, from: number, to: number): Pcm {
    const channels = this.#channels;
    const input = new Float32Array((to - from) * channels);
    for (let channel = 0; channel < channels; channel++) {
      const samples = sound[channel]!;
      for (let index = from, at = channel; index < to; index++, at += channels) {
        input[at] = samples[index]! / FULL_SCALE;
      }
    }
    const output = this.#converter.full(input);
    return Array.from({ length: channels }, (_, channel) => {
      const samples = new Int16Array(output.length / channels);
      for (let index = 0, at = channel; index < samples.length; index++, at += channels) {
        samples[index] = Math.max(
          -FULL_SCALE,
          Math.min(FULL_SCALE - 1, Math.round(output[at]! * FULL_SCALE)),
        );
      }
      return samples;
    });
  }
}
