import { From, Route, To } from './address.ts';
import type { Field } from './field.ts';
import { CallId, ContentLength, CSeq, Expires, MaxForwards } from './fields.ts';
import { END, HEADER, LINE, VALUE } from './lines.ts';
import { Malformed } from './malformed.ts';
import type { SipRequest, SipResponse } from './message.ts';
import { isPlainAddress, isPlainUri } from './plain-address.ts';
import { Via } from './via.ts';

/** What is wrong with a message, and the status a request with it is answered with. */
export interface Defect {
  readonly status: 400 | 505;
  readonly why: string;
}

const bad = (why: string): Defect => ({ status: 400, why });

/** Headers of which every message has exactly one that can be read (RFC 3261 §8.1.1, §20). */
const REQUIRED: readonly Field<unknown>[] = [From, To, CallId, CSeq];
/** Headers that may stand at most once, and must be readable where they stand. */
const AT_MOST_ONE: readonly Field<unknown>[] = [MaxForwards, ContentLength, Expires];
/** One bit for each of them, by the number of its header. */
const SINGLE_BITS: number[] = [];
for (const [index, { header }] of [...REQUIRED, ...AT_MOST_ONE].entries()) SINGLE_BITS[header] = 1 << index;

/**
 * Whether a request can be worked on at all (RFC 3261 §16.3 step 1, §8.2.2; RFC 4475 §3.1.2): its start line, the headers
 * that every request has, and those that route it. What only its receiver reads, such as
 * Contact, is the receiver's to judge (§16.3: a proxy passes over what it does not need).
 */
export const requestDefect = (request: SipRequest): Defect | undefined => {
  if (!isSip2(request.version)) return versionDefect(request.version);
  const uri = isPlainUri(request.uri) ? undefined : request.target;
  if (uri instanceof Malformed) return bad(`Request-URI: ${uri.why}`);
  const defect = headersDefect(request);
  if (defect !== undefined) return defect;
  const cseq = request.get(CSeq)!;
  if (cseq.method !== request.method)
    return bad(`CSeq says ${cseq.method}, the request line ${request.method}`);
  return listDefect(request, Route);
};

/** Another version is not understood; what is no version, such as one with spaces behind it, is malformed (RFC 4475 §3.1.2.10). */
const versionDefect = (version: string): Defect => ({
  status: /^SIP\/\d+\.\d+$/i.test(version) ? 505 : 400,
  why: `the version is "${version}"`,
});

/** Whether a response can be worked on: one that cannot is dropped in silence (RFC 3261 §18.1.2). */
export const responseDefect = (response: SipResponse): Defect | undefined =>
  isSip2(response.version) ? headersDefect(response) : bad(`the version is "${response.version}"`);

const isSip2 = (version: string): boolean => version === 'SIP/2.0' || version.toUpperCase() === 'SIP/2.0';

const headersDefect = (message: SipRequest | SipResponse): Defect | undefined => {
  if (message.defect !== undefined) return bad(message.defect);
  const via = message.malformed(Via);
  if (via !== undefined) return bad(via.why);
  if (message.get(Via) === undefined) return bad('Via is missing');
  const twice = headerTwice(message.lines);
  if (twice !== undefined) return bad(`${twice.name} stands there twice`);
  for (const field of REQUIRED) {
    if ((field === From || field === To) && isPlain(message, field)) continue;
    if (message.get(field) === undefined)
      return malformedDefect(message, field) ?? bad(`${field.name} is missing`);
  }
  for (const field of AT_MOST_ONE) {
    if (message.get(field) !== undefined) continue;
    const defect = malformedDefect(message, field);
    if (defect !== undefined) return defect;
  }
  const length = message.get(ContentLength);
  if (length !== undefined && length > message.body.length) {
    return bad(`Content-Length says ${length}, the body has ${message.body.length} bytes`);
  }
  return undefined;
};

const isPlain = (message: SipRequest | SipResponse, { header }: Field<unknown>): boolean => {
  const at = message.indexOf(header);
  return at >= 0 && isPlainLine(message, at);
};

const isPlainLine = ({ head, lines }: SipRequest | SipResponse, at: number): boolean =>
  isPlainAddress(head, lines[at + VALUE]!, lines[at + END]!);

const areAllPlain = (request: SipRequest, { header }: Field<unknown>): boolean => {
  const { lines } = request;
  for (let at = 0; at < lines.length; at += LINE)
    if (lines[at + HEADER] === header && !isPlainLine(request, at)) return false;
  return true;
};

/** A header that may stand once and stands there twice. */
const headerTwice = (lines: readonly number[]): Field<unknown> | undefined => {
  let seen = 0;
  for (let at = HEADER; at < lines.length; at += LINE) {
    const header = lines[at]!;
    const bit = header < 0 ? 0 : (SINGLE_BITS[header] ?? 0);
    if ((seen & bit) !== 0) return [...REQUIRED, ...AT_MOST_ONE].find((field) => field.header === header);
    seen |= bit;
  }
  return undefined;
};

const malformedDefect = (message: SipRequest | SipResponse, field: Field<unknown>): Defect | undefined => {
  const malformed = message.malformed(field);
  if (malformed === undefined) return undefined;
  return bad(malformed.why.startsWith(field.name) ? malformed.why : `${field.name}: ${malformed.why}`);
};

const listDefect = (request: SipRequest, field: Field<unknown>): Defect | undefined => {
  if (areAllPlain(request, field)) return undefined;
  const values = request.all(field);
  return values instanceof Malformed ? bad(`${field.name}: ${values.why}`) : undefined;
};
