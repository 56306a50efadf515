import { quotedStringEnd } from '../message/characters.ts';
import { SipRequest, SipResponse } from '../message/message.ts';
import { bareHost, isIpv4, isIpv6, withoutZone } from '../message/uri.ts';
import type { ViaValue } from '../message/via.ts';
import { type Destination, readTransport, type SocketAddress } from './flow.ts';

const CR = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;

/**
 * Writes into a request's top Via where it really came from: `received` where sent-by says something else or `rport` is
 * asked for (RFC 3261 §18.2.1, RFC 3581 §4), `rport` where it is asked for. What the peer wrote there itself is replaced:
 * it must not send answers elsewhere. All other bytes stay. A request without a Via that can be read is left as it is.
 */
export const stampVia = (request: SipRequest, source: SocketAddress): SipRequest => {
  const stamped = stampedHead(request.head, source);
  return stamped === request.head
    ? request
    : new SipRequest(request.method, request.uri, stamped, request.body, request.version);
};

/** The same for the answer to a request that was not stamped itself, since nothing else is done with it. */
export const stampAnswer = (response: SipResponse, source: SocketAddress): SipResponse =>
  new SipResponse(response.status, response.reason, stampedHead(response.head, source), response.body);

const stampedHead = (head: string, source: SocketAddress): string => {
  const start = topViaValue(head);
  if (start < 0) return head;
  const via = scanVia(head, start);
  if (via.sentByEnd < 0) return head;
  const asked = via.rportStart >= 0;
  if (!asked && via.receivedStart < 0 && saysHost(head, start, via.sentByEnd, source.address)) return head;
  const address = withoutZone(source.address);
  return splice(head, via, asked ? `;rport=${source.port}` : '', `;received=${address}`);
};

/** Where things stand in the first value of a Via line; -1 for what is not there. */
interface ViaPlaces {
  sentByEnd: number;
  receivedStart: number;
  receivedEnd: number;
  rportStart: number;
  rportEnd: number;
  /** Behind the last character that is no white space. */
  end: number;
}

/** Puts both parameters at their places, or at the value's end. */
const splice = (head: string, via: ViaPlaces, rport: string, received: string): string => {
  const { receivedStart, receivedEnd, rportStart, rportEnd, end } = via;
  if (receivedStart < 0) {
    if (rportStart < 0) return head.slice(0, end) + received + head.slice(end);
    return head.slice(0, rportStart) + rport + head.slice(rportEnd, end) + received + head.slice(end);
  }
  if (rportStart < 0) return head.slice(0, receivedStart) + received + head.slice(receivedEnd);
  return receivedStart < rportStart
    ? head.slice(0, receivedStart) +
        received +
        head.slice(receivedEnd, rportStart) +
        rport +
        head.slice(rportEnd)
    : head.slice(0, rportStart) +
        rport +
        head.slice(rportEnd, receivedStart) +
        received +
        head.slice(receivedEnd);
};

/** The index behind the colon of the first Via line, found without scanning the other headers' lines; -1 without one. */
const topViaValue = (head: string): number => {
  for (let at = head.indexOf('\r\n') + 2; at > 1 && at < head.length; at = head.indexOf('\r\n', at) + 2) {
    if ((head.charCodeAt(at) | 0x20) !== 0x76) continue;
    let index = at + 1;
    if ((head.charCodeAt(index) | 0x20) === 0x69 && (head.charCodeAt(index + 1) | 0x20) === 0x61) index += 2;
    while (head.charCodeAt(index) === SPACE || head.charCodeAt(index) === TAB) index++;
    if (head.charCodeAt(index) === COLON) return index + 1;
  }
  return -1;
};

