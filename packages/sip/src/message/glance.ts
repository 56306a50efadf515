import type { HeaderLines } from './build.ts';
import { isTokenCode } from './characters.ts';
import { withoutZone } from './uri.ts';

/** What one pass over a request's bytes tells: enough to refuse it, or to know that nothing is to be done with it. */
export interface Glance {
  readonly bytes: Uint8Array;
  readonly method: string;
  readonly callId: Place;
  /** The tag of To, empty where it has none. */
  readonly toTag: Place;
  /** The lines that an answer repeats (RFC 3261 §8.2.6.2), as they follow each other: where each begins, and ends behind its CRLF. */
  readonly lines: readonly number[];
  /** Where To's line begins, and that of the first Via. */
  readonly to: number;
  readonly via: number;
  readonly viaValue: Place;
}

/** The index of the first byte, and that behind the last. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

/** What an answer must know of a Via. */
interface ViaPlaces {
  readonly sentBy: Place;
  /** Behind the name of `rport`, which has no value; -1 where it is not there. */
  readonly rport: number;
}

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const SLASH = 0x2f;
const COLON = 0x3a;
const SEMICOLON = 0x3b;
const LESS = 0x3c;
const EQUALS = 0x3d;
const GREATER = 0x3e;
const OPENING = 0x5b;
const CLOSING = 0x5d;

const codesOf = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

/** Of those that begin something, and ACK. */
const METHODS = ['INVITE', 'ACK', 'REGISTER', 'OPTIONS', 'MESSAGE', 'SUBSCRIBE', 'PUBLISH'].map((name) => ({
  name,
  codes: codesOf(`${name} `),
}));
const VERSION = codesOf(' SIP/2.0');
const TAG = codesOf(';tag=');
const RPORT = codesOf('rport');
const RECEIVED = codesOf('received');

const [FROM, TO, CALL_ID, CSEQ, VIA] = [1, 2, 4, 8, 16];
/** What must be there, all but Via once. */
const ALL = FROM | TO | CALL_ID | CSEQ | VIA;

interface Header {
  /** In small letters. */
  readonly name: Uint8Array;
  /** 0: credentials. */
  readonly bit: number;
}

const NONE: readonly Header[] = [];
/** The headers that are looked for, by their first letter: few begin with the same. */
const byLetter: (readonly Header[])[] = new Array(32).fill(NONE);
const HEADERS: Readonly<Record<string, number>> = {
  ...{ from: FROM, f: FROM, to: TO, t: TO, 'call-id': CALL_ID, i: CALL_ID, cseq: CSEQ, via: VIA, v: VIA },
  ...{ authorization: 0, 'proxy-authorization': 0 },
};
for (const [name, bit] of Object.entries(HEADERS)) {
  const letter = name.charCodeAt(0) & 31;
  byLetter[letter] = [...byLetter[letter]!, { name: codesOf(name), bit }];
}

/**
 * Looks over the bytes of a request that is written as nearly all are, in a fraction of the time that reading it takes: for a
 * server that has too much to do, and for what needs no answer. What it tells, reading would tell as well.
 *
 * @returns `'has credentials'` as soon as it comes to an Authorization or a Proxy-Authorization, which nobody asks of an ACK. undefined
 * where reading must decide: no request of those that begin something, folded lines, headers that stand twice or not at all, To with
 * more than a tag
 */
export const glance = (bytes: Uint8Array): Glance | 'has credentials' | undefined => {
  const method = methodOf(bytes);
  const firstEnd = lineEnd(bytes, 0);
  if (method === undefined || firstEnd <= method.length + 1 + VERSION.length) return undefined;
  if (!startsWith(bytes, firstEnd - VERSION.length, VERSION)) return undefined;
  let seen = 0;
  let callId = NOWHERE;
  let toTag = NOWHERE;
  let to = 0;
  let via = 0;
  let viaValue = NOWHERE;
  const lines: number[] = [];
  let start = firstEnd + 2;
  for (let end = lineEnd(bytes, start); end !== start; end = lineEnd(bytes, start)) {
    if (end < 0 || isSpace(bytes[start]!)) return undefined;
    const next = end + 2;
    const candidates = bytes[start]! < 0x40 ? NONE : byLetter[bytes[start]! & 31]!;
    if (candidates !== NONE) {
      const colon = indexOf(bytes, COLON, start, end);
      if (colon < 0 || isSpace(bytes[colon - 1]!)) return undefined;
      const header = headerAt(candidates, bytes, start, colon);
      if (header?.bit === 0) {
        if (method !== 'ACK') return 'has credentials';
      } else if (header !== undefined) {
        const isFirst = (seen & header.bit) === 0;
        seen |= header.bit;
        if (!isFirst && header.bit !== VIA) return undefined;
        let value = colon + 1;
        while (isSpace(bytes[value]!)) value++;
        if (header.bit === CALL_ID) {
          if (!isWord(bytes, value, end)) return undefined;
          callId = { start: value, end };
        } else if (header.bit === TO) {
          const tag = plainTag(bytes, value, end);
          if (tag < 0) return undefined;
          to = start;
          toTag = { start: tag, end };
        } else if (header.bit === VIA && isFirst) {
          via = start;
          viaValue = { start: value, end };
        }
        lines.push(start, next);
      }
    }
    start = next;
  }
  return seen === ALL ? { bytes, method, callId, toTag, lines, to, via, viaValue } : undefined;
};

