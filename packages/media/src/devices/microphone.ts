import { PlayoutRing, type PlayoutStatistics } from '../audio/playout-ring.ts';
import { silence } from '../audio/silence.ts';
import type { SoundFormat, SoundSource } from '../audio/sound.ts';
import type { DeviceProcess } from './device-process.ts';

/** What waits between a device's clock and a call's. The tools write in pieces of 20 to 40 ms. */
const TARGET_MS = 60;

/** What a program records, by the clock of who reads it. */
export class Microphone implements SoundSource {
  readonly format: SoundFormat;
  readonly #process: DeviceProcess;
  readonly #ring: PlayoutRing;
  /** Bytes of a sample whose rest is still to come. */
  #rest: Uint8Array = new Uint8Array(0);
  /** Resolves when sound comes. */
  readonly heard: Promise<void>;
  #isClosed = false;
  #closed: Promise<void> | undefined = undefined;

  constructor(process: DeviceProcess, format: SoundFormat) {
    this.format = format;
    this.#process = process;
    this.#ring = new PlayoutRing(format, { targetMs: TARGET_MS });
    this.heard = new Promise((resolve) => {
      process.heard((bytes) => {
        this.#take(bytes);
        resolve();
      });
    });
  }

  get statistics(): PlayoutStatistics {
    return this.#ring.statistics;
  }

  get ended(): boolean {
    return this.#isClosed || this.#process.why !== undefined;
  }

  read(samples: number): Int16Array[] {
    return this.#isClosed ? silence(this.format.channels, samples) : this.#ring.read(samples);
  }

  close(): void {
    this.#isClosed = true;
    this.#closed ??= this.#process.end();
  }

  /** Resolves when the program is gone. */
  async gone(): Promise<void> {
    this.close();
    await this.#closed;
  }

  #take(bytes: Uint8Array): void {
    const all = joined(this.#rest, bytes);
    const { channels } = this.format;
    const view = new DataView(all.buffer, all.byteOffset, all.byteLength);
    const samples = Math.floor(all.length / (2 * channels));
    this.#rest = all.slice(samples * 2 * channels);
    this.#ring.write(
      Array.from({ length: channels }, (_, channel) =>
        Int16Array.from({ length: samples }, (_, index) =>
          view.getInt16(2 * (index * channels + channel), true),
        ),
      ),
    );
  }
}

const joined = (one: Uint8Array, other: Uint8Array): Uint8Array => {
  if (one.length === 0) return other;
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
};
