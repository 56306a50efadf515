import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { SoundError } from './sound-error.ts';

/** Where the sound of a WAVE file lies, and how its samples are written. */
export interface WavLayout {
  readonly sampleRateHz: number;
  readonly channels: number;
  readonly encoding: 'integer' | 'float';
  readonly bitsPerSample: number;
  /** Of one sample of all channels. */
  readonly frameBytes: number;
  readonly dataOffset: number;
  readonly frames: number;
}

const PCM = 0x0001;
const FLOAT = 0x0003;
const EXTENSIBLE = 0xfffe;

/** What people meet in WAVE files beside plain samples. */
const COMPRESSED: Readonly<Record<number, string>> = {
  2: 'Microsoft ADPCM',
  6: 'A-law',
  7: 'µ-law',
  17: 'IMA ADPCM',
  49: 'GSM 6.10',
  80: 'MPEG',
  85: 'MP3',
};

/** More chunks than this before the sound is no file that somebody made. */
const MOST_CHUNKS = 1_000;
/** Writers that do not know the length yet put zero or the largest number there. */
const OPEN_END = 0x7fff_0000;

/** Opens a WAVE file. The caller closes the descriptor. @throws SoundError that says what the file is instead */
export const openWav = (path: string): { readonly descriptor: number; readonly layout: WavLayout } => {
  const descriptor = opened(path);
  try {
    if (!fstatSync(descriptor).isFile()) throw unreadable(path, 'It is no file.', 'Name a WAV file.');
    return { descriptor, layout: readLayout(path, descriptor) };
  } catch (cause) {
    closeSync(descriptor);
    throw cause;
  }
};

const opened = (path: string): number => {
  try {
    return openSync(path, 'r');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw unreadable(
      path,
      `The system says: ${why}.`,
      'Look at the name, and whether you may read it.',
      cause,
    );
  }
};

const unreadable = (path: string, why: string, next: string, cause?: unknown): SoundError =>
  new SoundError({ what: `${path} cannot be played.`, why, next }, cause);

const remedy = (path: string): string => `Make one of it: ffmpeg -i '${path}' -c:a pcm_s16le out.wav`;

const readLayout = (path: string, descriptor: number): WavLayout => {
  const size = fstatSync(descriptor).size;
  const head = bytesAt(descriptor, 0, 12);
  const kind = head === undefined ? '' : name(head, 0);
  if (kind === 'RF64' || kind === 'BW64') {
    throw unreadable(path, `It is an ${kind} file, larger than WAV allows.`, `Split it. ${remedy(path)}`);
  }
  if (kind !== 'RIFF' || name(head!, 8) !== 'WAVE') {
    throw unreadable(path, 'It is no RIFF/WAVE file.', remedy(path));
  }
  let format: Uint8Array | undefined;
  let offset = 12;
  for (let chunks = 0; chunks < MOST_CHUNKS; chunks++) {
    const header = bytesAt(descriptor, offset, 8);
    if (header === undefined) break;
    const length = new DataView(header.buffer).getUint32(4, true);
    if (name(header, 0) === 'data') {
      if (format === undefined)
        throw unreadable(path, 'Nothing says how its sound is written.', remedy(path));
      return layoutOf(path, format, { offset: offset + 8, announced: length, size });
    }
    if (name(header, 0) === 'fmt ') format = bytesAt(descriptor, offset + 8, Math.min(length, 40));
    offset += 8 + length + (length % 2);
  }
  throw unreadable(path, 'It is cut short: it ends before its sound begins.', 'Get the whole file.');
};

interface SoundPlace {
  readonly offset: number;
  readonly announced: number;
  readonly size: number;
}

const layoutOf = (path: string, format: Uint8Array, place: SoundPlace): WavLayout => {
  if (format.length < 16) throw unreadable(path, 'Its format chunk is cut short.', remedy(path));
  const view = new DataView(format.buffer);
  const announced = view.getUint16(0, true);
  // The first two bytes of the sub-format's GUID are the format that is meant.
  const tag = announced === EXTENSIBLE && format.length >= 26 ? view.getUint16(24, true) : announced;
  const channels = view.getUint16(2, true);
  const sampleRateHz = view.getUint32(4, true);
  const frameBytes = view.getUint16(12, true);
  const bitsPerSample = view.getUint16(14, true);
  const encoding = tag === PCM ? 'integer' : tag === FLOAT ? 'float' : undefined;
  if (encoding === undefined) {
    const called = COMPRESSED[tag] ?? `format 0x${tag.toString(16)}`;
    throw unreadable(path, `Its sound is compressed (${called}).`, remedy(path));
  }
  const isKnown = encoding === 'float' ? bitsPerSample === 32 : [8, 16, 24, 32].includes(bitsPerSample);
  if (!isKnown || channels < 1 || sampleRateHz < 1 || frameBytes !== (channels * bitsPerSample) / 8) {
    const shape = `${channels} channels of ${bitsPerSample} bits (${encoding}) at ${sampleRateHz} Hz, ${frameBytes} bytes for all channels`;
    throw unreadable(path, `Its sound has a shape that is not understood: ${shape}.`, remedy(path));
  }
  const frames = Math.floor(lengthOf(path, place) / frameBytes);
  return { sampleRateHz, channels, encoding, bitsPerSample, frameBytes, dataOffset: place.offset, frames };
};

const lengthOf = (path: string, { offset, announced, size }: SoundPlace): number => {
  const there = Math.max(0, size - offset);
  if (announced === 0 || announced >= OPEN_END) return there;
  if (announced > there) {
    const why = `It is cut short: ${announced} bytes of sound are announced, and ${there} are there.`;
    throw unreadable(path, why, `Get the whole file, or take what is left: ffmpeg -i '${path}' out.wav`);
  }
  return announced;
};

const bytesAt = (descriptor: number, offset: number, length: number): Uint8Array | undefined => {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const read = readSync(descriptor, bytes, filled, length - filled, offset + filled);
    if (read === 0) return undefined;
    filled += read;
  }
  return bytes;
};

const name = (bytes: Uint8Array, offset: number): string =>
  String.fromCharCode(...bytes.subarray(offset, offset + 4));