/**
 * The answer that {@link glance} is good for, with the request's Via stamped (RFC 3261 §18.2.1, RFC 3581 §4) and without a
 * body, in bytes: what `buildResponse` makes of the request that was read. Good until the next is written.
 *
 * @param startLine with CRLF
 * @param toTag the tag for To, where that has none
 * @returns undefined where the Via must be read
 */
export const answerAtAGlance = (
  { bytes, lines, to, toTag: ownTag, via, viaValue }: Glance,
  startLine: string,
  toTag: string,
  headers: HeaderLines,
  source: SourceAddress,
): Uint8Array | undefined => {
  const viaPlaces = plainVia(bytes, viaValue);
  if (viaPlaces === undefined) return undefined;
  writer.begin(startLine);
  for (let index = 0; index < lines.length; index += 2) {
    const start = lines[index]!;
    const end = lines[index + 1]!;
    if (start === via) writeVia(bytes, start, end - 2, viaPlaces, source);
    else if (start === to && ownTag.start === ownTag.end) {
      writer.copy(bytes, start, end - 2);
      writer.write(`;tag=${toTag}\r\n`);
    } else writer.copy(bytes, start, end);
  }
  for (const [name, value] of headers) writer.write(`${name}: ${value}\r\n`);
  writer.write('Content-Length: 0\r\n\r\n');
  return writer.written;
};

interface SourceAddress {
  readonly address: string;
  readonly port: number;
}

const writeVia = (
  bytes: Uint8Array,
  start: number,
  end: number,
  { sentBy, rport }: ViaPlaces,
  source: SourceAddress,
): void => {
  if (rport >= 0) {
    writer.copy(bytes, start, rport);
    writer.write(`=${source.port}`);
    writer.copy(bytes, rport, end);
  } else writer.copy(bytes, start, end);
  writer.write(
    rport < 0 && saysHost(bytes, sentBy, source.address)
      ? '\r\n'
      : `;received=${withoutZone(source.address)}\r\n`,
  );
};

/** What stands at a place, in latin1. */
export const textAt = (bytes: Uint8Array, { start, end }: Place): string =>
  String.fromCharCode(...bytes.subarray(start, end));

/** Whether a text stands at a place. */
export const isTextAt = (bytes: Uint8Array, { start, end }: Place, text: string): boolean => {
  if (end - start !== text.length) return false;
  for (let index = 0; index < text.length; index++)
    if (bytes[start + index] !== text.charCodeAt(index)) return false;
  return true;
};

/** Bytes that are written one behind the other, in memory that is used again. */
class Writer {
  private bytes = new Uint8Array(4_096);
  private length = 0;

  begin(text: string): void {
    this.length = 0;
    this.write(text);
  }

  write(text: string): void {
    const { length } = this;
    this.reserve(text.length);
    for (let index = 0; index < text.length; index++) this.bytes[length + index] = text.charCodeAt(index);
  }

  copy(bytes: Uint8Array, start: number, end: number): void {
    const shift = this.length - start;
    this.reserve(end - start);
    for (let index = start; index < end; index++) this.bytes[index + shift] = bytes[index]!;
  }

