import type { Text } from '@ringdown/sans-io';
import { ContentLength } from '../message/fields.ts';
import { Malformed } from '../message/malformed.ts';
import { type SipMessage, SipRequest } from '../message/message.ts';
import { parseHead } from '../message/parse.ts';

/** Limits on what one message of a stream may be. */
export interface StreamFramerOptions {
  /** Start line, headers and the empty line. */
  readonly maxHeadBytes: number;
  readonly maxBodyBytes: number;
}

/** What nobody needs more of: transports and the provider's screening have these limits, too. */
export const streamFramerDefaults: StreamFramerOptions = Object.freeze({
  maxHeadBytes: 32 * 1024,
  maxBodyBytes: 64 * 1024,
});

/** What a stream must not say (RFC 3261 §18.3), and what is to be done about it. */
export interface FramingViolation {
  readonly kind: 'violation';
  readonly why: string;
  /** What the request is answered with; nothing is answered where `request` is undefined. */
  readonly status: 400 | 413 | 513;
  /** What can be answered: undefined for a response, an ACK and what is no message. */
  readonly request: SipRequest | undefined;
  /** Whether the stream can be read on. Where it cannot, the framer takes no more bytes and the connection is to be closed. */
  readonly goesOn: boolean;
}

/** What a stream said. */
export type StreamEvent =
  | { readonly kind: 'message'; readonly message: SipMessage }
  /** CRLF CRLF between messages: answer with one CRLF (RFC 5626 §3.5.1). */
  | { readonly kind: 'ping' }
  | FramingViolation;

const PING: StreamEvent = Object.freeze({ kind: 'ping' });
const EMPTY = new Uint8Array(0);
const CR = 0x0d;
const LF = 0x0a;

/**
 * Cuts the bytes of a TCP or TLS connection into messages (RFC 3261 §18.3). However the bytes arrive, each is looked at
 * about once; between messages nothing is held.
 *
 * @example
 * const framer = new StreamFramer(text, streamFramerDefaults, (event) => { if (event.kind === 'message') … });
 * framer.push(bytes);
 */
export class StreamFramer {
  readonly #text: Text;
  readonly #options: StreamFramerOptions;
  readonly #deliver: (event: StreamEvent) => void;
  /** What came and is not used up: `#bytes` from `#start` to `#end`. */
  #bytes: Uint8Array = EMPTY;
  #start = 0;
  #end = 0;
  /** Whether `#bytes` is ours to write into, or the caller's chunk. */
  #owned = false;
  /** How far behind `#start` the last byte of the empty line is looked for next. */
  #searched = 3;
  /** The head whose body is awaited. */
  #head: string | undefined = undefined;
  #bodyBytes = 0;
  /** How much of a body that is too large is still to come. */
  #skipBytes = 0;
  #crlfBefore = false;
  #closed = false;

  constructor(text: Text, options: StreamFramerOptions, deliver: (event: StreamEvent) => void) {
    this.#text = text;
    this.#options = options;
    this.#deliver = deliver;
  }

  /** Whether a message has begun and is not complete. */
  get partial(): boolean {
    return this.#end > this.#start || this.#head !== undefined || this.#skipBytes > 0;
  }

