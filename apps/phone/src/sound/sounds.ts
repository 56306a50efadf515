import type { SoundFormat, SoundSink, SoundSource } from '@ringdown/media';

/** Where sound may come from and go to on this machine. What cannot be had is thrown, with words for people. */
export interface Sounds {
  wav(path: string, isLooped: boolean): SoundSource;
  /** One sine for each channel, for ever. */
  tone(frequenciesHz: readonly number[]): SoundSource;
  /** `failed` is told, in one sentence, when sound is lost: at once, and not only by `close`. */
  wavSink(path: string, format: SoundFormat, failed: (why: string) => void): SoundSink;
  /** The machine's microphone and loudspeaker. `lost` is told where one of them goes in the middle of it: a sentence. */
  openDevices(lost: (why: string) => void): Promise<SoundDevices>;
}

export interface SoundDevices {
  /** What sound goes through, for people: `PipeWire, by pw-cat`. */
  readonly through: string;
  readonly microphone: SoundSource;
  readonly loudspeaker: SoundSink;
  close(): Promise<void>;
}