  get written(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  private reserve(more: number): void {
    this.length += more;
    if (this.length <= this.bytes.length) return;
    const larger = new Uint8Array(this.length * 2);
    larger.set(this.bytes);
    this.bytes = larger;
  }
}

const writer = new Writer();

const NOWHERE: Place = { start: 0, end: 0 };

const isSpace = (code: number): boolean => code === SPACE || code === TAB;

/** Where CRLF stands next; -1 where none does, or LF alone, which reading takes for a part of the line. */
const lineEnd = (bytes: Uint8Array, start: number): number => {
  for (let index = start; index < bytes.length; index++)
    if (bytes[index] === LF) return index > start && bytes[index - 1] === CR ? index - 1 : -1;
  return -1;
};

const indexOf = (bytes: Uint8Array, code: number, start: number, end: number): number => {
  for (let index = start; index < end; index++) if (bytes[index] === code) return index;
  return -1;
};

const startsWith = (bytes: Uint8Array, start: number, codes: Uint8Array): boolean => {
  for (let index = 0; index < codes.length; index++) if (bytes[start + index] !== codes[index]) return false;
  return true;
};

/** The method, where it is one of the common ones. */
const methodOf = (bytes: Uint8Array): string | undefined => {
  for (const { name, codes } of METHODS) if (startsWith(bytes, 0, codes)) return name;
  return undefined;
};

const isSame = (bytes: Uint8Array, start: number, small: Uint8Array): boolean => {
  for (let index = 0; index < small.length; index++) {
    const code = bytes[start + index]!;
    if ((code >= 0x41 && code <= 0x5a ? code | 0x20 : code) !== small[index]) return false;
  }
  return true;
};

const headerAt = (
  candidates: readonly Header[],
  bytes: Uint8Array,
  start: number,
  end: number,
): Header | undefined => {
  for (const header of candidates)
    if (header.name.length === end - start && isSame(bytes, start, header.name)) return header;
  return undefined;
};

const isWord = (bytes: Uint8Array, start: number, end: number): boolean => {
  for (let index = start; index < end; index++)
    if (bytes[index]! <= SPACE || bytes[index] === 0x7f) return false;
  return end > start;
};

/** Where the tag of `<…>` or `<…>;tag=…` begins, the end without one; -1 for what is written in any other way. */
const plainTag = (bytes: Uint8Array, start: number, end: number): number => {
  const close = bytes[start] === LESS ? indexOf(bytes, GREATER, start, end) : -1;
  if (close < 0) return -1;
  if (close + 1 === end) return end;
  const tag = close + 1 + TAG.length;
  if (tag >= end || !startsWith(bytes, close + 1, TAG)) return -1;
  for (let index = tag; index < end; index++) if (!isTokenCode(bytes[index]!)) return -1;
  return tag;
};

/** undefined where a reader must look at it. */
const plainVia = (bytes: Uint8Array, { start, end }: Place): ViaPlaces | undefined => {
  const space = indexOf(bytes, SPACE, start, end);
  if (space < 0) return undefined;
  for (let index = start; index < space; index++)
    if (!isTokenCode(bytes[index]!) && bytes[index] !== SLASH) return undefined;
  let rport = -1;
  let sentByEnd = -1;
  /** Where the parameter's name begins; -1 within its value. */
  let name = -1;
  for (let index = space + 1; index <= end; index++) {
    const code = index === end ? SEMICOLON : bytes[index]!;
    if (code <= SPACE || code >= 0x7f || code === QUOTE || code === COMMA) return undefined;
    if (code !== SEMICOLON && code !== EQUALS) continue;
    if (sentByEnd < 0) sentByEnd = index;
    else if (name >= 0 && index - name === RECEIVED.length && isSame(bytes, name, RECEIVED)) return undefined;
    else if (name >= 0 && index - name === RPORT.length && isSame(bytes, name, RPORT)) {
      if (rport >= 0 || code === EQUALS || !startsWith(bytes, name, RPORT)) return undefined;
      rport = index;
    }
    name = code === SEMICOLON ? index + 1 : -1;
  }
  return { sentBy: { start: space + 1, end: sentByEnd }, rport };
};

/** Whether sent-by names this very address. */
const saysHost = (bytes: Uint8Array, { start, end }: Place, address: string): boolean => {
  const isReference = bytes[start] === OPENING;
  const host = isReference ? start + 1 : start;
  const hostEnd = host + address.length;
  if (hostEnd > end || !isTextAt(bytes, { start: host, end: hostEnd }, address)) return false;
  return hostEnd === end || bytes[hostEnd] === COLON || bytes[hostEnd] === CLOSING;
};
