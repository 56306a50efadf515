import { isDigits, isToken, lowerCase } from './characters.ts';
import { defineField } from './field.ts';
import { Malformed } from './malformed.ts';
import { noParameters, type Parameters, readParameters } from './parameters.ts';
import { isHost } from './uri.ts';

/** One hop of a message's way (RFC 3261 §20.42). */
export interface ViaValue {
  /** Upper case: `UDP`, `TCP`, `TLS`, `WS`, `WSS`, or another. */
  readonly transport: string;
  /** The sent-by host: a name, an IPv4 address, or an IPv6 reference in brackets, in lower case. */
  readonly host: string;
  readonly port: number | undefined;
  readonly parameters: Parameters;
}

/** What a branch of RFC 3261 starts with (§8.1.1.7). */
export const MAGIC_COOKIE = 'z9hG4bK';

/** `SIP/2.0/UDP host:port;branch=…`, white space allowed around slashes, colon and semicolons. */
export const decodeVia = (text: string): ViaValue | Malformed => {
  const space = protocolEnd(text);
  if (space < 0) return new Malformed('Via has no protocol');
  const transport = readTransport(text, space);
  if (transport === undefined) return new Malformed(`Via has the protocol "${text.slice(0, space)}"`);
  const semicolon = text.indexOf(';', space);
  const end = semicolon < 0 ? text.length : semicolon;
  const parameters = semicolon < 0 ? noParameters : readParameters(text, semicolon);
  if (parameters instanceof Malformed) return parameters;
  return (
    withPlainSentBy(transport, text, space + 1, end, parameters) ??
    withSentBy(transport, text.slice(space, end).trim(), parameters)
  );
};

const withSentBy = (transport: string, sentBy: string, parameters: Parameters): ViaValue | Malformed => {
  const bracket = sentBy.charCodeAt(0) === 0x5b ? sentBy.indexOf(']') : 0;
  const colon = sentBy.indexOf(':', bracket);
  const host = lowerCase((colon < 0 ? sentBy : sentBy.slice(0, colon)).trim());
  if (!isHost(host)) return new Malformed(`Via has no host: "${sentBy}"`);
  if (colon < 0) return { transport, host, port: undefined, parameters };
  const digits = sentBy.slice(colon + 1).trim();
  if (!isDigits(digits) || Number(digits) > 65_535)
    return new Malformed('Via has a port that is no number up to 65535');
  return { transport, host, port: Number(digits), parameters };
};

/** An IPv4 address or a name of small letters with a port, as most have it, is read in one pass where it stands. */
const withPlainSentBy = (
  transport: string,
  text: string,
  start: number,
  end: number,
  parameters: Parameters,
): ViaValue | undefined => {
  let index = start;
  let previous = 0x2e;
  for (; index < end; index++) {
    const code = text.charCodeAt(index);
    const isWritten = (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39);
    if (!isWritten && (code !== 0x2e || previous === 0x2e)) break;
    previous = code;
  }
  const colon = index;
  if (colon === start || text.charCodeAt(colon) !== 0x3a || end - colon > 6) return undefined;
  let port = 0;
  for (index = colon + 1; index < end; index++) {
    const digit = text.charCodeAt(index) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    port = port * 10 + digit;
  }
  if (index === colon + 1 || port > 65_535) return undefined;
  return { transport, host: text.slice(start, colon), port, parameters };
};

/** The end of `SIP / 2.0 / UDP`: the white space after the second slash's token. */
const protocolEnd = (text: string): number => {
  let slash = text.indexOf('/');
  slash = slash < 0 ? -1 : text.indexOf('/', slash + 1);
  if (slash < 0) return -1;
  let index = slash + 1;
  while (index < text.length && text.charCodeAt(index) <= 0x20) index++;
  while (index < text.length && text.charCodeAt(index) > 0x20) index++;
  return index < text.length ? index : -1;
};

/** What stands in nearly every Via, so that it is known where it stands. */
const COMMON = ['UDP', 'TCP', 'TLS', 'WSS'] as const;

const readTransport = (text: string, end: number): string | undefined => {
  if (end === 11 && text.startsWith('SIP/2.0/')) {
    for (const transport of COMMON) if (text.startsWith(transport, 8)) return transport;
  }
  const [name, version, transport] = text
    .slice(0, end)
    .split('/')
    .map((part) => part.trim().toUpperCase());
  return name === 'SIP' && version === '2.0' && transport !== undefined && isToken(transport)
    ? transport
    : undefined;
};

export const encodeVia = ({ transport, host, port, parameters }: ViaValue): string =>
  `SIP/2.0/${transport} ${host}${port === undefined ? '' : `:${port}`}${parameters.text}`;

/** The way a response goes back; the first value is the last hop (RFC 3261 §18.2.2). */
export const Via = defineField<ViaValue>({
  name: 'Via',
  compact: 'v',
  list: true,
  decode: decodeVia,
  encode: encodeVia,
});
