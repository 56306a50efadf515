import { Malformed } from '@ringdown/stun';

/** RFC 8839 §5.1: ALPHA, DIGIT, "+" and "/". */
const ICE_CHARS = /^[A-Za-z0-9+/]+$/;
const TOKEN = /^[\w!#$%&'*+.^`{|}~-]+$/;
/** IP addresses of both families and domain names; what no name can contain stays out of what others print. */
const ADDRESS = /^[0-9A-Za-z.:_-]{1,255}$/;

/** A word of ice-chars, of a length that the RFC allows. */
export const iceWord = (text: string, shortest: number, longest: number, what: string): string | Malformed =>
  text.length >= shortest && text.length <= longest && ICE_CHARS.test(text)
    ? text
    : new Malformed(`${what} that is not ${shortest} to ${longest} letters, digits, + and /`);

export const isToken = (text: string): boolean => TOKEN.test(text);

export const isConnectionAddress = (text: string): boolean => ADDRESS.test(text);

/** A number in digits alone, from `least` to `most`. */
export const numberBetween = (
  text: string,
  least: number,
  most: number,
  what: string,
): number | Malformed => {
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  return number >= least && number <= most
    ? number
    : new Malformed(`${what} that is no number from ${least} to ${most}`);
};
