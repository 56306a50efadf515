import { createHash, randomBytes } from 'node:crypto';

/**
 * A SIP message as this suite's own small clients read it: on purpose not the project's parser, so that a mistake there
 * does not answer to itself here.
 */
export interface SipText {
  readonly start: string;
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
  readonly body: string;
}

export function parseSip(text: string): SipText {
  const end = text.indexOf('\r\n\r\n');
  const [start = '', ...lines] = text.slice(0, end < 0 ? text.length : end).split('\r\n');
  const headers = lines.map((line): readonly [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
  });
  return { start, headers, body: end < 0 ? '' : text.slice(end + 4) };
}

export function formatSip(
  start: string,
  headers: ReadonlyArray<readonly [string, string]>,
  body = '',
): string {
  const all = [...headers, ['Content-Length', String(Buffer.byteLength(body))]];
  return `${start}\r\n${all.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;
}

/** Every value of a header, in order. */
export function headersOf(message: SipText, name: string): readonly string[] {
  return message.headers
    .filter(([own]) => own.toLowerCase() === name.toLowerCase())
    .map(([, value]) => value);
}

export function headerOf(message: SipText, name: string): string {
  return headersOf(message, name)[0] ?? '';
}

/** Status of a response, method of a request. */
export function kindOf(message: SipText): number | string {
  const status = /^SIP\/2\.0 (\d{3})/.exec(message.start)?.[1];
  return status === undefined ? (message.start.split(' ')[0] ?? '') : Number(status);
}

export function token(): string {
  return randomBytes(8).toString('hex');
}

export interface Credentials {
  readonly user: string;
  readonly password: string;
  readonly method: string;
  readonly uri: string;
}

/** The answer to a challenge of MD5 with qop=auth (RFC 7616). */
export function authorize(challenge: string, credentials: Credentials): string {
  const parameter = (name: string): string =>
    new RegExp(`\\b${name}=(?:"([^"]*)"|([^\\s,]+))`, 'i').exec(challenge)?.slice(1).find(Boolean) ?? '';
  const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
  const { user, password, method, uri } = credentials;
  const realm = parameter('realm');
  const nonce = parameter('nonce');
  const cnonce = token();
  const a1 = md5(`${user}:${realm}:${password}`);
  const response = md5(`${a1}:${nonce}:00000001:${cnonce}:auth:${md5(`${method}:${uri}`)}`);
  const opaque = parameter('opaque');
  return [
    `Digest username="${user}", realm="${realm}", nonce="${nonce}", uri="${uri}", response="${response}"`,
    `algorithm=MD5, cnonce="${cnonce}", qop=auth, nc=00000001`,
    ...(opaque === '' ? [] : [`opaque="${opaque}"`]),
  ].join(', ');
}
