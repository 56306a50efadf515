import { isDigits, isToken, malformed, numberIn, readLine, wordsOf } from './grammar.ts';
import { type SdpLimits, sdpLimits } from './limits.ts';
import { Malformed } from './malformed.ts';
import type {
  AddressType,
  AttributeLine,
  Bandwidth,
  ConnectionData,
  MediaDescription,
  Origin,
  SessionDescription,
} from './session-description.ts';

interface Line {
  readonly type: string;
  readonly value: string;
}

/**
 * Reads a session description (RFC 8866 §5). Line ends may be CRLF, LF or CR; attributes that nobody here knows are kept;
 * lines of types that nobody knows are passed over, `k=` among them (§5.12).
 */
export const parseSdp = (text: string, limits: SdpLimits = sdpLimits): SessionDescription | Malformed => {
  const lines = linesOf(text, limits);
  if (lines instanceof Malformed) return lines;
  const starts = lines.flatMap(({ type }, at) => (type === 'm' ? [at] : []));
  if (starts.length > limits.maxMedia)
    return new Malformed(`more than ${limits.maxMedia} media`, 'RFC 8866 §5.14');
  const session = readSession(lines.slice(0, starts[0] ?? lines.length));
  if (session instanceof Malformed) return session;
  const media: MediaDescription[] = [];
  for (const [at, start] of starts.entries()) {
    const one = readMedia(lines.slice(start, starts[at + 1] ?? lines.length));
    if (one instanceof Malformed) return one;
    media.push(one);
  }
  return { ...session, media };
};

/** Bounds come first: no pattern ever sees a line that is too long. */
const linesOf = (text: string, limits: SdpLimits): readonly Line[] | Malformed => {
  if (text.length > limits.maxLength)
    return new Malformed(`longer than ${limits.maxLength} characters`, 'RFC 8866 §5');
  if (text.includes('\0')) return new Malformed('a NUL among the text', 'RFC 8866 §9');
  const lines: Line[] = [];
  for (const line of text.replaceAll('\r\n', '\n').replaceAll('\r', '\n').split('\n')) {
    if (line === '') continue;
    if (lines.length === limits.maxLines)
      return new Malformed(`more than ${limits.maxLines} lines`, 'RFC 8866 §5');
    if (line.length > limits.maxLineLength)
      return new Malformed(`a line of more than ${limits.maxLineLength} characters`, 'RFC 8866 §5');
    if (line[1] !== '=') return new Malformed('a line that is no type=value', 'RFC 8866 §5');
    lines.push({ type: line[0]!, value: line.slice(2) });
  }
  return lines;
};

type Session = Omit<SessionDescription, 'media'>;

const readSession = (lines: readonly Line[]): Session | Malformed => {
  const first = (type: string) => lines.find((line) => line.type === type)?.value;
  if (lines[0]?.type !== 'v' || lines[0].value.trim() !== '0') return malformed('v=', 'RFC 8866 §5.1');
  const origin = readOrigin(first('o'));
  if (origin instanceof Malformed) return origin;
  const connections = readAll(lines, 'c', readConnection);
  if (connections instanceof Malformed) return connections;
  const bandwidth = readAll(lines, 'b', readBandwidth);
  if (bandwidth instanceof Malformed) return bandwidth;
  const [start, stop] = wordsOf(first('t') ?? '0 0');
  if (start === undefined || stop === undefined || !isDigits(start) || !isDigits(stop))
    return malformed('t=', 'RFC 8866 §5.9');
  return {
    origin,
    name: first('s') ?? '-',
    ...optional('information', first('i')),
    ...optional('uri', first('u')),
    ...optional('email', first('e')),
    ...optional('phone', first('p')),
    ...optional('connection', connections[0]),
    bandwidth,
    time: { start, stop },
    ...optional('repeats', first('r')),
    ...optional('timezones', first('z')),
    attributes: attributesOf(lines),
  };
};