  /** Takes what arrived. The bytes are the caller's again afterwards. `deliver` is called before this returns. */
  push(chunk: Uint8Array): void {
    if (this.#closed) return;
    if (this.#end > this.#start) this.#append(chunk);
    else {
      this.#bytes = chunk;
      this.#owned = false;
      this.#start = 0;
      this.#end = chunk.length;
    }
    while (!this.#closed && this.#step()) {
      // each step uses up a piece of what is there
    }
    this.#keepRest();
  }

  /** Takes and tells nothing more. */
  close(): void {
    this.#closed = true;
  }

  /** @returns false where more bytes are needed. */
  #step(): boolean {
    if (this.#skipBytes > 0) return this.#skip();
    if (this.#head !== undefined) return this.#readBody(this.#head);
    if (this.#searched === 3 && this.#bytes[this.#start] === CR) return this.#readCrlf();
    return this.#readHead();
  }

  #skip(): boolean {
    const skipped = Math.min(this.#skipBytes, this.#end - this.#start);
    this.#skipBytes -= skipped;
    this.#start += skipped;
    return this.#start < this.#end;
  }

  /** CRLF before a start line is no part of a message (RFC 3261 §7.5). */
  #readCrlf(): boolean {
    if (this.#end - this.#start < 2) return false;
    if (this.#bytes[this.#start + 1] !== LF) return this.#refuse(400, 'a start line that begins with CR');
    this.#start += 2;
    this.#crlfBefore = !this.#crlfBefore;
    if (!this.#crlfBefore) this.#deliver(PING);
    return this.#start < this.#end;
  }

  #readHead(): boolean {
    const end = this.#findHeadEnd();
    const length = (end < 0 ? this.#end : end) - this.#start;
    if (length > this.#options.maxHeadBytes) return this.#refuseHead();
    if (end < 0) return false;
    const head = this.#text.latin1(this.#bytes, this.#start, end);
    this.#start = end;
    this.#searched = 3;
    this.#crlfBefore = false;
    const message = parseHead(head);
    if (message instanceof Malformed) return this.#refuse(400, message.why);
    return this.#measure(message);
  }

  /** The index behind CRLF CRLF, or -1. A byte that is neither CR nor LF rules out four places at once. */
  #findHeadEnd(): number {
    const bytes = this.#bytes;
    let index = this.#start + this.#searched;
    while (index < this.#end) {
      const byte = bytes[index]!;
      if (byte > CR) index += 4;
      else if (byte !== LF) index += 1;
      else if (bytes[index - 1] === CR && bytes[index - 2] === LF && bytes[index - 3] === CR)
        return index + 1;
      else index += 2;
    }
    this.#searched = index - this.#start;
    return -1;
  }

  #measure(message: SipMessage): boolean {
    const length = bodyBytesOf(message);
    if (length === undefined) return this.#refuse(400, 'a Content-Length that cannot be understood', message);
    if (length < 0) return this.#refuse(400, 'no Content-Length on a stream', message);
    if (length > this.#options.maxBodyBytes) {
      this.#skipBytes = length;
      this.#violate(413, `a body of ${length} bytes`, message, true);
    } else if (length === 0) this.#deliver({ kind: 'message', message });
    else {
      this.#head = message.head;
      this.#bodyBytes = length;
    }
    return this.#start < this.#end;
  }

  #readBody(head: string): boolean {
    const end = this.#start + this.#bodyBytes;
    if (end > this.#end) return false;
    const message = parseHead(head, copy(this.#bytes, this.#start, end)) as SipMessage;
    this.#start = end;
    this.#head = undefined;
    this.#deliver({ kind: 'message', message });
    return this.#start < this.#end;
  }

  /** Answers a head that is too large from its first lines. All were they Via: the answer would be too large itself. */
  #refuseHead(): false {
    const answered = Math.floor(this.#options.maxHeadBytes / 2);
    const read = this.#text.latin1(this.#bytes, this.#start, this.#start + answered);
    const lines = read.lastIndexOf('\r\n');
    const message = lines < 0 ? undefined : parseHead(`${read.slice(0, lines)}\r\n\r\n`);
    const why = `a head of more than ${this.#options.maxHeadBytes} bytes`;
    return this.#refuse(513, why, message instanceof Malformed ? undefined : message);
  }

  #refuse(status: FramingViolation['status'], why: string, message?: SipMessage): false {
    this.#closed = true;
    this.#violate(status, why, message, false);
    return false;
  }

  #violate(
    status: FramingViolation['status'],
    why: string,
    message: SipMessage | undefined,
    goesOn: boolean,
  ): void {
    const request = message instanceof SipRequest && message.method !== 'ACK' ? message : undefined;
    this.#deliver({ kind: 'violation', status, why, request, goesOn });
  }

  #append(chunk: Uint8Array): void {
    const held = this.#end - this.#start;
    if (!this.#owned || this.#end + chunk.length > this.#bytes.length) {
      const room = held + chunk.length;
      // Half of it free again after moving, so that each byte is moved about once however small the pieces are.
      const target = this.#owned && room * 2 <= this.#bytes.length ? this.#bytes : new Uint8Array(room * 2);
      if (target === this.#bytes) target.copyWithin(0, this.#start, this.#end);
      else target.set(this.#bytes.subarray(this.#start, this.#end));
      this.#bytes = target;
      this.#owned = true;
      this.#start = 0;
      this.#end = held;
    }
    this.#bytes.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** Copies what is left of the caller's chunk; lets go of everything where nothing is left. */
  #keepRest(): void {
    const held = this.#end - this.#start;
    if (held <= 0 || this.#closed) {
      this.#bytes = EMPTY;
      this.#owned = false;
      this.#start = 0;
      this.#end = 0;
    } else if (!this.#owned) {
      this.#bytes = copy(this.#bytes, this.#start, this.#end);
      this.#owned = true;
      this.#start = 0;
      this.#end = held;
    }
  }
}

/**
 * Bytes of their own: a view would change with the caller's chunk, and keep all of it alive. Not `slice`, which is a view
 * where the chunk is a Buffer of Node's.
 */
const copy = (bytes: Uint8Array, start: number, end: number): Uint8Array =>
  new Uint8Array(bytes.subarray(start, end));

/** What Content-Length says; -1 where it is absent, undefined where it is malformed or says two things. */
const bodyBytesOf = (message: SipMessage): number | undefined => {
  const length = message.get(ContentLength);
  if (length === undefined) return message.malformed(ContentLength) === undefined ? -1 : undefined;
  if (message.count(ContentLength.header) === 1) return length;
  return message.texts(ContentLength).every((text) => Number(text) === length) ? length : undefined;
};
