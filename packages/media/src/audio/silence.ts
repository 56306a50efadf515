import type { SoundFormat, SoundSource } from './sound.ts';

/** Nothing to hear. @param samples for each channel */
export const silence = (channels: number, samples: number): Int16Array[] =>
  Array.from({ length: channels }, () => new Int16Array(samples));

/** −50 dBFS: codecs make of silence a little, and a room has its noise. */
const LOUDEST_SILENCE = 104;

/** Whether there is nothing that anybody would listen to. */
export const isSilent = (sound: readonly Int16Array[]): boolean =>
  sound.every((channel) => channel.every((sample) => Math.abs(sample) <= LOUDEST_SILENCE));

/** Silence, for so long or for ever. */
export const silenceSource = (
  format: SoundFormat,
  options: { readonly durationMs?: number } = {},
): SoundSource => {
  let left = samplesOf(format, options.durationMs);
  return {
    format,
    read(samples) {
      left = Math.max(0, left - samples);
      return silence(format.channels, samples);
    },
    get ended() {
      return left === 0;
    },
    close() {
      left = 0;
    },
  };
};

/** How many samples a time has; Infinity without one. */
export const samplesOf = (format: SoundFormat, durationMs: number | undefined): number =>
  durationMs === undefined
    ? Number.POSITIVE_INFINITY
    : Math.round((durationMs * format.sampleRateHz) / 1_000);
