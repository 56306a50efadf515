import { quote } from '../message/characters.ts';
import { Malformed } from '../message/malformed.ts';
import { AuthParamReader, behindDigest } from './auth-param.ts';

/**
 * What Authorization and Proxy-Authorization carry (RFC 7616 §3.4). Strings are without quotes and escapes; those that may
 * be UTF-8 have one character a byte, as in a message's head.
 */
export interface DigestCredentials {
  /** From `username` or `username*`; a hash where {@link userhash} is true. */
  readonly username: string;
  readonly realm: string;
  readonly nonce: string;
  /** The digest URI, as it goes into the hash. */
  readonly uri: string;
  readonly response: string;
  /** As written; undefined means MD5. */
  readonly algorithm: string | undefined;
  readonly cnonce: string | undefined;
  readonly opaque: string | undefined;
  /** As written; undefined for clients of RFC 2069. */
  readonly qop: string | undefined;
  /** One to eight hexadecimal digits, as written; present wherever `qop` is. */
  readonly nc: string | undefined;
  readonly userhash: boolean;
}

/** The parameters, by number: what a pass gathers is kept in an array, since names as keys would cost more than the pass. */
const names = [
  'username',
  'username*',
  'realm',
  'nonce',
  'uri',
  'response',
  'algorithm',
  'cnonce',
  'opaque',
  'qop',
  'nc',
  'userhash',
] as const;
const NOTHING: readonly undefined[] = names.map(() => undefined);

/** The number of the parameter that a pass came to; -1 where it is none of ours. */
const numberOf = (reader: AuthParamReader, text: string): number => {
  const number = likelyNumber(
    reader.nameEnd - reader.nameStart,
    text.charCodeAt(reader.nameStart) | 0x20,
    text.charCodeAt(reader.nameEnd - 1) | 0x20,
  );
  return number >= 0 && reader.isNamed(names[number]!) ? number : -1;
};

/** The only name of ours with this length, this first and this last letter (lower case); -1 where there is none. */
const likelyNumber = (length: number, first: number, last: number): number => {
  switch (length) {
    case 2:
      return 10; // nc
    case 3:
      return first === 0x71 ? 9 : 4; // qop, uri
    case 5:
      return first === 0x6e ? 3 : 2; // nonce, realm
    case 6:
      return first === 0x63 ? 7 : 8; // cnonce, opaque
    case 8:
      return first === 0x72 ? 5 : last === 0x65 ? 0 : 11; // response, username, userhash
    case 9:
      return first === 0x61 ? 6 : 1; // algorithm, username*
    default:
      return -1;
  }
};

/** What was read last: on a request's way through a server the same credentials are asked for several times. */
let lastText = '';
let last: DigestCredentials | Malformed | undefined;

/**
 * Reads one header value, unfolded. Undefined where it is of another scheme than Digest; malformed where a parameter
 * comes twice or a necessary one not at all. Unknown parameters are ignored (RFC 7616 §3.4).
 */
export const parseCredentials = (text: string): DigestCredentials | Malformed | undefined => {
  if (text !== lastText) {
    last = read(text);
    lastText = text;
  }
  return last;
};

const read = (text: string): DigestCredentials | Malformed | undefined => {
  const start = behindDigest(text);
  if (start < 0) return undefined;
  const written: (string | undefined)[] = NOTHING.slice();
  const reader = new AuthParamReader(text, start);
  while (reader.next()) {
    const number = numberOf(reader, text);
    if (number < 0) continue;
    if (written[number] !== undefined) return new Malformed(`the credentials have two ${names[number]}`);
    written[number] = reader.value;
  }
  if (reader.defect !== undefined) return new Malformed(`credentials: ${reader.defect}`);
  if (reader.index < text.length) return new Malformed('credentials: a parameter has no value');
  return complete(written);
};

/** Gives the gathered values their names, in the order of {@link names}, and checks that they belong together. */
const complete = (written: readonly (string | undefined)[]): DigestCredentials | Malformed => {
  const realm = written[2];
  const nonce = written[3];
  const uri = written[4];
  const response = written[5];
  const cnonce = written[7];
  const qop = written[9];
  const nc = written[10];
  if (realm === undefined) return lacking('realm');
  if (nonce === undefined) return lacking('nonce');
  if (uri === undefined) return lacking('uri');
  if (response === undefined) return lacking('response');
  if (qop !== undefined && cnonce === undefined) return lacking('cnonce');
  if (qop !== undefined && nc === undefined) return lacking('nc');
  if (nc !== undefined && !isCount(nc))
    return new Malformed('the nc of the credentials is no hexadecimal count');
  const userhash = written[11] !== undefined && written[11].toLowerCase() === 'true';
  const username = readUsername(written[0], written[1], userhash);
  if (username instanceof Malformed) return username;
  const algorithm = written[6];
  const opaque = written[8];
  return { username, realm, nonce, uri, response, algorithm, cnonce, opaque, qop, nc, userhash };
};

const lacking = (name: (typeof names)[number]): Malformed => new Malformed(`the credentials have no ${name}`);

/** `8LHEX` (RFC 7616 §3.4); fewer digits and capitals come too. */
const isCount = (text: string): boolean => {
  if (text.length === 0 || text.length > 8) return false;
  for (let index = 0; index < text.length; index++) if (hexDigit(text.charCodeAt(index)) < 0) return false;
  return true;
};

/** The value of a hexadecimal digit; -1 for what is none. */
const hexDigit = (code: number): number => {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
};

const readUsername = (
  plain: string | undefined,
  extended: string | undefined,
  userhash: boolean,
): string | Malformed => {
  if (extended === undefined) return plain ?? lacking('username');
  // RFC 7616 §3.4: one of both, and username* never hashed.
  if (plain !== undefined || userhash)
    return new Malformed('the credentials have a username* beside a username or a userhash');
  return decodeExtended(extended) ?? new Malformed('the username* of the credentials is no UTF-8 ext-value');
};

/** `UTF-8''…` with its percent escapes undone (RFC 8187 §3.2.1), one character a byte. */
const decodeExtended = (value: string): string | undefined => {
  const languageEnd = value.indexOf("'", 6);
  if (languageEnd < 0 || value.slice(0, 6).toLowerCase() !== "utf-8'") return undefined;
  let decoded = '';
  for (let index = languageEnd + 1; index < value.length; index++) {
    const code = value.charCodeAt(index);
    if (code !== 0x25) {
      decoded += value[index];
      continue;
    }
    const high = hexDigit(value.charCodeAt(index + 1));
    const low = hexDigit(value.charCodeAt(index + 2));
    if (high < 0 || low < 0) return undefined;
    decoded += String.fromCharCode(high * 16 + low);
    index += 2;
  }
  return decoded;
};

/** Writes a header value; algorithm, qop and nc without quotes, as RFC 7616 §3.4 has them. */
export const formatCredentials = (credentials: DigestCredentials): string => {
  const { username, realm, nonce, uri, response, algorithm, cnonce, opaque, qop, nc, userhash } = credentials;
  let text = `Digest username=${quote(username)}, realm=${quote(realm)}, nonce=${quote(nonce)}, uri=${quote(uri)}, response="${response}"`;
  if (algorithm !== undefined) text += `, algorithm=${algorithm}`;
  if (cnonce !== undefined) text += `, cnonce=${quote(cnonce)}`;
  if (opaque !== undefined) text += `, opaque=${quote(opaque)}`;
  if (qop !== undefined) text += `, qop=${qop}`;
  if (nc !== undefined) text += `, nc=${nc}`;
  return userhash ? `${text}, userhash=true` : text;
};
