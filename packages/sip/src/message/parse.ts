import { isDigits, isToken } from './characters.ts';
import { Malformed } from './malformed.ts';
import { type SipMessage, SipRequest, SipResponse } from './message.ts';

/**
 * Reads a whole message from the latin1 text of a datagram, a WebSocket frame or a framed piece of a stream, and its
 * bytes, which are not kept. The body is what stands behind the empty line; whether Content-Length agrees is for {@link validate}.
 *
 * @returns Malformed where the start line is neither a request's nor a response's, so that nobody can be answered.
 */
export const parseMessage = (text: string, bytes: Uint8Array): SipMessage | Malformed => {
  const headEnd = text.indexOf('\r\n\r\n');
  const head = headEnd < 0 ? completeHead(text) : text.slice(0, headEnd + 4);
  return parseHead(head, head.length < bytes.length ? copyFrom(bytes, head.length) : undefined);
};

/** A message that is kept keeps no more than its own body alive, not the memory that many were received in. */
const copyFrom = ({ buffer, byteOffset, byteLength }: Uint8Array, start: number): Uint8Array =>
  new Uint8Array(buffer.slice(byteOffset + start, byteOffset + byteLength));

/** A datagram that ends before its empty line: what is there is a head all the same, so that it can be answered. */
const completeHead = (text: string): string => (text.endsWith('\r\n') ? `${text}\r\n` : `${text}\r\n\r\n`);

/** The same from a head (up to and with the empty line) and a body. */
export const parseHead = (head: string, body?: Uint8Array): SipMessage | Malformed => {
  const lineEnd = head.indexOf('\r\n');
  if (lineEnd <= 0) return new Malformed('no start line');
  return head.startsWith('SIP/')
    ? parseStatusLine(head, lineEnd, body)
    : parseRequestLine(head, lineEnd, body);
};

/** `Status-Line = SIP-Version SP Status-Code SP Reason-Phrase CRLF` (RFC 3261 §7.2). */
const parseStatusLine = (
  head: string,
  lineEnd: number,
  body: Uint8Array | undefined,
): SipResponse | Malformed => {
  const space = head.indexOf(' ');
  const code = head.slice(space + 1, space + 4);
  if (space < 0 || space > lineEnd || !isDigits(code))
    return new Malformed('a status line without a status code');
  const after = head.charCodeAt(space + 4);
  if (after !== 0x20 && after !== 0x0d) return new Malformed('a status code that is not three digits long');
  const status = Number(code);
  if (status < 100 || status > 699) return new Malformed(`status ${status} is not between 100 and 699`);
  return new SipResponse(status, head.slice(space + 5, lineEnd), head, body, head.slice(0, space));
};

/**
 * `Request-Line = Method SP Request-URI SP SIP-Version CRLF` (RFC 3261 §7.1). White space within what should be the URI is
 * left in it: `validate` answers that with 400.
 */
const parseRequestLine = (
  head: string,
  lineEnd: number,
  body: Uint8Array | undefined,
): SipRequest | Malformed => {
  const methodEnd = head.indexOf(' ');
  if (methodEnd <= 0 || methodEnd > lineEnd || !isToken(head, 0, methodEnd))
    return new Malformed('no request line and no status line');
  // `SIP/2.0`, as nearly always, or whatever else is the last that begins so.
  const usual = lineEnd - 'SIP/2.0'.length;
  const versionStart = head.startsWith('SIP/', usual) ? usual : head.lastIndexOf('SIP/', lineEnd);
  if (versionStart <= methodEnd + 1) return new Malformed('a request line without a SIP version');
  return new SipRequest(
    head.slice(0, methodEnd),
    head.slice(methodEnd + 1, versionStart - 1),
    head,
    body,
    head.slice(versionStart, lineEnd),
  );
};
