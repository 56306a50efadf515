import { RecordRoute, To } from './address.ts';
import { inOnePiece } from './in-one-piece.ts';
import { END, HEADER, LINE, START } from './lines.ts';
import { SipRequest, SipResponse } from './message.ts';
import { reasonPhrase } from './reason.ts';
import { onceBit } from './repeated-once.ts';
import { Via } from './via.ts';

/** Header lines to write: name and value, in order. */
export type HeaderLines = readonly (readonly [name: string, value: string])[];

const NO_BODY = new Uint8Array(0);

const writeLines = (headers: HeaderLines): string => {
  let out = '';
  for (const [name, value] of headers) out += `${name}: ${value}\r\n`;
  return out;
};

/** What a request is built from. Content-Length is added; the rest is the caller's. */
export interface RequestParts {
  readonly method: string;
  readonly uri: string;
  readonly headers: HeaderLines;
  readonly body?: Uint8Array;
}

export const buildRequest = ({ method, uri, headers, body = NO_BODY }: RequestParts): SipRequest => {
  const head = `${method} ${uri} SIP/2.0\r\n${writeLines(headers)}Content-Length: ${body.length}\r\n\r\n`;
  return new SipRequest(method, uri, head, body);
};

/** What a response adds to the request's own headers. */
export interface ResponseParts {
  readonly reason?: string;
  /** Added to To where that has no tag yet (RFC 3261 §8.2.6.2). */
  readonly toTag?: string;
  /** Copies Record-Route, as a response that makes a dialog must (§12.1.1). */
  readonly recordRoute?: boolean;
  readonly headers?: HeaderLines;
  readonly body?: Uint8Array;
}

/**
 * Answers a request: Via, From, To, Call-ID and CSeq are copied as they came (RFC 3261 §8.2.6.2), even where they are
 * malformed, so that whoever sent the request recognizes the answer. Of what may stand once, only the first is copied.
 */
export const buildResponse = (
  request: SipRequest,
  status: number,
  parts: ResponseParts = {},
): SipResponse => {
  const reason = parts.reason ?? reasonPhrase(status);
  const body = parts.body ?? NO_BODY;
  const { head, lines } = request;
  const pieces = [`SIP/2.0 ${status} ${reason}\r\n`];
  let copied = 0;
  // Lines that follow each other are copied in one run.
  let runStart = 0;
  let runEnd = 0;
  for (let at = 0; at < lines.length; at += LINE) {
    const header = lines[at + HEADER]!;
    const bit = onceBit(header);
    if ((copied & bit) !== 0) continue;
    copied |= bit;
    const isCopied =
      bit !== 0 || header === Via.header || (header === RecordRoute.header && parts.recordRoute === true);
    if (!isCopied) continue;
    const start = lines[at + START]!;
    if (start !== runEnd) {
      if (runEnd > 0) pieces.push(head.slice(runStart, runEnd));
      runStart = start;
    }
    runEnd = lines[at + END]! + 2;
    if (header !== To.header || !needsTag(request, parts.toTag)) continue;
    pieces.push(head.slice(runStart, runEnd - 2).trimEnd(), `;tag=${parts.toTag}\r\n`);
    runStart = runEnd;
  }
  pieces.push(head.slice(runStart, runEnd));
  if (parts.headers !== undefined) pieces.push(writeLines(parts.headers));
  pieces.push(`Content-Length: ${body.length}\r\n\r\n`);
  return new SipResponse(status, reason, inOnePiece(pieces), body);
};

const needsTag = (request: SipRequest, tag: string | undefined): boolean =>
  tag !== undefined && tag !== '' && request.get(To)?.parameters.has('tag') !== true;
