import { isSpace, isToken, nextComma, splitAtCommas } from './characters.ts';
import { type Field, headerNumber, headerNumberAt } from './field.ts';
import { END, HEADER, LINE, START, VALUE } from './lines.ts';
import { Malformed } from './malformed.ts';
import { parseUri, type Uri } from './uri.ts';

const NO_BODY = new Uint8Array(0);

/** Where a scan gathers its numbers: an array that grows as it is filled is copied several times, for every message. */
const scratch: number[] = [];

/**
 * A SIP message keeps the bytes it came with: the head as one latin1 string, so that every byte survives, and the body as
 * bytes. One scan finds where each header starts and ends; nothing else is read until asked for. Messages never change;
 * `edit` splices a new one.
 */
export abstract class Message {
  /** Start line, header lines and the empty line, one character a byte. */
  readonly head: string;
  readonly body: Uint8Array;
  /** The first thing in the head that is not a header line, if anything. Read {@link lines} first. */
  private headDefect: string | undefined = undefined;
  private scanned: number[] | undefined = undefined;
  /** A field, then what it read, and so on: a message is asked for few, so looking through them is quick. */
  private decoded: unknown[] | undefined = undefined;
  private folded = false;

  constructor(head: string, body: Uint8Array = NO_BODY) {
    this.head = head;
    this.body = body;
  }

  /** Four numbers for each header line; see {@link LINE}. */
  get lines(): readonly number[] {
    this.scanned ??= this.scan();
    return this.scanned;
  }

  /** What makes the head no list of header lines; undefined where it is one. */
  get defect(): string | undefined {
    return this.lines.length >= 0 ? this.headDefect : undefined;
  }

  /** The first value of a field; undefined where it is absent, or malformed ({@link malformed} tells which). */
  get<T>(field: Field<T>): T | undefined {
    const value = this.decode(field);
    return value instanceof Malformed ? undefined : value;
  }

  /** Why the first value of a field could not be read; undefined where it could, or is absent. */
  malformed<T>(field: Field<T>): Malformed | undefined {
    const value = this.decode(field);
    return value instanceof Malformed ? value : undefined;
  }

  /** Every value of a field, across its lines, in order. The first that cannot be read makes the whole malformed. */
  all<T>(field: Field<T>): readonly T[] | Malformed {
    const values: T[] = [];
    for (const text of this.texts(field)) {
      const value = field.decode(text);
      if (value instanceof Malformed) return value;
      values.push(value);
    }
    return values;
  }

  /** Every value of a field as written, unfolded and trimmed, lists split at their commas. */
  texts(field: Pick<Field<unknown>, 'header' | 'list'>): string[] {
    const { lines } = this;
    const texts: string[] = [];
    for (let at = 0; at < lines.length; at += LINE) {
      if (lines[at + HEADER] !== field.header) continue;
      const text = this.valueAt(at);
      if (field.list) texts.push(...splitAtCommas(text));
      else texts.push(text);
    }
    return texts;
  }

  /** The first line of a header by its name, unfolded and trimmed; undefined where there is none. For headers without a field. */
  text(name: string): string | undefined {
    const at = this.find(name);
    return at < 0 ? undefined : this.valueAt(at);
  }

  /** How many lines a header has. */
  count(header: number): number {
    const { lines } = this;
    let count = 0;
    for (let at = 0; at < lines.length; at += LINE) if (lines[at + HEADER] === header) count++;
    return count;
  }

  /** Where in {@link lines} a header first stands, by its number; -1 where it does not. */
  indexOf(header: number): number {
    const { lines } = this;
    for (let at = 0; at < lines.length; at += LINE) if (lines[at + HEADER] === header) return at;
    return -1;
  }

  /** Where in {@link lines} each line of a header stands. */
  linesOf({ header }: Pick<Field<unknown>, 'header'>): number[] {
    const { lines } = this;
    const found: number[] = [];
    for (let at = 0; at < lines.length; at += LINE) if (lines[at + HEADER] === header) found.push(at);
    return found;
  }

  /** The same by name, for headers that nobody defined, too. */
  find(name: string): number {
    const number = headerNumber(name);
    if (number !== undefined) return this.indexOf(number);
    const { lines } = this;
    const wanted = name.toLowerCase();
    for (let at = 0; at < lines.length; at += LINE) {
      if (lines[at + HEADER] === -1 && this.nameAt(at).toLowerCase() === wanted) return at;
    }
    return -1;
  }

  /** The name of the line at an index of {@link lines}, as written. */
  nameAt(at: number): string {
    const start = this.lines[at + START]!;
    return this.head.slice(start, this.head.indexOf(':', start)).trim();
  }

  /** The value of the line at an index of {@link lines}, unfolded and trimmed. */
  valueAt(at: number): string {
    const { head } = this;
    const end = this.lines[at + END]!;
    const text = head.slice(this.lines[at + VALUE]!, end);
    if (this.folded && text.includes('\r\n')) return unfolded(text);
    return isSpace(head.charCodeAt(end - 1)) ? text.trimEnd() : text;
  }

