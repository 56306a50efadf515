import { To } from './address.ts';
import { isSpace, isToken, isWord } from './characters.ts';
import { headerNumberAt } from './field.ts';
import { Authorization, CallId, ProxyAuthorization } from './fields.ts';
import { END, HEADER, LINE, START, VALUE } from './lines.ts';
import type { SipRequest } from './message.ts';
import { ALL_ONCE, onceBit } from './repeated-once.ts';
import { Via } from './via.ts';

/** What one pass over a request's head tells: enough to refuse it, or to know that nothing is to be done with it. */
export interface Glance {
  readonly head: string;
  /** The lines that an answer repeats (RFC 3261 §8.2.6.2), as in `Message.lines`, and no others. */
  readonly lines: readonly number[];
  /** The first Via, as it stands. */
  readonly via: string;
  readonly callId: string;
  /** The tag of To; undefined where it has none. */
  readonly toTag: string | undefined;
  /** Whether it has an Authorization or a Proxy-Authorization. */
  readonly hasCredentials: boolean;
}

const scratch: number[] = [];

/**
 * Looks over a request that is written as nearly all are, in a third of the time that reading it takes: for a server that has
 * too much to do, and for what needs no answer. What it tells, reading would tell as well.
 *
 * @returns undefined where reading must decide: folded lines, headers that stand twice or not at all, To with more than a tag
 */
export const glance = ({ head }: SipRequest): Glance | undefined => {
  let seen = 0;
  let length = 0;
  let hasCredentials = false;
  let via: string | undefined;
  let callId = '';
  let toTag: string | undefined;
  const first = head.indexOf(CRLF) + 2;
  for (
    let start = first, end = head.indexOf(CRLF, first);
    end > start;
    start = end + 2, end = head.indexOf(CRLF, start)
  ) {
    const letter = head.charCodeAt(start);
    if (isSpace(letter)) return undefined;
    if (!isLookedFor(letter)) continue;
    const colon = head.indexOf(':', start);
    if (colon < 0 || colon >= end || isSpace(head.charCodeAt(colon - 1))) return undefined;
    const header = headerNumberAt(head, start, colon);
    if (header === Authorization.header || header === ProxyAuthorization.header) hasCredentials = true;
    const once = header === undefined ? 0 : onceBit(header);
    if (header === undefined || (once === 0 && header !== Via.header)) continue;
    if ((seen & once) !== 0) return undefined;
    seen |= once;
    let value = colon + 1;
    while (isSpace(head.charCodeAt(value))) value++;
    if (header === Via.header) via ??= head.slice(value, end);
    else if (header === CallId.header) callId = head.slice(value, end);
    else if (header === To.header) {
      const tag = plainTag(head, value, end);
      if (tag === undefined) return undefined;
      toTag = tag === '' ? undefined : tag;
    }
    scratch[length + HEADER] = header;
    scratch[length + START] = start;
    scratch[length + VALUE] = value;
    scratch[length + END] = end;
    length += LINE;
  }
  // A list of several Vias in one line is for a reader.
  if (seen !== ALL_ONCE || via === undefined || via.includes(',') || !isWord(callId)) return undefined;
  return { head, lines: scratch.slice(0, length), via, callId, toTag, hasCredentials };
};

const CRLF = '\r\n';

/** The first letters, in either case, of the headers that are looked for: lines that begin with others are passed over. */
const LETTERS = [...'acfiptv'].reduce((bits, letter) => bits | (1 << (letter.charCodeAt(0) & 31)), 0);

const isLookedFor = (letter: number): boolean => letter >= 0x40 && ((LETTERS >> (letter & 31)) & 1) === 1;

const TAG = ';tag=';

/** The tag of `<…>` or `<…>;tag=…`, empty without one; undefined for what is written in any other way. */
const plainTag = (head: string, start: number, end: number): string | undefined => {
  const close = head.indexOf('>', start);
  if (head.charCodeAt(start) !== 0x3c || close < 0 || close >= end) return undefined;
  if (close + 1 === end) return '';
  const tag = close + 1 + TAG.length;
  return head.startsWith(TAG, close + 1) && tag < end && isToken(head, tag, end)
    ? head.slice(tag, end)
    : undefined;
};
