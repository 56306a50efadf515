import { digitsEnd, isDigits, isToken, isWord, splitAtCommas } from './characters.ts';
import { defineField } from './field.ts';
import { Malformed } from './malformed.ts';
import { type Parameters, readParameters } from './parameters.ts';

const text = (value: string): string => value;

const token =
  (name: string) =>
  (value: string): string | Malformed =>
    isToken(value) ? value : new Malformed(`${name} "${value}" is no token`);

/** A number of at most `limit`; a field's own limit where the RFC gives one, else 2³²−1. */
const number =
  (name: string, limit = 2 ** 32 - 1) =>
  (value: string): number | Malformed => {
    if (!isDigits(value)) return new Malformed(`${name} is no number`);
    const read = Number(value);
    return read <= limit ? read : new Malformed(`${name} is greater than ${limit}`);
  };

/** The number that a text's first digits are, without cutting them out. */
const numberAt = (text: string, end: number): number => {
  let number = 0;
  for (let index = 0; index < end; index++) number = number * 10 + text.charCodeAt(index) - 0x30;
  return number;
};

/** A call's name, the same in all its messages (RFC 3261 §20.8). */
export const CallId = defineField<string>({
  name: 'Call-ID',
  compact: 'i',
  decode: (value) => (isWord(value) ? value : new Malformed('Call-ID is empty or has white space')),
});

/** RFC 3261 §20.16. */
export interface CSeqValue {
  readonly sequence: number;
  readonly method: string;
}

export const CSeq = defineField<CSeqValue>({
  name: 'CSeq',
  decode: (value) => {
    const end = digitsEnd(value, 0);
    const sequence = numberAt(value, end);
    if (end === 0 || sequence >= 2 ** 31) return new Malformed('CSeq has no sequence number below 2^31');
    const isPlain = value.charCodeAt(end) === 0x20 && isToken(value, end + 1);
    const method = isPlain ? value.slice(end + 1) : value.slice(end).trim();
    return isPlain || isToken(method) ? { sequence, method } : new Malformed('CSeq has no method');
  },
  encode: ({ sequence, method }) => `${sequence} ${method}`,
});

/** RFC 3261 §20.22: 0 to 255. */
export const MaxForwards = defineField<number>({
  name: 'Max-Forwards',
  decode: number('Max-Forwards', 255),
});
/** How many branches a request may have at once (RFC 5393 §5.3). */
export const MaxBreadth = defineField<number>({
  name: 'Max-Breadth',
  decode: number('Max-Breadth'),
});
export const ContentLength = defineField<number>({
  name: 'Content-Length',
  compact: 'l',
  decode: number('Content-Length'),
});
/** Seconds (RFC 3261 §20.19); more than 2³²−1 counts as that. */
export const Expires = defineField<number>({
  name: 'Expires',
  decode: (value) =>
    isDigits(value) ? Math.min(Number(value), 2 ** 32 - 1) : new Malformed('Expires is no number'),
});
export const MinExpires = defineField<number>({
  name: 'Min-Expires',
  decode: number('Min-Expires'),
});
/** Seconds, and what may follow them (RFC 3261 §20.33). */
export const RetryAfter = defineField<number>({
  name: 'Retry-After',
  decode: (value) => {
    const seconds = Number.parseInt(value, 10);
    return Number.isNaN(seconds) ? new Malformed('Retry-After is no number') : seconds;
  },
});

const tokens = (name: string, compact?: string) =>
  defineField<string>({
    name,
    list: true,
    decode: token(name),
    ...(compact === undefined ? {} : { compact }),
  });

/** Option tags (RFC 3261 §20.32, §20.29, §20.37, §20.40) and methods (§20.5). */
export const Require = tokens('Require');
export const ProxyRequire = tokens('Proxy-Require');
export const Supported = defineField<string>({
  name: 'Supported',
  compact: 'k',
  list: true,
  decode: (value) =>
    value === '' || isToken(value) ? value : new Malformed(`Supported "${value}" is no token`),
});
export const Unsupported = tokens('Unsupported');
export const Allow = tokens('Allow');
export const AllowEvents = tokens('Allow-Events', 'u');
export const ContentEncoding = tokens('Content-Encoding', 'e');
/** Entity tags of publications (RFC 3903 §11.3). */
export const SipETag = defineField<string>({
  name: 'SIP-ETag',
  decode: token('SIP-ETag'),
});
export const SipIfMatch = defineField<string>({
  name: 'SIP-If-Match',
  decode: token('SIP-If-Match'),
});