/** One pass over the value up to its comma or the line's end; folded lines belong to it (RFC 3261 §7.3.1). */
const scanVia = (head: string, start: number): ViaPlaces => {
  const via = { sentByEnd: -1, receivedStart: -1, receivedEnd: -1, rportStart: -1, rportEnd: -1, end: start };
  let parameter = -1;
  let index = start;
  for (; index < head.length; index++) {
    const code = head.charCodeAt(index);
    if (code === QUOTE) {
      const end = quotedStringEnd(head, index);
      if (end < 0) return { ...via, sentByEnd: -1 };
      via.end = end;
      index = end - 1;
    } else if (code === SEMICOLON) {
      if (parameter < 0) via.sentByEnd = via.end;
      else noteParameter(head, parameter, via);
      parameter = index;
    } else if (code === COMMA || (code === CR && !isFold(head, index))) {
      break;
    } else if (code > SPACE) via.end = index + 1;
  }
  if (parameter < 0) via.sentByEnd = via.end;
  else noteParameter(head, parameter, via);
  return via;
};

const isFold = (head: string, index: number): boolean => {
  const next = head.charCodeAt(index + 2);
  return next === SPACE || next === TAB;
};

/** Remembers the place of the parameter from its semicolon to `via.end`, if it is one of the two. */
const noteParameter = (head: string, semicolon: number, via: ViaPlaces): void => {
  let start = semicolon + 1;
  while (start < via.end && head.charCodeAt(start) <= SPACE) start++;
  const first = head.charCodeAt(start) | 0x20;
  if (first !== 0x72) return;
  if (isNamed(head, start, via.end, 'rport')) {
    if (via.rportStart >= 0) return;
    via.rportStart = semicolon;
    via.rportEnd = via.end;
  } else if (via.receivedStart < 0 && isNamed(head, start, via.end, 'received')) {
    via.receivedStart = semicolon;
    via.receivedEnd = via.end;
  }
};

const isNamed = (head: string, start: number, end: number, name: string): boolean => {
  if (end - start < name.length) return false;
  for (let index = 0; index < name.length; index++) {
    if ((head.charCodeAt(start + index) | 0x20) !== name.charCodeAt(index)) return false;
  }
  const after = start + name.length;
  if (after >= end) return true;
  const code = head.charCodeAt(after);
  return code === EQUALS || code <= SPACE;
};

/** Whether sent-by names this very address. `[::1]` and `::1` are the same here, other spellings of one address are not. */
const saysHost = (head: string, start: number, end: number, address: string): boolean => {
  const length = address.length;
  for (let at = start; at + length <= end; at++) {
    if (head.charCodeAt(at) > SPACE) continue;
    let host = at + 1;
    if (head.charCodeAt(host) === 0x5b) host++;
    if (!head.startsWith(address, host)) continue;
    const after = host + length;
    const code = after < end ? head.charCodeAt(after) : SPACE;
    if (code <= SPACE || code === COLON || code === 0x5d) return true;
  }
  return false;
};

const DEFAULT_PORTS = { udp: 5060, tcp: 5060, tls: 5061 } as const;

/**
 * Where a response goes when the way its request came is gone (RFC 3261 §18.2.2, RFC 3581 §4), from the top Via that
 * {@link stampVia} wrote. Reliable: the `received` address at sent-by's port. UDP: `maddr`, else `received` and `rport`.
 *
 * @returns undefined where nothing can be reached there: WebSocket clients (RFC 7118 §5), unknown transports, and a sent-by
 * that is a name when nobody wrote `received`.
 */
export const responseDestination = (via: ViaValue): Destination | undefined => {
  const transport = readTransport(via.transport);
  if (transport === undefined || transport === 'ws' || transport === 'wss') return undefined;
  const { parameters } = via;
  const unreliable = transport === 'udp';
  const maddr = unreliable ? parameters.get('maddr') : undefined;
  const received = parameters.get('received');
  const address = bareHost(maddr ?? received ?? via.host);
  if (!isIpv4(address) && !isIpv6(address)) return undefined;
  const rport = unreliable && maddr === undefined ? Number(parameters.get('rport') ?? '') : 0;
  const port = rport > 0 && rport < 65_536 ? rport : (via.port ?? DEFAULT_PORTS[transport]);
  const name = bareHost(via.host);
  return transport === 'tls' && !isIpv4(name) && !isIpv6(name)
    ? { transport, address, port, serverName: name }
    : { transport, address, port };
};
