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
 * malformed, so that whoever sent the request recognizes the answer.
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
  for (let at = 0; at < lines.length; at += LINE) {
    const header = lines[at + HEADER]!;
    if (header === To.header) head += toLine(request, at, parts.toTag);
    else if (isCopied(header) || (header === RecordRoute.header && parts.recordRoute === true)) {
      head += `${request.head.slice(lines[at + START], lines[at + END])}\r\n`;
    }
  }
  if (parts.headers !== undefined) head += writeLines(parts.headers);
  return new SipResponse(status, reason, `${head}Content-Length: ${body.length}\r\n\r\n`, body);
};

const isCopied = (header: number): boolean =>
  header === Via.header || header === From.header || header === CallId.header || header === CSeq.header;

const toLine = (request: SipRequest, at: number, tag: string | undefined): string => {
  const line = request.head.slice(request.lines[at + START], request.lines[at + END]);
  if (tag === undefined || tag === '' || request.get(To)?.parameters.has('tag')) return `${line}\r\n`;
  return `${line.trimEnd()};tag=${tag}\r\n`;
};
