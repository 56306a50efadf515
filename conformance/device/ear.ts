import type { SoundFormat, SoundSink } from '@ringdown/media';
import { expect } from 'vitest';
import { measureTone } from '../../tools/testing/sound/tones.ts';

/** Hears what comes, and keeps the last of it. */
export interface Ear {
  readonly record: (format: SoundFormat) => SoundSink;
  /** Resolves when each channel sounds with its frequency; fails with what was heard where that takes too long. */
  hears(frequenciesHz: readonly number[]): Promise<void>;
  /** Resolves when what is heard on the first channel is so loud, to a decibel. */
  isAt(levelDbfs: number): Promise<void>;
}

const KEPT_MS = 300;

export const ear = (): Ear => {
  let format: SoundFormat = { sampleRateHz: 8_000, channels: 1 };
  let kept: Float64Array[] = [];
  const tones = () =>
    kept.map((samples) => (samples.length < 400 ? undefined : measureTone(samples, format.sampleRateHz)));
  return {
    record: (given) => {
      format = given;
      const most = Math.round((KEPT_MS * given.sampleRateHz) / 1_000);
      kept = Array.from({ length: given.channels }, () => new Float64Array(0));
      return {
        format: given,
        write: (sound) => {
          kept = kept.map((before, index) => {
            const piece = Float64Array.from(sound[index] ?? [], (sample) => sample / 32_768);
            const all = new Float64Array(before.length + piece.length);
            all.set(before);
            all.set(piece, before.length);
            return all.subarray(Math.max(0, all.length - most));
          });
        },
        close: async () => undefined,
      };
    },
    hears: async (frequenciesHz) => {
      const clear = (): readonly number[] =>
        tones().map((tone) =>
          tone === undefined || tone.residualDbc > -12 ? 0 : Math.round(tone.frequencyHz / 5) * 5,
        );
      await expect.poll(clear, { timeout: 15_000, interval: 50 }).toEqual(frequenciesHz);
    },
    isAt: async (levelDbfs) => {
      const off = (): number => Math.abs((tones()[0]?.levelDbfs ?? Number.NEGATIVE_INFINITY) - levelDbfs);
      await expect.poll(off, { timeout: 15_000, interval: 50 }).toBeLessThan(1);
    },
  };
};
