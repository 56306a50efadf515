import type { Text } from '@ringdown/sans-io';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();
/** A function takes only so many arguments. */
const PIECE = 8_192;

const latin1 = (bytes: Uint8Array, start = 0, end = bytes.length): string => {
  let text = '';
  for (let at = start; at < end; at += PIECE)
    text += String.fromCharCode(...bytes.subarray(at, Math.min(end, at + PIECE)));
  return text;
};

const latin1Bytes = (text: string): Uint8Array => {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
};

/** Text of the browser; its own `latin1` is windows-1252. A byte order mark is kept. */
export const browserText: Text = Object.freeze<Text>({
  latin1,
  latin1Bytes,
  utf8: (bytes) => decoder.decode(bytes),
  utf8Bytes: (text) => encoder.encode(text),
});
