import type { Pcm } from '@ringdown/rtp';

/** The shape of sound: 16-bit samples, an Int16Array for each channel. */
export interface SoundFormat {
  readonly sampleRateHz: number;
  readonly channels: number;
}

/** Where sound comes from: a file, a tone, a microphone. Pulled by whoever has the clock. */
export interface SoundSource {
  readonly format: SoundFormat;
  /** Gives exactly so many samples for each channel; silence where there is nothing (more). The arrays are the caller's. */
  read(samples: number): Pcm;
  /** Whether nothing but silence will ever come. */
  readonly ended: boolean;
  close(): void;
  /**
   * The same sound at another rate, where the source makes it at any as well: it need not be resampled then. Both are one: each goes
   * on where the other is.
   */
  at?(sampleRateHz: number): SoundSource;
}

/** Where sound goes: a file, a loudspeaker. */
export interface SoundSink {
  readonly format: SoundFormat;
  /** Takes sound of any length. The arrays are the sink's. */
  write(sound: Pcm): void;
  /** Resolves when all of it is where it belongs. */
  close(): Promise<void>;
}

/**
 * What a call is given in Node. Both are closed by the engine when the call's media end. The same object stays open for a call
 * that it goes on in, such as one that the peer has us make instead: of two calls the one that was taken last has it.
 */
export interface NodeSound {
  /** What the peer hears. Silence without it. */
  readonly play?: SoundSource;
  /** What becomes of what the peer says; a function is asked once it is known what comes. Lost without it. */
  readonly record?: SoundSink | ((format: SoundFormat) => SoundSink);
}