const readMedia = (lines: readonly Line[]): MediaDescription | Malformed => {
  // sdp-transform's pattern knows no `port/count` and no hyphen, so this line is read here.
  const [media, ports, protocol, ...formats] = wordsOf(lines[0]!.value);
  const [port, count, ...more] = (ports ?? '').split('/');
  const number = numberIn(port, 0, 65_535);
  const pairs = count === undefined ? undefined : numberIn(count, 1, 65_535);
  const isPortRight =
    number !== undefined && more.length === 0 && (count === undefined || pairs !== undefined);
  if (!isPortRight || protocol === undefined || !isToken(media!) || !protocol.split('/').every(isToken))
    return malformed('m=', 'RFC 8866 §5.14');
  const connections = readAll(lines, 'c', readConnection);
  if (connections instanceof Malformed) return connections;
  const bandwidth = readAll(lines, 'b', readBandwidth);
  if (bandwidth instanceof Malformed) return bandwidth;
  return {
    media: media!,
    port: number,
    ...optional('ports', pairs),
    protocol,
    formats,
    ...optional('information', lines.find(({ type }) => type === 'i')?.value),
    connections,
    bandwidth,
    attributes: attributesOf(lines),
  };
};

const readAll = <T>(
  lines: readonly Line[],
  type: string,
  read: (value: string) => T | Malformed,
): readonly T[] | Malformed => {
  const values: T[] = [];
  for (const line of lines) {
    if (line.type !== type) continue;
    const value = read(line.value);
    if (value instanceof Malformed) return value;
    values.push(value);
  }
  return values;
};

const readOrigin = (value: string | undefined): Origin | Malformed => {
  const origin = value === undefined ? undefined : readLine('o', value.trim()).origin;
  if (origin === undefined) return malformed('o=', 'RFC 8866 §5.2');
  // sdp-transform makes numbers only of what they print again, so nothing is lost on the way back.
  const username = String(origin.username);
  const sessionId = String(origin.sessionId);
  const sessionVersion = String(origin.sessionVersion);
  const addressType = addressTypeNamed(origin.ipVer);
  const address = String(origin.address);
  const isRight = username !== '' && address !== '' && isDigits(sessionId) && isDigits(sessionVersion);
  return isRight && addressType !== undefined
    ? { username, sessionId, sessionVersion, addressType, address }
    : malformed('o=', 'RFC 8866 §5.2');
};

const readConnection = (value: string): ConnectionData | Malformed => {
  const { version, ip } = readLine('c', value.trim()).connection ?? {};
  const addressType = addressTypeNamed(version);
  const [address, ...counts] = String(ip ?? '').split('/');
  const numbers = counts.map((count) => numberIn(count, 0, 65_535));
  const most = addressType === 'IP4' ? 2 : 1;
  if (addressType === undefined || !address || numbers.length > most || numbers.includes(undefined))
    return malformed('c=', 'RFC 8866 §5.7');
  const [ttl, addresses] = addressType === 'IP4' ? numbers : [undefined, numbers[0]];
  return { addressType, address, ...optional('ttl', ttl), ...optional('addresses', addresses) };
};

/** sdp-transform knows five types; a peer may have others (RFC 8866 §5.8: unknown ones are ignored, not refused). */
const readBandwidth = (value: string): Bandwidth | Malformed => {
  const colon = value.indexOf(':');
  const type = value.slice(0, Math.max(colon, 0)).trim();
  const number = numberIn(value.slice(colon + 1).trim(), 0, Number.MAX_SAFE_INTEGER);
  return isToken(type) && number !== undefined ? { type, value: number } : malformed('b=', 'RFC 8866 §5.8');
};

const addressTypeNamed = (version: number | undefined): AddressType | undefined =>
  version === 4 ? 'IP4' : version === 6 ? 'IP6' : undefined;

const attributesOf = (lines: readonly Line[]): readonly AttributeLine[] =>
  lines.flatMap(({ type, value }) => (type === 'a' && value !== '' ? [attributeLine(value)] : []));

/** `name` or `name:value`, as they stand behind `a=`. */
export const attributeLine = (text: string): AttributeLine => {
  const colon = text.indexOf(':');
  return colon < 0
    ? { name: text, value: undefined }
    : { name: text.slice(0, colon), value: text.slice(colon + 1) };
};

const optional = <Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): { readonly [K in Key]?: Value } =>
  value === undefined ? {} : ({ [key]: value } as { [K in Key]: Value });
