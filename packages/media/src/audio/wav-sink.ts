import { close, fsync, openSync, write, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Pcm } from '@ringdown/rtp';
import type { SoundFormat, SoundSink } from './sound.ts';
import { reasonOf, SoundError } from './sound-error.ts';

const HEADER_BYTES = 44;
/** What 32-bit sizes can name, less what stands before the sound in the RIFF chunk. */
const MOST_BYTES = 0xffff_ffff - (HEADER_BYTES - 8);
const PIECE_BYTES = 65_536;
/** A disk that takes longer than this many bytes loses sound, and the call goes on. */
const MOST_WAITING = 16 * 1_048_576;

/** As the samples of a WAVE file are. */
const IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

const writeAt = promisify(write);
const synchronize = promisify(fsync);
const closeFile = promisify(close);

export interface WavSinkOptions {
  /** Of sound. Default: what a WAV file can name, 4 GiB. */
  readonly maxBytes?: number;
  /** Sound is lost from here on, or was: told at once, and again by `close`. */
  readonly failed?: (why: SoundError) => void;
}

/**
 * Records a WAVE file of 16-bit samples. The header is right about what is on the disk at every moment, about once a second
 * further: who ends the process loses no more than that. What the disk cannot take is lost and told by `close`, which
 * rejects then; a WAV file ends at 4 GiB (six hours of stereo at 48 kHz), or at `maxBytes` of sound, and is never wrapped.
 *
 * @throws SoundError where the file cannot be made
 */
export const wavSink = (path: string, format: SoundFormat, options: WavSinkOptions = {}): SoundSink =>
  new WavSink(path, format, options);

class WavSink implements SoundSink {
  readonly format: SoundFormat;
  readonly #path: string;
  readonly #descriptor: number;
  readonly #mostBytes: number;
  readonly #flushBytes: number;
  /** What was taken and is not yet a whole piece, in samples of all channels. */
  #piece: Int16Array;
  #filled = 0;
  readonly #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  /** Of sound, on the disk and on the way there. */
  #takenBytes = 0;
  #writtenBytes = 0;
  readonly #failed: ((why: SoundError) => void) | undefined;
  #fault: SoundError | undefined = undefined;
  #writing: Promise<void> | undefined = undefined;
  #closed: Promise<void> | undefined = undefined;

  constructor(path: string, format: SoundFormat, { maxBytes = MOST_BYTES, failed }: WavSinkOptions) {
    this.#failed = failed;
    this.format = format;
    this.#path = path;
    const frameBytes = 2 * format.channels;
    this.#mostBytes = Math.min(MOST_BYTES, maxBytes) - (Math.min(MOST_BYTES, maxBytes) % frameBytes);
    const secondBytes = format.sampleRateHz * frameBytes;
    this.#flushBytes = Math.max(frameBytes, Math.min(PIECE_BYTES, secondBytes) - (PIECE_BYTES % frameBytes));
    this.#piece = new Int16Array(this.#flushBytes / 2);
    this.#descriptor = createdFile(path, wavHeader(format, 0));
  }

