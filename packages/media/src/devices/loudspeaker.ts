import type { Pcm } from '@ringdown/rtp';
import { silence } from '../audio/silence.ts';
import type { SoundFormat, SoundSink } from '../audio/sound.ts';

/** The program that plays; it takes bytes as it likes. */
export interface PlayingProcess {
  /** Why it has ended; undefined while it lives. */
  readonly why: string | undefined;
  /** Bytes that it was given and that the system's pipe has not taken. */
  readonly waitingBytes: number;
  give(bytes: Uint8Array): void;
  heard(listener: (bytes: Uint8Array) => void): void;
  finish(withinMs: number): Promise<void>;
}

/** What is ahead of the device when all is well: it covers what comes late. Silence of that length begins each sound. */
const TARGET_MS = 60;
/** No more than this is ever ahead: who listens would hear the past. */
const MOST_AHEAD_MS = 240;
/** How long the end of the sound may take to be heard. */
const LAST_WORDS_MS = 2_000;
/** Nobody misses what is softer: 66 dB under full scale. */
const QUIET = 16;

/**
 * Plays through a program. How much is ahead of the device cannot be asked for, but it plays as fast as the clock runs: what
 * was written and has not had its time is ahead. When a burst comes after a standstill, what is too much is lost at once, and
 * the rest of it where it is quiet, until the delay is what it was.
 */
export class Loudspeaker implements SoundSink {
  readonly format: SoundFormat;
  readonly #process: PlayingProcess;
  readonly #now: () => number;
  /** When the device will have played all that it was given. */
  #playedAt: number;
  #overruns = 0;
  #closed: Promise<void> | undefined = undefined;

  constructor(process: PlayingProcess, format: SoundFormat, now: () => number = () => performance.now()) {
    this.format = format;
    this.#process = process;
    this.#now = now;
    this.#playedAt = now();
    // A program that says something where sound is expected must not be stopped by a full pipe.
    process.heard(() => {});
  }

  /** How often sound was lost because too much of it was ahead. */
  get overruns(): number {
    return this.#overruns;
  }

  /** How long what is written now waits to be heard, but for the device's own buffers. */
  get aheadMs(): number {
    return Math.max(0, this.#playedAt - this.#now());
  }

  /** Gives it something to play: some programs look for their device only then. */
  begin(): void {
    const { sampleRateHz, channels } = this.format;
    this.#give(silence(channels, Math.round((TARGET_MS * sampleRateHz) / 1_000)));
  }

  write(sound: Pcm): void {
    if (this.#closed !== undefined || this.#process.why !== undefined) return;
    if (this.aheadMs === 0) this.begin();
    const lengthMs = this.#lengthMs(sound);
    const ahead = this.aheadMs;
    if (ahead + lengthMs > MOST_AHEAD_MS || this.#waitingMs > MOST_AHEAD_MS) {
      this.#overruns++;
      return;
    }
    if (ahead > TARGET_MS + lengthMs && isQuiet(sound)) return;
    this.#give(sound);
  }

  close(): Promise<void> {
    this.#closed ??= this.#process.finish(LAST_WORDS_MS);
    return this.#closed;
  }

  #give(sound: Pcm): void {
    this.#playedAt = this.#now() + this.aheadMs + this.#lengthMs(sound);
    this.#process.give(interleaved(sound, this.format.channels));
  }

  #lengthMs(sound: Pcm): number {
    return (1_000 * (sound[0]?.length ?? 0)) / this.format.sampleRateHz;
  }

  get #waitingMs(): number {
    const { sampleRateHz, channels } = this.format;
    return (1_000 * this.#process.waitingBytes) / (sampleRateHz * channels * 2);
  }
}

const isQuiet = (sound: Pcm): boolean =>
  sound.every((channel) => channel.every((sample) => sample > -QUIET && sample < QUIET));

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
