import { type SessionDescription as Grammar, parse } from 'sdp-transform';
import { Malformed } from './malformed.ts';

/**
 * Reads one line by the grammar of sdp-transform. Its patterns are lax and some are open at their end, so what comes out is
 * checked by whoever asks; lines are bounded before they come here.
 */
export const readLine = (type: string, value: string): Grammar => parse(`${type}=${value}`);

/** The same for an attribute, which sdp-transform files under the session while there is no medium. */
export const readAttribute = (name: string, value: string): Partial<AttributeGrammar> =>
  readLine('a', `${name}:${value}`) as unknown as Partial<AttributeGrammar>;

type AttributeGrammar = Grammar & Omit<Grammar['media'][number], keyof Grammar>;

/** RFC 8866 §9: token-char. */
const TOKEN = /^[\w!#$%&'*+.^`{|}~-]+$/;
const DIGITS = /^\d+$/;

export const isToken = (text: string): boolean => TOKEN.test(text);

/** Digits of a number of any size, as `o=` has them. */
export const isDigits = (text: string): boolean => DIGITS.test(text) && text.length <= 20;

/** A number in digits alone, from `least` to `most`; undefined for anything else. */
export const numberIn = (
  text: string | number | undefined,
  least: number,
  most: number,
): number | undefined => {
  const digits = String(text);
  if (!DIGITS.test(digits) || digits.length > 15) return undefined;
  const number = Number(digits);
  return number >= least && number <= most ? number : undefined;
};

/**
 * A number of a payload as it stands in `m=`: zero-based-integer (RFC 8866 §9), so that an answer that writes the number says
 * the offer's very word. `08` is none.
 */
export const payloadTypeIn = (format: string): number | undefined => {
  const payloadType = numberIn(format, 0, 127);
  return String(payloadType) === format ? payloadType : undefined;
};

/** Words with one or more spaces between them. */
export const wordsOf = (text: string): readonly string[] => text.split(' ').filter((word) => word !== '');

/** A positive number, perhaps with a fraction (RFC 8866 §6.4 allows none, AES67 writes `0.125`). */
export const decimalIn = (text: string, most: number): number | undefined => {
  if (!/^\d{1,9}(?:\.\d{1,9})?$/.test(text)) return undefined;
  const number = Number(text);
  return number > 0 && number <= most ? number : undefined;
};

/** Throws for what no line can hold: the programmer's mistake, for peers' texts are cut at line ends. */
export const onOneLine = (text: string): string => {
  for (const control of ['\r', '\n', '\0']) {
    if (text.includes(control))
      throw new TypeError(`a line of SDP holds no line end and no NUL: ${JSON.stringify(text)}`);
  }
  return text;
};

export const malformed = (name: string, clause: string): Malformed =>
  new Malformed(`${name} that cannot be read`, clause);
