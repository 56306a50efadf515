import { Resampler } from '../../../packages/media/src/audio/resampler.ts';
import { wavSource } from '../../../packages/media/src/audio/wav-source.ts';

const PIECE_SAMPLES = 65_536;

/** Sound to be measured: samples from −1 to 1, an array for each channel. */
export interface Recording {
  readonly sampleRateHz: number;
  readonly channels: readonly Float64Array[];
}

/** Sound as codecs and files have it, to be measured. */
export const recordingOf = (sound: readonly Int16Array[], sampleRateHz: number): Recording => ({
  sampleRateHz,
  channels: sound.map((channel) => Float64Array.from(channel, (sample) => sample / 32_768)),
});

/** Sound to be measured, as codecs and files have it. */
export const pcmOf = (recording: Recording): Int16Array[] =>
  recording.channels.map((channel) =>
    Int16Array.from(channel, (sample) => Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_768)))),
  );

/** Reads a WAV file, the first two channels of it. @throws SoundError for what is none */
export const readWav = (path: string): Recording => {
  const source = wavSource(path);
  const { sampleRateHz, channels } = source.format;
  const pieces: Int16Array[][] = Array.from({ length: channels }, () => []);
  const samples = source.lengthSamples;
  for (let read = 0; read < samples; read += PIECE_SAMPLES) {
    const sound = source.read(Math.min(PIECE_SAMPLES, samples - read));
    for (const [index, channel] of sound.entries()) pieces[index]!.push(channel);
  }
  source.close();
  return {
    sampleRateHz,
    channels: pieces.map((channel) => {
      const whole = new Float64Array(samples);
      let at = 0;
      for (const piece of channel) for (const sample of piece) whole[at++] = sample / 32_768;
      return whole;
    }),
  };
};

/** A recording at another rate, to compare it with one of that rate; not later and not longer than it was. */
export const atRate = async (recording: Recording, sampleRateHz: number): Promise<Recording> => {
  if (recording.sampleRateHz === sampleRateHz) return recording;
  const { channels } = recording;
  const resampler = await Resampler.open(channels.length, recording.sampleRateHz, sampleRateHz);
  const samples = Math.round(((channels[0]?.length ?? 0) * sampleRateHz) / recording.sampleRateHz);
  // The filter holds the end back; a fifth of a second of silence pushes it out.
  const silence = new Int16Array(recording.sampleRateHz / 5);
  const pieces = [...resampler.convert(pcmOf(recording)), ...resampler.convert(channels.map(() => silence))];
  resampler.close();
  return recordingOf(
    channels.map((_, index) => {
      const whole = new Int16Array(samples);
      let at = 0;
      for (const piece of pieces) {
        const fitting = piece[index]!.subarray(0, samples - at);
        whole.set(fitting, at);
        at += fitting.length;
      }
      return whole;
    }),
    sampleRateHz,
  );
};

/** The part of a recording between two times. */
export const excerpt = ({ sampleRateHz, channels }: Recording, fromMs: number, toMs: number): Recording => ({
  sampleRateHz,
  channels: channels.map((channel) =>
    channel.slice(Math.round((fromMs * sampleRateHz) / 1_000), Math.round((toMs * sampleRateHz) / 1_000)),
  ),
});
