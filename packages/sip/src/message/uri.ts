import {
  digitsEnd,
  equalIgnoringCase,
  hostTextEnd,
  isDigits,
  isHostText,
  isUriText,
  isUserInfo,
  lowerCase,
} from './characters.ts';
import { Malformed } from './malformed.ts';
import { noParameters, Parameters } from './parameters.ts';

const HYPHEN = 0x2d;
const DOT = 0x2e;

/** A `sip:` or `sips:` URI (RFC 3261 §19.1). `user`, `password` are as written, with their escapes. */
export interface SipUri {
  readonly scheme: 'sip' | 'sips';
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** A name, an IPv4 address, or an IPv6 reference in its brackets, in lower case. */
  readonly host: string;
  readonly port: number | undefined;
  readonly parameters: Parameters;
  /** What stands behind the question mark, as written; undefined without one. */
  readonly headers: string | undefined;
  /** The URI as it came. */
  readonly text: string;
}

/** A URI of any other scheme, such as `tel:`: kept whole. */
export interface OtherUri {
  readonly scheme: string;
  readonly text: string;
}

export type Uri = SipUri | OtherUri;

export const isSipUri = (uri: Uri | Malformed): uri is SipUri => 'host' in uri;

/** Reads a URI of any scheme; `sip:` and `sips:` are taken apart. */
export const parseUri = (text: string): Uri | Malformed => parseUriAt(text, 0, text.length);

/** The same for a URI that stands within a text; at its end stands nothing that it could go on with, such as `>`. */
export const parseUriAt = (text: string, start: number, end: number): Uri | Malformed => {
  if (text.startsWith('sip:', start)) return parseSipUri(text, 'sip', start, start + 4, end);
  const colon = indexBefore(text, ':', start, end);
  if (colon <= start) return new Malformed(`"${text.slice(start, end)}" is no URI: it has no scheme`);
  const scheme = lowerCase(text, start, colon);
  if (scheme === 'sip' || scheme === 'sips') return parseSipUri(text, scheme, start, colon + 1, end);
  if (!/^[a-z][a-z0-9+.-]*$/.test(scheme)) return new Malformed(`"${scheme}" is no URI scheme`);
  if (!isUriText(text, colon + 1, end))
    return new Malformed('the URI has characters that may not stand there');
  return { scheme, text: text.slice(start, end) };
};

/** Where a character first stands between two places; -1 where it does not. */
const indexBefore = (text: string, character: string, start: number, end: number): number => {
  const index = text.indexOf(character, start);
  return index < end ? index : -1;
};

/** The same for what must be a `sip:` or `sips:` URI. */
export const parseSipUriOnly = (text: string): SipUri | Malformed => {
  const uri = parseUri(text);
  if (uri instanceof Malformed || isSipUri(uri)) return uri;
  return new Malformed(`"${uri.scheme}:" is not "sip:" or "sips:"`);
};

/** `begin` is where the URI stands, `start` what follows its scheme. */
const parseSipUri = (
  text: string,
  scheme: 'sip' | 'sips',
  begin: number,
  start: number,
  end: number,
): SipUri | Malformed => {
  const at = userInfoEnd(text, start, end);
  let user: string | undefined;
  let password: string | undefined;
  let index = start;
  if (at >= 0) {
    const colon = indexBefore(text, ':', start, at);
    const split = colon >= 0 ? colon : at;
    if (!isUserInfo(text, start, split))
      return new Malformed('the user part of the URI is empty or has characters that may not stand there');
    if (split + 1 < at && !isUserInfo(text, split + 1, at))
      return new Malformed('the password part of the URI has characters that may not stand there');
    user = text.slice(start, split);
    if (split < at) password = text.slice(split + 1, at);
    if (hasBadEscape(text, start, split))
      return new Malformed('the user part of the URI has a broken escape');
    index = at + 1;
  }
  const hostEnd = hostPartEnd(text, index, end);
  if (hostEnd < 0) return new Malformed('the IPv6 reference of the URI does not close');
  const host = lowerCase(text, index, hostEnd);
  if (!isHostAt(text, index, hostEnd)) return new Malformed(`"${host}" is no host`);
  index = hostEnd;
  let port: number | undefined;
  if (index < end && text.charCodeAt(index) === 0x3a) {
    const portEnd = digitsEnd(text, index + 1);
    port = Number(text.slice(index + 1, portEnd));
    if (portEnd === index + 1 || port > 65_535)
      return new Malformed('the port of the URI is no number up to 65535');
    index = portEnd;
  }
  const written = text.slice(begin, end);
  if (index === end)
    return {
      scheme,
      user,
      password,
      host,
      port,
      parameters: noParameters,
      headers: undefined,
      text: written,
    };
  return withTail(text, index, end, { scheme, user, password, host, port, text: written });
};

