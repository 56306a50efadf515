import { write16 } from '../bytes.ts';

/** One element of RFC 8285: its local identifier, as a=extmap has it, and its bytes. */
export interface HeaderExtension {
  /** 1–14 in the one-byte form, up to 255 in the other. */
  readonly id: number;
  readonly value: Uint8Array;
}

const ONE_BYTE = 0xbede;
const TWO_BYTE = 0x1000;
/** The last four bits of the two-byte form are the application's (RFC 8285 §4.3). */
const TWO_BYTE_MASK = 0xfff0;
/** Ends the elements of the one-byte form (RFC 8285 §4.2). */
const STOP = 15;

/** Reads elements until one is not whole; what stood before it counts. */
export const readHeaderExtensions = (profile: number, data: Uint8Array): readonly HeaderExtension[] => {
  const oneByte = profile === ONE_BYTE;
  if (!oneByte && (profile & TWO_BYTE_MASK) !== TWO_BYTE) return [];
  const found: HeaderExtension[] = [];
  let at = 0;
  while (at < data.length) {
    const first = data[at]!;
    const id = oneByte ? first >>> 4 : first;
    if (id === 0) {
      at++;
      continue;
    }
    if (oneByte && id === STOP) break;
    const start = at + (oneByte ? 1 : 2);
    const end = start + (oneByte ? (first & 0x0f) + 1 : (data[at + 1] ?? 0));
    if (end > data.length || start > data.length) break;
    found.push({ id, value: data.subarray(start, end) });
    at = end;
  }
  return found;
};

/** Writes the whole header extension, in the one-byte form where that can hold every element. */
export const headerExtensionBytes = (extensions: readonly HeaderExtension[]): Uint8Array => {
  const oneByte = extensions.every(({ id, value }) => id < STOP && value.length > 0 && value.length <= 16);
  let length = 0;
  for (const { id, value } of extensions) {
    if (!Number.isInteger(id) || id < 1 || id > 255) throw new RangeError(`header extension ${id}: 1–255`);
    if (value.length > 255) throw new RangeError(`a header extension of ${value.length} bytes: 255 at most`);
    length += (oneByte ? 1 : 2) + value.length;
  }
  const words = Math.ceil(length / 4);
  const bytes = new Uint8Array(4 + 4 * words);
  write16(bytes, 0, oneByte ? ONE_BYTE : TWO_BYTE);
  write16(bytes, 2, words);
  let at = 4;
  for (const { id, value } of extensions) {
    if (oneByte) bytes[at++] = (id << 4) | (value.length - 1);
    else {
      write16(bytes, at, (id << 8) | value.length);
      at += 2;
    }
    bytes.set(value, at);
    at += value.length;
  }
  return bytes;
};

/** The level of the sound in a packet (RFC 6464): −level dBov, and whether it is said to be speech. */
export const readAudioLevel = (
  value: Uint8Array,
): { readonly levelDbov: number; readonly voice: boolean } | undefined =>
  value.length === 0 ? undefined : { levelDbov: -(value[0]! & 0x7f), voice: value[0]! > 127 };
