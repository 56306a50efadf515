import type { Pcm } from '@ringdown/rtp';
import { samplesOf, silence } from './silence.ts';
import type { SoundFormat, SoundSink, SoundSource } from './sound.ts';
import { SoundQueue } from './sound-queue.ts';

export interface PcmSourceOptions {
  /** How much sound may wait to be played. The producer is asked for more only when there is room. Default: 1,000 ms. */
  readonly maxMs?: number;
  /** The producer threw. What it gave before is played, then nothing. */
  readonly failed?: (cause: unknown) => void;
}

/** Plays what a program makes, piece by piece, of any length: a synthesizer, a decoder, another call. */
export const pcmSource = (
  sounds: AsyncIterable<Pcm> | Iterable<Pcm>,
  format: SoundFormat,
  options: PcmSourceOptions = {},
): SoundSource => new PcmSource(sounds, format, options);

class PcmSource implements SoundSource {
  readonly format: SoundFormat;
  readonly #sounds: AsyncIterator<Pcm> | Iterator<Pcm>;
  readonly #queue: SoundQueue;
  readonly #failed: ((cause: unknown) => void) | undefined;
  #isOver = false;
  /** Called when there is room again. */
  #roomMade: (() => void) | undefined = undefined;

  constructor(sounds: AsyncIterable<Pcm> | Iterable<Pcm>, format: SoundFormat, options: PcmSourceOptions) {
    this.format = format;
    this.#queue = new SoundQueue(format.channels, samplesOf(format, options.maxMs ?? 1_000));
    this.#failed = options.failed;
    this.#sounds =
      Symbol.asyncIterator in sounds ? sounds[Symbol.asyncIterator]() : sounds[Symbol.iterator]();
    void this.#fill();
  }

  get ended(): boolean {
    return this.#isOver && this.#queue.length === 0;
  }

  read(samples: number): Int16Array[] {
    const sound = silence(this.format.channels, samples);
    this.#queue.take(sound, 0, samples);
    this.#goOn();
    return sound;
  }

  close(): void {
    this.#isOver = true;
    this.#queue.drop(this.#queue.length);
    this.#goOn();
  }

  #goOn(): void {
    const roomMade = this.#roomMade;
    this.#roomMade = undefined;
    roomMade?.();
  }

  async #fill(): Promise<void> {
    try {
      while (!this.#isOver) {
        const next = await this.#sounds.next();
        if (next.done === true) break;
        await this.#wait(next.value);
      }
      // The producer is told that nobody asks it for more.
      if (this.#isOver) await this.#sounds.return?.();
    } catch (cause) {
      this.#failed?.(cause);
    }
    this.#isOver = true;
  }

  /** Puts a piece into the queue, as there is room. */
  async #wait(sound: Pcm): Promise<void> {
    const length = sound[0]?.length ?? 0;
    let taken = this.#queue.push(sound);
    while ((taken < length || this.#queue.room === 0) && !this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#roomMade = resolve;
      });
      if (!this.#isOver) taken += this.#queue.push(sound, taken);
    }
  }
}

/** Gives what a call hears to a function: a recognizer, an encoder, a test. */
export const pcmSink = (heard: (sound: Pcm) => void, format: SoundFormat): SoundSink => {
  let isClosed = false;
  return {
    format,
    write(sound) {
      if (!isClosed) heard(sound);
    },
    close() {
      isClosed = true;
      return Promise.resolve();
    },
  };
};

/** Several sinks of one format hear the same; each has arrays of its own. */
export const teeSink = (first: SoundSink, ...others: readonly SoundSink[]): SoundSink => ({
  format: first.format,
  write(sound) {
    for (const sink of others) sink.write(sound.map((channel) => channel.slice()));
    first.write(sound);
  },
  async close() {
    await Promise.all([first, ...others].map((sink) => sink.close()));
  },
});
