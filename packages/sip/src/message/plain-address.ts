import {
  digitsEnd,
  hostTextEnd,
  isUriText,
  parameterValueEnd,
  quotedStringEnd,
  tokenEnd,
  userInfoEnd,
} from './characters.ts';

const QUOTE = 0x22;
const PERCENT = 0x25;
const HYPHEN = 0x2d;
const DOT = 0x2e;
const COLON = 0x3a;
const SEMICOLON = 0x3b;
const LESS = 0x3c;
const EQUALS = 0x3d;
const GREATER = 0x3e;
const AT = 0x40;

/**
 * Whether an address stands between `start` and `end` of a head in the form that nearly all have:
 * `"Name" <sip:user@host:port;parameters>;tag=value`. Such a one can be read for certain, and whoever only wants to know that
 * need not read it: most messages pass by here twice, and few are asked who sent them. False says nothing; `decodeAddress`
 * knows all other forms.
 */
export const isPlainAddress = (head: string, start: number, end: number): boolean => {
  let index = start;
  if (head.charCodeAt(index) === QUOTE) {
    index = quotedStringEnd(head, index);
    if (index < 0) return false;
    if (head.charCodeAt(index) === 0x20) index++;
  }
  if (head.charCodeAt(index) !== LESS) return false;
  const close = plainUriEnd(head, index + 1);
  return close >= 0 && head.charCodeAt(close) === GREATER && plainParametersEnd(head, close + 1) === end;
};

/** Whether a text is a URI of the form `sip:user@host:port;parameters`: the same for `parseUri`. */
export const isPlainUri = (text: string): boolean => plainUriEnd(text, 0) === text.length;

/** Where `sip:user@host:port;parameters` ends; -1 where it is not written so. */
const plainUriEnd = (head: string, start: number): number => {
  if (!head.startsWith('sip', start)) return -1;
  const colon = head.charCodeAt(start + 3) === COLON ? start + 3 : start + 4;
  if (head.charCodeAt(colon) !== COLON || (colon > start + 3 && head.charCodeAt(start + 3) !== 0x73))
    return -1;
  const user = colon + 1;
  const at = userInfoEnd(head, user);
  if (at === user || head.charCodeAt(at) !== AT) return -1;
  for (let index = user; index < at; index++) if (head.charCodeAt(index) === PERCENT) return -1;
  const hostEnd = plainHostEnd(head, at + 1);
  if (hostEnd < 0) return -1;
  const portEnd = plainPortEnd(head, hostEnd);
  if (portEnd < 0 || head.charCodeAt(portEnd) !== SEMICOLON) return portEnd;
  const bracket = head.indexOf('>', portEnd);
  const close = bracket < 0 ? head.length : bracket;
  // Another "@" or a "?" may make all before it the user part, or what follows headers.
  if (!isUriText(head, portEnd, close)) return -1;
  for (let index = portEnd; index < close; index++) {
    const code = head.charCodeAt(index);
    if (code === AT || code === 0x3f) return -1;
  }
  return close;
};

const plainHostEnd = (head: string, start: number): number => {
  const end = hostTextEnd(head, start);
  const first = head.charCodeAt(start);
  if (end === start || first === HYPHEN || first === DOT) return -1;
  for (let index = start + 1; index < end; index++)
    if (head.charCodeAt(index) === DOT && head.charCodeAt(index - 1) === DOT) return -1;
  return end;
};

/** The end of `:port`, or `start` where there is none; four digits are no number that is too great. */
const plainPortEnd = (head: string, start: number): number => {
  if (head.charCodeAt(start) !== COLON) return start;
  const end = digitsEnd(head, start + 1);
  const digits = end - start - 1;
  return digits > 0 && (digits < 5 || (digits === 5 && Number(head.slice(start + 1, end)) <= 65_535))
    ? end
    : -1;
};

/** Where `;name=value;flag` ends, without quotes and white space; -1 where something else stands there. */
const plainParametersEnd = (head: string, start: number): number => {
  let index = start;
  while (head.charCodeAt(index) === SEMICOLON) {
    const nameEnd = tokenEnd(head, index + 1);
    if (nameEnd === index + 1) return -1;
    index = nameEnd;
    if (head.charCodeAt(index) !== EQUALS) continue;
    const valueEnd = head.charCodeAt(index + 1) === QUOTE ? -1 : parameterValueEnd(head, index + 1);
    if (valueEnd <= index + 1) return -1;
    index = valueEnd;
  }
  return index;
};
