import type { Attribute } from './attribute.ts';
import { Malformed } from './malformed.ts';

/** The bytes of a byte string: one character each, as {@link textAttribute} has them. */
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

/**
 * An attribute that holds UTF-8 text. Its value is a byte string, one character for each byte, so that keys are computed over
 * the very bytes that came; who shows it to people decodes it.
 *
 * @param longest the bytes that the RFC allows; longer ones are malformed
 */
export const textAttribute = (name: string, type: number, longest: number): Attribute<string> => ({
  name,
  type,
  decode: (value) =>
    value.length > longest
      ? new Malformed(`${name} of ${value.length} bytes, where ${longest} are allowed`)
      : byteString(value),
  encode: bytesOf,
});
