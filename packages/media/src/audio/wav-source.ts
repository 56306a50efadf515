import { closeSync, readSync } from 'node:fs';
import { silence } from './silence.ts';
import type { SoundSource } from './sound.ts';
import { openWav, type WavLayout } from './wav-layout.ts';

const PIECE_BYTES = 65_536;

/** A file as a source, and how long it is. */
export interface WavSource extends SoundSource {
  /** Of each channel, once through. */
  readonly lengthSamples: number;
}

/**
 * Plays a WAVE file: 8-, 16-, 24- or 32-bit integers or 32-bit floats of any rate, read in pieces, so that an hour costs no
 * more memory than a second. Of more than two channels the first two are played: left and right in every layout of WAVE
 * (make another mix with ffmpeg's `-ac 2`). What can no longer be read in the middle of it is silence, and the end.
 *
 * @throws SoundError for what is no such file, is cut short, or compressed
 */
export const wavSource = (path: string, options: { readonly loop?: boolean } = {}): WavSource =>
  new FileSource(path, options.loop ?? false);

class FileSource implements WavSource {
  readonly format: { readonly sampleRateHz: number; readonly channels: number };
  readonly #layout: WavLayout;
  readonly #isLooped: boolean;
  readonly #piece: DataView;
  #descriptor: number | undefined;
  /** The next frame to be played. */
  #frame = 0;
  /** The frames that the piece holds. */
  #first = 0;
  #end = 0;

  constructor(path: string, isLooped: boolean) {
    const { descriptor, layout } = openWav(path);
    this.#descriptor = descriptor;
    this.#layout = layout;
    this.#isLooped = isLooped;
    const frames = Math.max(1, Math.floor(PIECE_BYTES / layout.frameBytes));
    this.#piece = new DataView(new ArrayBuffer(frames * layout.frameBytes));
    this.format = { sampleRateHz: layout.sampleRateHz, channels: Math.min(2, layout.channels) };
    if (layout.frames === 0) this.close();
  }

  get lengthSamples(): number {
    return this.#layout.frames;
  }

  get ended(): boolean {
    return this.#descriptor === undefined;
  }

  read(samples: number): Int16Array[] {
    const sound = silence(this.format.channels, samples);
    let filled = 0;
    while (filled < samples && this.#load()) {
      const count = Math.min(samples - filled, this.#end - this.#frame);
      this.#decode(sound, filled, count);
      filled += count;
      this.#frame += count;
      if (this.#frame >= this.#layout.frames) this.#finish();
    }
    return sound;
  }

  close(): void {
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    if (descriptor !== undefined) closeSync(descriptor);
  }

  #finish(): void {
    if (this.#isLooped) this.#frame = 0;
    else this.close();
  }

  /** Sees to it that the piece holds the next frame. @returns whether it does */
  #load(): boolean {
    if (this.#descriptor === undefined) return false;
    if (this.#frame >= this.#first && this.#frame < this.#end) return true;
    const { frameBytes, dataOffset, frames } = this.#layout;
    const wanted = Math.min(this.#piece.byteLength, (frames - this.#frame) * frameBytes);
    const read = readUpTo(this.#descriptor, this.#piece, wanted, dataOffset + this.#frame * frameBytes);
    this.#first = this.#frame;
    this.#end = this.#frame + Math.floor(read / frameBytes);
    if (this.#end === this.#first) this.close();
    return this.#end > this.#first;
  }

  #decode(sound: readonly Int16Array[], to: number, count: number): void {
    const { frameBytes, bitsPerSample } = this.#layout;
    const sampleOf = decoderOf(this.#layout);
    for (const [channel, samples] of sound.entries()) {
      let offset = (this.#frame - this.#first) * frameBytes + (channel * bitsPerSample) / 8;
      for (let index = 0; index < count; index++, offset += frameBytes) {
        samples[to + index] = sampleOf(this.#piece, offset);
      }
    }
  }
}

const readUpTo = (descriptor: number, piece: DataView, length: number, position: number): number => {
  let filled = 0;
  try {
    while (filled < length) {
      const read = readSync(descriptor, piece, filled, length - filled, position + filled);
      if (read === 0) break;
      filled += read;
    }
  } catch {
    // A disk that is gone in the middle of a call: what was read still counts, the rest is silence.
  }
  return filled;
};

type Decoder = (piece: DataView, offset: number) => number;

const decoderOf = ({ encoding, bitsPerSample }: WavLayout): Decoder =>
  encoding === 'float' ? float32 : (INTEGERS[bitsPerSample] ?? integer16);

const rounded = (value: number): number => Math.max(-32_768, Math.min(32_767, Math.round(value)));

// A float that is no number is silence.
const float32: Decoder = (piece, offset) => rounded((piece.getFloat32(offset, true) || 0) * 32_768);
const integer16: Decoder = (piece, offset) => piece.getInt16(offset, true);

const INTEGERS: Readonly<Record<number, Decoder>> = {
  8: (piece, offset) => (piece.getUint8(offset) - 128) * 256,
  16: integer16,
  24: (piece, offset) => rounded(piece.getInt16(offset + 1, true) + piece.getUint8(offset) / 256),
  32: (piece, offset) => rounded(piece.getInt32(offset, true) / 65_536),
};
