import { From, RecordRoute, To } from './address.ts';
import { CallId, CSeq } from './fields.ts';
import { END, HEADER, LINE, START } from './lines.ts';
import { SipRequest, SipResponse } from './message.ts';
import { reasonPhrase } from './reason.ts';
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
  let head = `SIP/2.0 ${status} ${reason}\r\n`;
  const { lines } = request;
  let copied = 0;
  for (let at = 0; at < lines.length; at += LINE) {
    const header = lines[at + HEADER]!;
    const bit = singleBit(header);
    if ((copied & bit) !== 0) continue;
    copied |= bit;
    if (header === To.header) head += toLine(request, at, parts.toTag);
    else if (
      bit !== 0 ||
      header === Via.header ||
      (header === RecordRoute.header && parts.recordRoute === true)
    ) {
      head += `${request.head.slice(lines[at + START], lines[at + END])}\r\n`;
    }
  }
  if (parts.headers !== undefined) head += writeLines(parts.headers);
  return new SipResponse(status, reason, `${head}Content-Length: ${body.length}\r\n\r\n`, body);
};

/** A bit for each header of which an answer has one. */
const singleBit = (header: number): number => {
  switch (header) {
    case From.header:
      return 1;
    case To.header:
      return 2;
    case CallId.header:
      return 4;
    case CSeq.header:
      return 8;
    default:
      return 0;
  }
};

const toLine = (request: SipRequest, at: number, tag: string | undefined): string => {
  const line = request.head.slice(request.lines[at + START], request.lines[at + END]);
  if (tag === undefined || tag === '' || request.get(To)?.parameters.has('tag')) return `${line}\r\n`;
  return `${line.trimEnd()};tag=${tag}\r\n`;
};
