import { samplesOf } from './silence.ts';
import type { SoundSource } from './sound.ts';

export interface ToneOptions {
  /** One sine for each channel. */
  readonly frequenciesHz: readonly number[];
  /** Of its peaks, so that 0 is the loudest sine there is (AES17). */
  readonly levelDbfs: number;
  readonly sampleRateHz: number;
  /** Default: for ever. */
  readonly durationMs?: number;
}

/** Sines, which begin at zero: to hear whether sound comes through, and how loud. */
export const toneSource = (options: ToneOptions): SoundSource => {
  const { frequenciesHz, sampleRateHz } = options;
  const format = { sampleRateHz, channels: frequenciesHz.length };
  const amplitude = 32_767 * 10 ** (Math.min(0, options.levelDbfs) / 20);
  const end = samplesOf(format, options.durationMs);
  let position = 0;
  let isClosed = false;
  return {
    format,
    read(samples) {
      const first = position;
      position += samples;
      const sounding = isClosed ? 0 : Math.max(0, Math.min(samples, end - first));
      return frequenciesHz.map((frequencyHz) => {
        const channel = new Int16Array(samples);
        for (let index = 0; index < sounding; index++) {
          // The remainder keeps the phase exact after hours.
          const turns = ((frequencyHz * (first + index)) % sampleRateHz) / sampleRateHz;
          channel[index] = Math.round(amplitude * Math.sin(2 * Math.PI * turns));
        }
        return channel;
      });
    },
    get ended() {
      return isClosed || position >= end;
    },
    close() {
      isClosed = true;
    },
  };
};