/** What follows host and port: parameters and headers. */
const withTail = (
  text: string,
  index: number,
  end: number,
  base: Omit<SipUri, 'parameters' | 'headers'>,
): SipUri | Malformed => {
  const question = indexBefore(text, '?', index, end);
  const parametersEnd = question < 0 ? end : question;
  const code = text.charCodeAt(index);
  if (code !== 0x3b && code !== 0x3f)
    return new Malformed('the URI goes on behind its host where it should end');
  if (!isUriText(text, index, end)) return new Malformed('the URI has characters that may not stand there');
  return {
    scheme: base.scheme,
    user: base.user,
    password: base.password,
    host: base.host,
    port: base.port,
    parameters: index === parametersEnd ? noParameters : new Parameters(text.slice(index, parametersEnd)),
    headers: question < 0 ? undefined : text.slice(question + 1, end),
    text: base.text,
  };
};

/** The index of the `@` behind the user part, or -1: a `;` or `?` before it may belong to the user (RFC 4475 §3.1.1.9). */
const userInfoEnd = (text: string, start: number, end: number): number => {
  const at = indexBefore(text, '@', start, end);
  if (at < 0) return -1;
  const question = indexBefore(text, '?', start, at);
  // An "@" only behind a "?" whose left side already has a host is part of the headers.
  if (question >= 0 && isHostPort(text.slice(start, question))) return -1;
  return at;
};

const isHostPort = (text: string): boolean => /^(\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9.-]+)(:\d+)?(;.*)?$/.test(text);

const hostPartEnd = (text: string, start: number, end: number): number => {
  if (text.charCodeAt(start) === 0x5b) {
    const close = indexBefore(text, ']', start, end);
    return close < 0 ? -1 : close + 1;
  }
  return hostTextEnd(text, start);
};

const hasBadEscape = (text: string, start: number, end: number): boolean =>
  indexBefore(text, '%', start, end) >= 0 && /%(?![0-9a-fA-F]{2})/.test(text.slice(start, end));

/** Whether this is a host name, an IPv4 address, or an IPv6 reference in brackets. */
export const isHost = (host: string): boolean => isHostAt(host, 0, host.length);

const isHostAt = (text: string, start: number, end: number): boolean => {
  const first = text.charCodeAt(start);
  if (first === 0x5b) return isIpv6(text.slice(start + 1, end - 1));
  if (!isHostText(text, start, end) || first === HYPHEN || first === DOT) return false;
  for (let index = start + 1; index < end; index++)
    if (text.charCodeAt(index) === DOT && text.charCodeAt(index - 1) === DOT) return false;
  return true;
};

/** Whether this is an IPv4 address in its four decimal numbers. */
export const isIpv4 = (host: string): boolean => {
  const parts = host.split('.');
  return (
    parts.length === 4 && parts.every((part) => isDigits(part) && part.length <= 3 && Number(part) <= 255)
  );
};

