import type { Pcm } from '@ringdown/rtp';
import type { SoundFormat, SoundSink } from '../audio/sound.ts';
import type { DeviceProcess } from './device-process.ts';

/** What may wait here for a program that does not take it; the system's pipe holds some more. */
const MOST_WAITING_MS = 200;
/** How long the end of the sound may take to be heard. */
const LAST_WORDS_MS = 2_000;

/** Plays through a program. What it does not take in time is lost, so that nobody hears the past. */
export class Loudspeaker implements SoundSink {
  readonly format: SoundFormat;
  readonly #process: DeviceProcess;
  readonly #mostBytes: number;
  #overruns = 0;
  #closed: Promise<void> | undefined = undefined;

  constructor(process: DeviceProcess, format: SoundFormat) {
    this.format = format;
    this.#process = process;
    this.#mostBytes = (MOST_WAITING_MS * format.sampleRateHz * format.channels * 2) / 1_000;
    // A program that says something where sound is expected must not be stopped by a full pipe.
    process.heard(() => {});
  }

  /** How often sound was lost because the program did not take it. */
  get overruns(): number {
    return this.#overruns;
  }

  write(sound: Pcm): void {
    if (this.#closed !== undefined || this.#process.why !== undefined) return;
    if (this.#process.waitingBytes > this.#mostBytes) {
      this.#overruns++;
      return;
    }
    this.#process.give(interleaved(sound, this.format.channels));
  }

  close(): Promise<void> {
    this.#closed ??= this.#process.finish(LAST_WORDS_MS);
    return this.#closed;
  }
}

const interleaved = (sound: Pcm, channels: number): Uint8Array => {
  const samples = sound[0]?.length ?? 0;
  const view = new DataView(new ArrayBuffer(2 * samples * channels));
  for (let channel = 0; channel < channels; channel++) {
    // One channel is heard on both sides.
    const from = sound[channel] ?? sound[0]!;
    for (let index = 0; index < samples; index++) {
      view.setInt16(2 * (index * channels + channel), from[index]!, true);
    }
  }
  return new Uint8Array(view.buffer);
};
