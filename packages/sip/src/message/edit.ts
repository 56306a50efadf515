import { nextComma } from './characters.ts';
import type { Field } from './field.ts';
import { ContentLength } from './fields.ts';
import { inOnePiece } from './in-one-piece.ts';
import { END, HEADER, LINE, START } from './lines.ts';
import type { Message } from './message.ts';
import { Via } from './via.ts';

type Header = Pick<Field<unknown>, 'name' | 'header'>;

/**
 * A new message spliced from another: what is not touched is copied in whole runs, in its order and spelling. Values are
 * given as written (a field's `encode` writes them). Each header may be changed once by `set`, `remove` or `removeFirst`.
 */
export class MessageEdit<M extends Message> {
  private readonly source: M;
  private startLine: string | undefined = undefined;
  private readonly changed: (string | undefined)[] = [];
  /** Lines to write before the line at each index. */
  private readonly before: (string | undefined)[] = [];
  private bottom = '';
  private body: Uint8Array;

  constructor(source: M) {
    this.source = source;
    this.body = bodyOf(source);
  }

  /** Replaces the Request-URI; only for requests. */
  uri(uri: string): this {
    const { head } = this.source;
    this.startLine = `${head.slice(0, head.indexOf(' ') + 1)}${uri} SIP/2.0\r\n`;
    return this;
  }

  /** Replaces a header with one line, where it first stood, or at the end. */
  set(header: Header, value: string): this {
    const line = `${header.name}: ${value}\r\n`;
    const at = this.source.indexOf(header.header);
    if (at < 0) {
      this.bottom += line;
      return this;
    }
    this.remove(header);
    this.changed[at] = line;
    return this;
  }

  /**
   * Adds a line so that its value comes first among those of its name: a Via at the top, others before the first of their
   * name, else behind the Vias, so that those stay together.
   */
  prepend(header: Header, value: string): this {
    const own = header.header === Via.header ? 0 : this.source.indexOf(header.header);
    const at = own >= 0 ? own : this.behindVias();
    this.before[at] = `${header.name}: ${value}\r\n${this.before[at] ?? ''}`;
    return this;
  }

  /** Adds a line below all others. */
  append(header: { readonly name: string }, value: string): this {
    this.bottom += `${header.name}: ${value}\r\n`;
    return this;
  }

  /** Removes every line of a header. */
  remove(header: Pick<Header, 'header'>): this {
    const { lines } = this.source;
    for (let at = 0; at < lines.length; at += LINE) {
      if (lines[at + HEADER] === header.header) this.changed[at] = '';
    }
    return this;
  }

  /** Removes the line at an index of the message's `lines`. */
  removeAt(at: number): this {
    this.changed[at] = '';
    return this;
  }

  /** Removes the first `count` values of a header whose values share lines. */
  removeFirst(header: Header, count = 1): this {
    const { lines } = this.source;
    let left = count;
    for (let at = 0; at < lines.length && left > 0; at += LINE) {
      if (lines[at + HEADER] !== header.header) continue;
      let text = this.source.valueAt(at);
      if (text !== '' && !text.includes(',')) {
        this.changed[at] = '';
        left--;
        continue;
      }
      while (left > 0 && text !== '') {
        text = text.slice(nextComma(text, 0) + 1).trimStart();
        left--;
      }
      this.changed[at] = text === '' ? '' : `${header.name}: ${text}\r\n`;
    }
    return this;
  }

  /** Says how long the body is where the message does not: a datagram may leave it out, a stream may not (RFC 3261 §18.3). */
  withLength(): this {
    return this.source.indexOf(ContentLength.header) < 0
      ? this.append(ContentLength, String(this.body.length))
      : this;
  }

  /** Replaces the body; the caller sets Content-Type and Content-Length. */
  withBody(body: Uint8Array): this {
    this.body = body;
    return this;
  }

  build(): M {
    return this.source.derive(this.splice(), this.body);
  }

  private behindVias(): number {
    const { lines } = this.source;
    let at = 0;
    while (at < lines.length && lines[at + HEADER] === Via.header) at += LINE;
    return at;
  }

  private splice(): string {
    const { head, lines } = this.source;
    const first = head.indexOf('\r\n') + 2;
    const pieces = [this.startLine ?? head.slice(0, first)];
    let copied = first;
    for (let at = 0; at < lines.length; at += LINE) {
      const before = this.before[at];
      const change = this.changed[at];
      if (change === undefined && before === undefined) continue;
      const start = lines[at + START]!;
      if (start > copied) pieces.push(head.slice(copied, start));
      if (before !== undefined) pieces.push(before);
      copied = start;
      if (change === undefined) continue;
      if (change !== '') pieces.push(change);
      copied = lines[at + END]! + 2;
    }
    pieces.push(head.slice(copied, head.length - 2), this.before[lines.length] ?? '', this.bottom, '\r\n');
    return inOnePiece(pieces);
  }
}

/** The body as Content-Length ends it: what a datagram has behind it belongs to nothing (RFC 3261 §18.3). */
export const bodyOf = (message: Message): Uint8Array => {
  const { body } = message;
  const length = body.length === 0 ? 0 : (message.get(ContentLength) ?? body.length);
  return length < body.length ? body.subarray(0, length) : body;
};

/** Starts a new message from another. */
export const edit = <M extends Message>(message: M): MessageEdit<M> => new MessageEdit(message);