  write(sound: Pcm): void {
    if (this.#closed !== undefined) return;
    const { channels } = this.format;
    const samples = sound[0]?.length ?? 0;
    for (let from = 0; from < samples; ) {
      const room = Math.min(this.#piece.length - this.#filled, (this.#mostBytes - this.#takenBytes) / 2);
      const count = Math.min(samples - from, Math.floor(room / channels));
      if (count <= 0) {
        this.#fail(`it has ${this.#mostBytes} bytes of sound and may not become longer; the rest is lost`);
        return;
      }
      for (let channel = 0; channel < channels; channel++)
        interleave(sound[channel], from, count, this.#piece, this.#filled + channel, channels);
      from += count;
      this.#filled += count * channels;
      this.#takenBytes += 2 * count * channels;
      if (this.#filled + channels > this.#piece.length) this.#flush();
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#finish();
    return this.#closed;
  }

  #flush(): void {
    const bytes = new Uint8Array(this.#piece.buffer, 0, 2 * this.#filled);
    if (!IS_LITTLE_ENDIAN) Buffer.from(bytes.buffer, 0, bytes.length).swap16();
    this.#piece = new Int16Array(this.#flushBytes / 2);
    this.#filled = 0;
    if (bytes.length === 0) return;
    if (this.#waitingBytes + bytes.length > MOST_WAITING) {
      this.#fail('the disk is too slow for it; some of it is lost');
      this.#takenBytes -= bytes.length;
      return;
    }
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    this.#writing ??= this.#drain();
  }

  async #drain(): Promise<void> {
    for (let bytes = this.#waiting.shift(); bytes !== undefined; bytes = this.#waiting.shift()) {
      try {
        await writeAll(this.#descriptor, bytes, HEADER_BYTES + this.#writtenBytes);
        this.#writtenBytes += bytes.length;
        // After the sound, so that it never announces what is not there.
        await writeAll(this.#descriptor, wavHeader(this.format, this.#writtenBytes), 0);
      } catch (cause) {
        this.#fail(reasonOf(cause));
        this.#takenBytes -= bytes.length;
      }
      this.#waitingBytes -= bytes.length;
    }
    this.#writing = undefined;
  }

  async #finish(): Promise<void> {
    this.#flush();
    await this.#writing;
    try {
      await synchronize(this.#descriptor);
    } catch (cause) {
      // Pipes and some network disks cannot; that says nothing about the sound.
      if (!(cause instanceof Error && 'code' in cause && cause.code === 'EINVAL'))
        this.#fail(reasonOf(cause));
    }
    await closeFile(this.#descriptor);
    if (this.#fault !== undefined) throw this.#fault;
  }

  #fail(reason: string): void {
    if (this.#fault !== undefined) return;
    this.#fault = new SoundError({
      what: `The recording ${this.#path} is not whole.`,
      why: `The reason: ${reason}.`,
      next: 'What was written before can be played; make room, or record in shorter files.',
    });
    this.#failed?.(this.#fault);
  }
}

/** A channel that the sound has not is silent. */
const interleave = (
  channel: Int16Array | undefined,
  from: number,
  count: number,
  into: Int16Array,
  at: number,
  step: number,
): void => {
  for (let index = 0, to = at; index < count; index++, to += step) into[to] = channel?.[from + index] ?? 0;
};

const writeAll = async (descriptor: number, bytes: Uint8Array, position: number): Promise<void> => {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await writeAt(descriptor, bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
};

const createdFile = (path: string, header: Uint8Array): number => {
  try {
    const descriptor = openSync(path, 'w');
    writeSync(descriptor, header, 0, header.length, 0);
    return descriptor;
  } catch (cause) {
    throw new SoundError(
      {
        what: `${path} cannot be recorded.`,
        why: `The reason: ${reasonOf(cause)}.`,
        next: 'Name a file in a folder that is there and that you may write to.',
      },
      cause,
    );
  }
};

/** The head of a WAVE file of 16-bit samples, with so many bytes of sound after it. */
const wavHeader = ({ sampleRateHz, channels }: SoundFormat, dataBytes: number): Uint8Array => {
  const view = new DataView(new ArrayBuffer(HEADER_BYTES));
  const text = (offset: number, letters: string): void => {
    for (const [index, letter] of [...letters].entries()) view.setUint8(offset + index, letter.charCodeAt(0));
  };
  text(0, 'RIFF');
  view.setUint32(4, HEADER_BYTES - 8 + dataBytes, true);
  text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, sampleRateHz, true);
  view.setUint32(28, sampleRateHz * 2 * channels, true);
  view.setUint16(32, 2 * channels, true);
  view.setUint16(34, 16, true);
  text(36, 'data');
  view.setUint32(40, dataBytes, true);
  return new Uint8Array(view.buffer);
};
