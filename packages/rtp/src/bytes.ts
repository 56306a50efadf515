/** Numbers in network order. */
export const read16 = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;

export const read24 = (bytes: Uint8Array, at: number): number => (bytes[at]! << 16) | read16(bytes, at + 1);

export const read32 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;

export const write16 = (bytes: Uint8Array, at: number, value: number): void => {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
};

export const write24 = (bytes: Uint8Array, at: number, value: number): void => {
  bytes[at] = value >>> 16;
  write16(bytes, at + 1, value);
};

export const write32 = (bytes: Uint8Array, at: number, value: number): void => {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
};

/** A length with the padding that brings it to a multiple of four. */
export const padded = (length: number): number => (length + 3) & ~3;

/** Pieces of a message put together. */
export const joined = (pieces: readonly Uint8Array[]): Uint8Array => {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
};

/** Bytes as a string of one character each: what is UTF-8 in them is decoded by who shows it to people. */
export const byteString = (bytes: Uint8Array): string => {
  let text = '';
  for (let index = 0; index < bytes.length; index++) text += String.fromCharCode(bytes[index]!);
  return text;
};

export const bytesOf = (text: string): Uint8Array => {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  return bytes;
};