/** A name with parameters: `presence;id=7`, `active;expires=60`, `application/sdp;charset=utf-8`. */
export interface Parameterized {
  readonly value: string;
  readonly parameters: Parameters;
}

const parameterized =
  (name: string, pattern: RegExp) =>
  (written: string): Parameterized | Malformed => {
    const semicolon = written.indexOf(';');
    const value = (semicolon < 0 ? written : written.slice(0, semicolon)).trim();
    if (!pattern.test(value)) return new Malformed(`${name} "${value}" is not one`);
    const parameters = readParameters(semicolon < 0 ? '' : written.slice(semicolon));
    return parameters instanceof Malformed ? parameters : { value, parameters };
  };

const writeParameterized = ({ value, parameters }: Parameterized): string => value + parameters.text;

const TOKEN = /^[\w.!%*+`'~-]+$/;
const MEDIA_TYPE = /^[\w.!%*+`'~-]+\s*\/\s*[\w.!%*+`'~-]+$/;

/** RFC 6665 §8.2.1; case-sensitive. */
export const Event = defineField<Parameterized>({
  name: 'Event',
  compact: 'o',
  decode: parameterized('Event', TOKEN),
  encode: writeParameterized,
});
/** RFC 6665 §8.2.3. */
export const SubscriptionState = defineField<Parameterized>({
  name: 'Subscription-State',
  decode: parameterized('Subscription-State', TOKEN),
  encode: writeParameterized,
});
export const ContentType = defineField<Parameterized>({
  name: 'Content-Type',
  compact: 'c',
  decode: parameterized('Content-Type', MEDIA_TYPE),
  encode: writeParameterized,
});
export const Accept = defineField<Parameterized>({
  name: 'Accept',
  list: true,
  decode: (value) =>
    value === ''
      ? { value: '', parameters: readParameters('') as Parameters }
      : parameterized('Accept', MEDIA_TYPE)(value),
  encode: writeParameterized,
});

/** Headers that are handed on or written as they are. */
export const Subject = defineField<string>({
  name: 'Subject',
  compact: 's',
  decode: text,
});
export const UserAgent = defineField<string>({
  name: 'User-Agent',
  decode: text,
});
export const Server = defineField<string>({ name: 'Server', decode: text });
export const Warning = defineField<string>({ name: 'Warning', decode: text });
export const Reason = defineField<string>({ name: 'Reason', decode: text });
export const Timestamp = defineField<string>({
  name: 'Timestamp',
  decode: text,
});
/** RFC 3261 §20.17: one form, and GMT only. */
export const DateField = defineField<string>({
  name: 'Date',
  decode: (value) =>
    /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(
      value,
    )
      ? value
      : new Malformed('Date is not in the form of RFC 3261 §20.17'),
});
export const Organization = defineField<string>({
  name: 'Organization',
  decode: text,
});
export const Priority = defineField<string>({ name: 'Priority', decode: text });
/** Credentials and challenges; `digest/` reads them. */
export const Authorization = defineField<string>({
  name: 'Authorization',
  decode: text,
});
export const ProxyAuthorization = defineField<string>({
  name: 'Proxy-Authorization',
  decode: text,
});
export const WwwAuthenticate = defineField<string>({
  name: 'WWW-Authenticate',
  decode: text,
});
export const ProxyAuthenticate = defineField<string>({
  name: 'Proxy-Authenticate',
  decode: text,
});
export const AuthenticationInfo = defineField<string>({
  name: 'Authentication-Info',
  decode: text,
});

/** Values of a text header that lists tokens; for headers that are rarely needed. */
export const listed = (value: string | undefined): string[] =>
  value === undefined ? [] : splitAtCommas(value).filter((item) => item !== '');
