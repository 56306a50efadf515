import type { SoundFormat, SoundSink, SoundSource } from '@ringdown/media';

/** Where sound may come from and go to on this machine. What cannot be had is thrown, with words for people. */
export interface Sounds {
  wav(path: string, isLooped: boolean): SoundSource;
  /** One sine for each channel, for ever. */
  tone(frequenciesHz: readonly number[]): SoundSource;
  wavSink(path: string, format: SoundFormat): SoundSink;
  /** The machine's microphone and loudspeaker. */
  openDevices(): Promise<SoundDevices>;
}

export interface SoundDevices {
  /** Which they are, for people. */
  readonly name: string;
  readonly microphone: SoundSource;
  readonly loudspeaker: SoundSink;
}