  /** The same kind of message with another head and body. */
  abstract derive(head: string, body: Uint8Array): this;

  private decode<T>(field: Field<T>): T | Malformed | undefined {
    this.decoded ??= [];
    const { decoded } = this;
    for (let index = 0; index < decoded.length; index += 2) {
      if (decoded[index] === field) return decoded[index + 1] as T | Malformed | undefined;
    }
    const value = this.decodeFirst(field);
    decoded.push(field, value);
    return value;
  }

  private decodeFirst<T>(field: Field<T>): T | Malformed | undefined {
    const at = this.indexOf(field.header);
    if (at < 0) return undefined;
    const text = this.valueAt(at);
    // Most lists have one value: a search of the engine's finds that out faster than a look at each character.
    const end = field.list && text.includes(',') ? nextComma(text, 0) : text.length;
    return field.decode(end === text.length ? text : text.slice(0, end).trimEnd());
  }

  private scan(): number[] {
    const { head } = this;
    let length = 0;
    let start = this.lineEnd(0) + 2;
    while (start > 1 && start < head.length - 2) {
      let end = this.lineEnd(start);
      while (end >= 0 && isSpace(head.charCodeAt(end + 2))) {
        this.folded = true;
        end = this.lineEnd(end + 2);
      }
      if (end < 0) end = head.length;
      length = this.scanLine(length, start, end);
      start = end + 2;
    }
    return scratch.slice(0, length);
  }

  /**
   * Where the line from `start` on ends: at its CR LF; -1 without one. A CR or an LF alone ends no line here, but may for the
   * next who reads it: he would see headers that we did not.
   */
  private lineEnd(start: number): number {
    const { head } = this;
    const lf = head.indexOf('\n', start);
    const cr = head.indexOf('\r', start);
    if (cr === lf - 1 && cr >= 0) return cr;
    if (lf >= 0 && (cr < 0 || cr > lf)) this.headDefect ??= 'an LF without CR';
    else if (cr >= 0) this.headDefect ??= 'a CR without LF';
    return head.indexOf('\r\n', start);
  }

  /** @returns the length of what the scratch holds then */
  private scanLine(length: number, start: number, end: number): number {
    const { head } = this;
    const colon = head.indexOf(':', start);
    if (colon < 0 || colon >= end) {
      this.headDefect ??= 'a header line without a colon';
      return length;
    }
    let nameEnd = colon;
    while (nameEnd > start && isSpace(head.charCodeAt(nameEnd - 1))) nameEnd--;
    const number = headerNumberAt(head, start, nameEnd);
    if (number === undefined && !isToken(head, start, nameEnd))
      this.headDefect ??= 'a header whose name is no token';
    let value = colon + 1;
    while (value < end && isSpace(head.charCodeAt(value))) value++;
    scratch[length + HEADER] = number ?? -1;
    scratch[length + START] = start;
    scratch[length + VALUE] = value;
    scratch[length + END] = end;
    return length + LINE;
  }
}

/** A folded value on one line (RFC 3261 §7.3.1), in a time that follows its length, whatever white space it has. */
const unfolded = (text: string): string =>
  text
    .split('\r\n')
    .map((line) => line.trim())
    .join(' ')
    .trim();

/** A request (RFC 3261 §7.1). */
export class SipRequest extends Message {
  readonly method: string;
  /** The Request-URI as written. */
  readonly uri: string;
  /** `SIP/2.0`, unless the peer speaks something else. */
  readonly version: string;
  private uriRead: Uri | Malformed | undefined = undefined;

  constructor(method: string, uri: string, head: string, body?: Uint8Array, version = 'SIP/2.0') {
    super(head, body);
    this.method = method;
    this.uri = uri;
    this.version = version;
  }

  /** The Request-URI, read. */
  get target(): Uri | Malformed {
    this.uriRead ??= parseUri(this.uri);
    return this.uriRead;
  }

  override derive(head: string, body: Uint8Array): this {
    const method = head.slice(0, head.indexOf(' '));
    const uri = head.slice(method.length + 1, head.lastIndexOf(' ', head.indexOf('\r\n')));
    return new SipRequest(method, uri, head, body) as this;
  }
}

/** A response (RFC 3261 §7.2). */
export class SipResponse extends Message {
  readonly status: number;
  readonly reason: string;
  readonly version: string;

  constructor(status: number, reason: string, head: string, body?: Uint8Array, version = 'SIP/2.0') {
    super(head, body);
    this.status = status;
    this.reason = reason;
    this.version = version;
  }

  override derive(head: string, body: Uint8Array): this {
    return new SipResponse(this.status, this.reason, head, body) as this;
  }
}

export type SipMessage = SipRequest | SipResponse;
