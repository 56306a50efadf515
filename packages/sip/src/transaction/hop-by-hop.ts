import { From, Route, To } from '../message/address.ts';
import type { HeaderLines } from '../message/build.ts';
import { CallId, CSeq } from '../message/fields.ts';
import { END, HEADER, LINE, START } from '../message/lines.ts';
import { SipRequest, type SipResponse } from '../message/message.ts';
import { Via } from '../message/via.ts';

/** The lines of a header as they stand, the first only or all. */
const copied = (message: SipRequest | SipResponse, header: number, firstOnly: boolean): string => {
  const { head, lines } = message;
  let out = '';
  for (let at = 0; at < lines.length; at += LINE) {
    if (lines[at + HEADER] !== header) continue;
    out += `${head.slice(lines[at + START], lines[at + END])}\r\n`;
    if (firstOnly) break;
  }
  return out;
};

/** A request of the same transaction hop as an INVITE: its top Via, Request-URI and Route set (RFC 3261 §9.1, §17.1.1.3). */
const alongside = (
  invite: SipRequest,
  method: 'ACK' | 'CANCEL',
  to: string,
  headers: HeaderLines = [],
): SipRequest => {
  const sequence = invite.get(CSeq)?.sequence ?? 0;
  const head =
    `${method} ${invite.uri} SIP/2.0\r\n` +
    copied(invite, Via.header, true) +
    copied(invite, Route.header, false) +
    copied(invite, From.header, true) +
    to +
    copied(invite, CallId.header, true) +
    `CSeq: ${sequence} ${method}\r\nMax-Forwards: 70\r\n` +
    headers.map(([name, value]) => `${name}: ${value}\r\n`).join('') +
    'Content-Length: 0\r\n\r\n';
  return new SipRequest(method, invite.uri, head);
};

/** The ACK to a final response other than 2xx: it goes where the INVITE went (RFC 3261 §17.1.1.3). */
export const acknowledge = (invite: SipRequest, response: SipResponse): SipRequest =>
  alongside(invite, 'ACK', copied(response, To.header, true));

/** The CANCEL of an INVITE (RFC 3261 §9.1). */
export const cancelOf = (invite: SipRequest, headers: HeaderLines = []): SipRequest =>
  alongside(invite, 'CANCEL', copied(invite, To.header, true), headers);
