import type { Pcm } from '@ringdown/rtp';
import type { ChannelLevel } from '@ringdown/user-agent';

const FULL_SCALE = 32_768;
/** Three samples in a row at full scale are no coincidence of a loud sound. */
const CLIPPED_RUN = 3;

interface Reading {
  squares: number;
  peak: number;
  run: number;
  isClipped: boolean;
}

/**
 * How loud sound is, from one look to the next. Full scale is a square wave's: a sine cannot be louder than −3.01 dB RMS, as
 * in RFC 6464's dBov.
 */
export class LevelMeter {
  readonly #readings: readonly Reading[];
  #samples = 0;

  constructor(channels: number) {
    this.#readings = Array.from({ length: channels }, () => ({
      squares: 0,
      peak: 0,
      run: 0,
      isClipped: false,
    }));
  }

  measure(sound: Pcm): void {
    this.#samples += sound[0]?.length ?? 0;
    for (const [index, reading] of this.#readings.entries()) {
      const samples = sound[index];
      if (samples !== undefined) add(reading, samples);
    }
  }

  /** What was measured since the last look; silence where nothing was. */
  take(): readonly ChannelLevel[] {
    const levels = this.#readings.map(({ squares, peak, isClipped }) => ({
      rmsDbfs:
        this.#samples === 0
          ? Number.NEGATIVE_INFINITY
          : 10 * Math.log10(squares / this.#samples / FULL_SCALE ** 2),
      peakDbfs: 20 * Math.log10(peak / FULL_SCALE),
      clipped: isClipped,
    }));
    this.#samples = 0;
    for (const reading of this.#readings) {
      reading.squares = 0;
      reading.peak = 0;
      reading.isClipped = false;
    }
    return levels;
  }
}

const add = (reading: Reading, samples: Int16Array): void => {
  let { squares, peak, run } = reading;
  for (let index = 0; index < samples.length; index++) {
    const sample = samples[index]!;
    const size = sample < 0 ? -sample : sample;
    squares += sample * sample;
    if (size > peak) peak = size;
    run = size >= FULL_SCALE - 1 ? run + 1 : 0;
    if (run >= CLIPPED_RUN) reading.isClipped = true;
  }
  reading.squares = squares;
  reading.peak = peak;
  reading.run = run;
};
