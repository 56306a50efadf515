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

/** So many samples are turned one from the other; then sine and cosine are taken anew, so that no error grows. */
const BLOCK_SAMPLES = 64;

/** Sines, which begin at zero: to hear whether sound comes through, and how loud. They have whatever rate is wanted. */
export const toneSource = (options: ToneOptions): SoundSource => {
  const { frequenciesHz, levelDbfs, durationMs } = options;
  const amplitude = 32_767 * 10 ** (Math.min(0, levelDbfs) / 20);
  /** Where it is, in samples of the rate that was read last. */
  let position = 0;
  let rateHz = options.sampleRateHz;
  let isClosed = false;
  const moveTo = (sampleRateHz: number): number => {
    position = Math.round((position * sampleRateHz) / rateHz);
    rateHz = sampleRateHz;
    return position;
  };
  const at = (sampleRateHz: number): SoundSource => {
    const format = { sampleRateHz, channels: frequenciesHz.length };
    const end = samplesOf(format, durationMs);
    return {
      format,
      read(samples) {
        const first = moveTo(sampleRateHz);
        position += samples;
        const sounding = isClosed ? 0 : Math.max(0, Math.min(samples, end - first));
        return frequenciesHz.map((frequencyHz) => {
          const channel = new Int16Array(samples);
          sine(channel, sounding, { first, sampleRateHz, frequencyHz, amplitude });
          return channel;
        });
      },
      get ended() {
        return isClosed || Math.round((position * sampleRateHz) / rateHz) >= end;
      },
      close() {
        isClosed = true;
      },
      at,
    };
  };
  return at(rateHz);
};

interface Sine {
  /** Which of the tone's samples is the first. */
  readonly first: number;
  readonly sampleRateHz: number;
  readonly frequencyHz: number;
  readonly amplitude: number;
}

/** Blocks begin where they begin in the tone, so that each sample is the same however it is read. */
const sine = (
  into: Int16Array,
  samples: number,
  { first, sampleRateHz, frequencyHz, amplitude }: Sine,
): void => {
  const turn = (2 * Math.PI * frequencyHz) / sampleRateHz;
  const [turnCosine, turnSine] = [Math.cos(turn), Math.sin(turn)];
  for (let block = first - (first % BLOCK_SAMPLES); block < first + samples; block += BLOCK_SAMPLES) {
    // The remainder keeps the phase exact after hours.
    const phase = (2 * Math.PI * ((frequencyHz * block) % sampleRateHz)) / sampleRateHz;
    let x = amplitude * Math.cos(phase);
    let y = amplitude * Math.sin(phase);
    const until = Math.min(block + BLOCK_SAMPLES, first + samples) - first;
    for (let index = block - first; index < until; index++) {
      if (index >= 0) into[index] = Math.round(y);
      const turned = x * turnCosine - y * turnSine;
      y = y * turnCosine + x * turnSine;
      x = turned;
    }
  }
};
