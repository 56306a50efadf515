/** Classes of RFC 3261 §25.1, one bit each, looked up by character code; characters above 255 are in none. */
const TOKEN = 1;
const URI_USER = 2;
const HOST = 4;
const URI = 8;
const QUOTED = 16;
const DIGIT = 32;
const PARAMETER_VALUE = 64;

const classes = new Uint8Array(256);
const mark = (characters: string, bit: number): void => {
  for (let index = 0; index < characters.length; index++) classes[characters.charCodeAt(index)]! |= bit;
};

const alphanumeric = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const unreserved = `${alphanumeric}-_.!~*'()`;
mark(`${alphanumeric}-.!%*_+\`'~`, TOKEN);
mark(`${unreserved}%&=+$,;?/`, URI_USER);
mark(`${alphanumeric}-.`, HOST);
mark(`${unreserved}%;/?:@&=+$,[]`, URI);
mark('0123456789', DIGIT);
for (let code = 0x21; code < 256; code++) {
  if (!'"<>,;'.includes(String.fromCharCode(code)) && code !== 0x7f) classes[code]! |= PARAMETER_VALUE;
}
for (let code = 0x20; code < 256; code++)
  if (code !== 0x22 && code !== 0x5c && code !== 0x7f) classes[code]! |= QUOTED;
classes[0x09]! |= QUOTED;

const all = (text: string, start: number, end: number, bit: number): boolean => {
  if (start >= end) return false;
  for (let index = start; index < end; index++) {
    if ((classes[text.charCodeAt(index)]! & bit) === 0) return false;
  }
  return true;
};

/** `token`, at least one character. */
export const isToken = (text: string, start = 0, end = text.length): boolean => all(text, start, end, TOKEN);
/** A character of a `token`. */
export const isTokenCode = (code: number): boolean => (classes[code]! & TOKEN) !== 0;
/** Digits only, at least one. */
export const isDigits = (text: string, start = 0, end = text.length): boolean => all(text, start, end, DIGIT);
/** What may stand anywhere in a URI (RFC 3261 `reserved`, `unreserved`, escapes, brackets of an IPv6 reference). */
export const isUriText = (text: string, start = 0, end = text.length): boolean => all(text, start, end, URI);
export const isUserInfo = (text: string, start = 0, end = text.length): boolean =>
  all(text, start, end, URI_USER);
export const isHostText = (text: string, start = 0, end = text.length): boolean =>
  all(text, start, end, HOST);

/** At least one character, and no white space or control character among them. */
export const isWord = (text: string): boolean => {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code <= 0x20 || code === 0x7f) return false;
  }
  return text.length > 0;
};

const runEnd = (text: string, start: number, bit: number): number => {
  let index = start;
  while (index < text.length && (classes[text.charCodeAt(index)]! & bit) !== 0) index++;
  return index;
};

/** Where the token that starts at `start` ends; `start` itself where none does. */
export const tokenEnd = (text: string, start: number): number => runEnd(text, start, TOKEN);
/** Where an unquoted parameter value ends: tokens, hosts and, as phones write them, all but white space and separators. */
export const parameterValueEnd = (text: string, start: number): number =>
  runEnd(text, start, PARAMETER_VALUE);
/** Where a run of digits ends. */
export const digitsEnd = (text: string, start: number): number => runEnd(text, start, DIGIT);
/** Where a run of characters that a URI's user may have ends. */
export const userInfoEnd = (text: string, start: number): number => runEnd(text, start, URI_USER);
/** Where a run of characters that a host may have ends. */
export const hostTextEnd = (text: string, start: number): number => runEnd(text, start, HOST);

/** Where the quoted string that opens at `start` ends (the index after its closing quote), or -1 where it does not. */
export const quotedStringEnd = (text: string, start: number): number => {
  for (let index = start + 1; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x22) return index + 1;
    if (code === 0x5c) index++;
    else if ((classes[code]! & QUOTED) === 0) return -1;
  }
  return -1;
};

/** The text between the quotes with its escapes undone. */
export const unquote = (quoted: string): string => {
  const inner = quoted.slice(1, -1);
  return inner.includes('\\') ? inner.replace(/\\([\s\S])/g, '$1') : inner;
};

/** A quoted string that says `text` (RFC 3261 §25.1 quoted-string). */
export const quote = (text: string): string =>
  text.includes('"') || text.includes('\\') ? `"${text.replace(/[\\"]/g, '\\$&')}"` : `"${text}"`;

export const isSpace = (code: number): boolean => code === 0x20 || code === 0x09;

/** A piece of text in lower case. Nearly all is in it already, and an engine makes a string anew to find that out. */
export const lowerCase = (text: string, start = 0, end = text.length): string => {
  for (let index = start; index < end; index++) {
    const code = text.charCodeAt(index);
    if ((code >= 0x41 && code <= 0x5a) || code > 0x7f) return text.slice(start, end).toLowerCase();
  }
  return text.slice(start, end);
};

/** Compares two strings without regard to the case of ASCII letters. */
export const equalIgnoringCase = (left: string, right: string): boolean =>
  left === right || (left.length === right.length && left.toLowerCase() === right.toLowerCase());

/**
 * Splits a comma-separated header value; commas in quoted strings and in angle brackets do not count (RFC 3261 §7.3.1).
 * Values come trimmed; empty ones are kept, so that a field can refuse them.
 */
export const splitAtCommas = (text: string): string[] => {
  if (!text.includes(',')) return [text.trim()];
  const values: string[] = [];
  let start = 0;
  for (let index = nextComma(text, 0); index < text.length; index = nextComma(text, start)) {
    values.push(text.slice(start, index).trim());
    start = index + 1;
  }
  values.push(text.slice(start).trim());
  return values;
};

/** The index of the first comma at or after `start` that separates values, or the text's length. */
export const nextComma = (text: string, start: number): number => {
  let inBrackets = false;
  for (let index = start; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x2c && !inBrackets) return index;
    if (code === 0x3c) inBrackets = true;
    else if (code === 0x3e) inBrackets = false;
    else if (code === 0x22 && !inBrackets) {
      const end = quotedStringEnd(text, index);
      if (end < 0) return text.length;
      index = end - 1;
    }
  }
  return text.length;
};
