import {
  delayLine,
  loadNodeMedia,
  type NodeMediaEngine,
  type NodeMediaOptions,
  type NodeSound,
  type OpenNodeMedia,
  type SoundSource,
  toneSource,
} from '@ringdown/media';
import type { MediaReport } from '@ringdown/user-agent';

export type { NodeMediaEngine, NodeMediaOptions, OpenNodeMedia };
/** This module leads to codecs and cryptography: it is loaded when somebody calls. */
export { loadNodeMedia };

/** What one caller hears. */
export interface ServiceSound {
  readonly sound: NodeSound;
  /** What was agreed with the caller. */
  agreed(media: MediaReport): void;
}

const SAMPLE_RATE_HZ = 48_000;
/** Late enough to be told from one's own voice, soon enough to talk with. */
const ECHO_MS = 500;
const LEVEL_DBFS = -20;
const BEEP = { frequenciesHz: [880, 880], durationMs: 250 };
/** Of the left and of the right; where there is only one, the first. */
const TONES_HZ = [1_000, 2_000] as const;

const tone = (frequenciesHz: readonly number[], durationMs?: number): SoundSource =>
  toneSource({
    frequenciesHz,
    levelDbfs: LEVEL_DBFS,
    sampleRateHz: SAMPLE_RATE_HZ,
    ...(durationMs !== undefined && { durationMs }),
  });

/** A beep, and from then on what the caller says. */
export const echoSound = (): ServiceSound => {
  const beep = tone(BEEP.frequenciesHz, BEEP.durationMs);
  const { sink, source } = delayLine({ sampleRateHz: SAMPLE_RATE_HZ, channels: 2 }, { delayMs: ECHO_MS });
  return { sound: { play: behind(beep, source), record: sink }, agreed: () => undefined };
};

/** One source, then the other, which goes on unheard until then. */
const behind = (first: SoundSource, then: SoundSource): SoundSource => ({
  format: then.format,
  get ended() {
    return first.ended && then.ended;
  },
  read: (samples) => {
    const later = then.read(samples);
    return first.ended ? later : first.read(samples);
  },
  close: () => {
    first.close();
    then.close();
  },
});

/** A tone for ever: two of them where the caller hears in stereo, so that it is known which side is which. */
export const toneSound = (): ServiceSound => {
  const [left, right] = TONES_HZ;
  const [mono, stereo] = [tone([left, left]), tone([left, right])];
  let channels = 1;
  const play: SoundSource = {
    format: mono.format,
    ended: false,
    read: (samples) => {
      // Both are read, so that neither begins anew.
      const [one, two] = [mono.read(samples), stereo.read(samples)];
      return channels === 1 ? one : two;
    },
    close: () => undefined,
  };
  return {
    sound: { play },
    agreed: (media) => {
      channels = media.channels;
    },
  };
};