/** Whether this is an IPv6 address (without brackets or zone). */
export const isIpv6 = (host: string): boolean => {
  if (!/^[0-9a-fA-F:.]+$/.test(host)) return false;
  const halves = host.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const last = groups.at(-1);
  const embedded = last?.includes('.') ? 1 : 0;
  if (embedded === 1 && !isIpv4(last!)) return false;
  const hexadecimal = embedded === 1 ? groups.slice(0, -1) : groups;
  if (!hexadecimal.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return false;
  const count = groups.length + embedded;
  return halves.length === 2 ? count < 8 : count === 8;
};

/** `%41` and the like undone; what is no escape stays. */
export const unescapeUri = (text: string): string =>
  text.includes('%')
    ? text.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    : text;

/** The user part of a URI that names `user`: all but what may stand there plainly is escaped (RFC 3261 §25.1 `user`). */
export const escapeUser = (user: string): string =>
  /^[A-Za-z0-9\-_.!~*'()&=+$,;?/]*$/.test(user)
    ? user
    : user.replace(
        /[^A-Za-z0-9\-_.!~*'()&=+$,;?/]/g,
        (character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`,
      );

/** The parameters that two URIs must both have, or neither (RFC 3261 §19.1.4). */
const SIGNIFICANT = ['user', 'ttl', 'method', 'maddr', 'transport'] as const;

/** Whether two `sip:` or `sips:` URIs are equivalent (RFC 3261 §19.1.4). */
export const equalUris = (left: SipUri, right: SipUri): boolean =>
  left.scheme === right.scheme &&
  left.host === right.host &&
  left.port === right.port &&
  equalEscaped(left.user, right.user) &&
  equalEscaped(left.password, right.password) &&
  equalParameters(left.parameters, right.parameters) &&
  equalHeaders(left.headers, right.headers);

const equalEscaped = (left: string | undefined, right: string | undefined): boolean =>
  left === right || (left !== undefined && right !== undefined && unescapeUri(left) === unescapeUri(right));

const equalParameters = (left: Parameters, right: Parameters): boolean => {
  if (left.text === right.text) return true;
  for (const name of SIGNIFICANT) {
    if ((left.get(name) === undefined) !== (right.get(name) === undefined)) return false;
  }
  for (const [name, value] of left.entries()) {
    const other = right.get(name);
    if (other !== undefined && !equalIgnoringCase(unescapeUri(other), unescapeUri(value ?? ''))) return false;
  }
  return true;
};

const equalHeaders = (left: string | undefined, right: string | undefined): boolean => {
  if (left === right) return true;
  const canonical = (headers: string | undefined): string =>
    (headers ?? '')
      .split('&')
      .map((header) => {
        const equals = header.indexOf('=');
        return unescapeUri(header.slice(0, equals)).toLowerCase() + unescapeUri(header.slice(equals));
      })
      .sort()
      .join('&');
  return canonical(left) === canonical(right);
};

/** What a {@link SipUri} is written from. */
export interface SipUriParts {
  readonly scheme?: 'sip' | 'sips';
  readonly user?: string | undefined;
  readonly host: string;
  readonly port?: number | undefined;
  /** Written behind host and port as they are, such as `;transport=tcp;lr`. */
  readonly parameters?: string;
}

/** Writes a SIP URI; the user is escaped, an IPv6 address gets its brackets. */
export const formatSipUri = ({ scheme = 'sip', user, host, port, parameters = '' }: SipUriParts): string =>
  `${scheme}:${user === undefined ? '' : `${escapeUser(user)}@`}${formatHost(host)}${port === undefined ? '' : `:${port}`}${parameters}`;

/** A host as it stands in a URI or a Via: IPv6 addresses in brackets. */
export const formatHost = (host: string): string =>
  host.includes(':') && host.charCodeAt(0) !== 0x5b ? `[${host}]` : host;

/** A host without the brackets of an IPv6 reference. */
export const bareHost = (host: string): string => (host.charCodeAt(0) === 0x5b ? host.slice(1, -1) : host);

/** An address without the zone that only means something on this host (RFC 4007 §11). */
export const withoutZone = (address: string): string => {
  const percent = address.indexOf('%');
  return percent < 0 ? address : address.slice(0, percent);
};
