import type { ChannelLevel } from '@ringdown/user-agent';

const WINDOW = 1_024;
const CHANNELS = 2;
const CLIPPED = 0.999;

/** Reads how loud a stream is. */
export interface LevelReader {
  read(): readonly ChannelLevel[];
  close(): void;
}

/** Ties a stream to analysers, one for each channel. Nothing of it is heard. */
export const createLevelReader = (context: AudioContext, track: MediaStreamTrack): LevelReader => {
  const source = context.createMediaStreamSource(new MediaStream([track]));
  const splitter = context.createChannelSplitter(CHANNELS);
  source.connect(splitter);
  const analysers = Array.from({ length: CHANNELS }, (_, channel) => {
    const analyser = context.createAnalyser();
    analyser.fftSize = WINDOW;
    splitter.connect(analyser, channel);
    return analyser;
  });
  const samples = new Float32Array(WINDOW);
  const levelOf = (analyser: AnalyserNode): ChannelLevel => {
    analyser.getFloatTimeDomainData(samples);
    let energy = 0;
    let peak = 0;
    for (const sample of samples) {
      energy += sample * sample;
      peak = Math.max(peak, Math.abs(sample));
    }
    return { rmsDbfs: dbfs(Math.sqrt(energy / WINDOW)), peakDbfs: dbfs(peak), clipped: peak >= CLIPPED };
  };
  return {
    read: () => analysers.slice(0, track.getSettings().channelCount === 1 ? 1 : CHANNELS).map(levelOf),
    close: () => {
      source.disconnect();
      splitter.disconnect();
    },
  };
};

const dbfs = (amplitude: number): number =>
  amplitude <= 0 ? Number.NEGATIVE_INFINITY : 20 * Math.log10(amplitude);
