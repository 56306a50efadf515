import { Malformed } from '@ringdown/stun';
import type { Candidate, CandidateType, TcpType } from '../candidate.ts';
import { iceWord, isConnectionAddress, isToken, numberBetween } from './grammar.ts';

const TYPES: ReadonlySet<string> = new Set(['host', 'srflx', 'prflx', 'relay']);
const TCP_TYPES: ReadonlySet<string> = new Set(['active', 'passive', 'so']);

/** RFC 8445 allows 2³¹ − 1; the PRIORITY of checks has 32 bits, and so do some peers' candidates. */
const LARGEST_PRIORITY = 2 ** 32 - 1;
const MOST_WORDS = 64;

/** The value of `candidate` (RFC 8839 §5.1, RFC 6544 §4.5), without its name and colon. */
export const parseCandidateValue = (text: string): Candidate | Malformed => {
  const words = text.trim().split(/ +/, MOST_WORDS + 1);
  if (words.length > MOST_WORDS) return new Malformed('a candidate without end');
  const [foundation, component, transport, priority, address, port, typ, type, ...rest] = words;
  if (type === undefined || typ !== 'typ') return new Malformed('a candidate of fewer than eight words');
  const numbers = {
    foundation: iceWord(foundation!, 1, 32, 'a foundation'),
    component: numberBetween(component!, 1, 256, 'a component'),
    priority: numberBetween(priority!, 1, LARGEST_PRIORITY, 'a priority'),
    port: numberBetween(port!, 0, 65_535, 'a port'),
  };
  for (const one of Object.values(numbers)) if (one instanceof Malformed) return one;
  if (!isToken(transport!)) return new Malformed('a transport that is no token');
  if (!isConnectionAddress(address!)) return new Malformed('an address that is none');
  // RFC 8839 §5.1: candidates of types that are not known are ignored.
  if (!TYPES.has(type)) return new Malformed('a candidate of a type that nobody knows');
  const more = parseExtensions(rest);
  if (more instanceof Malformed) return more;
  return {
    ...(numbers as { foundation: string; component: number; priority: number; port: number }),
    transport: transport!.toLowerCase(),
    address: address!,
    type: type as CandidateType,
    ...more,
  };
};

type Extensions = Pick<Candidate, 'related' | 'tcpType' | 'ufrag' | 'extensions'>;

/** What stands behind the type: names and values in turn. */
const parseExtensions = (words: readonly string[]): Extensions | Malformed => {
  if (words.length % 2 === 1) return new Malformed('a candidate whose last extension has no value');
  const known = new Map<string, string>();
  const extensions: (readonly [string, string])[] = [];
  for (let at = 0; at < words.length; at += 2) {
    const [name, value] = [words[at]!, words[at + 1]!];
    if (KNOWN.has(name) && !known.has(name)) known.set(name, value);
    else extensions.push([name, value]);
  }
  const related = relatedAddress(known.get('raddr'), known.get('rport'));
  if (related instanceof Malformed) return related;
  const tcpType = known.get('tcptype');
  if (tcpType !== undefined && !TCP_TYPES.has(tcpType)) return new Malformed('a tcptype that nobody knows');
  const ufrag = known.get('ufrag');
  const checked = ufrag === undefined ? undefined : iceWord(ufrag, 4, 256, 'a ufrag');
  if (checked instanceof Malformed) return checked;
  return {
    ...(related === undefined ? {} : { related }),
    ...(tcpType === undefined ? {} : { tcpType: tcpType as TcpType }),
    ...(checked === undefined ? {} : { ufrag: checked }),
    ...(extensions.length === 0 ? {} : { extensions }),
  };
};

const KNOWN: ReadonlySet<string> = new Set(['raddr', 'rport', 'tcptype', 'ufrag']);

/** Both or none: half an address says nothing. */
const relatedAddress = (
  address: string | undefined,
  port: string | undefined,
): Candidate['related'] | Malformed => {
  if (address === undefined || port === undefined) return undefined;
  if (!isConnectionAddress(address)) return new Malformed('a related address that is none');
  const number = numberBetween(port, 0, 65_535, 'a related port');
  return number instanceof Malformed ? number : { address, port: number };
};

/** The value of `candidate`. */
export const candidateValue = (candidate: Candidate): string => {
  const { foundation, component, transport, priority, address, port, type } = candidate;
  const { related, tcpType, ufrag, extensions = [] } = candidate;
  const words = [foundation, component, transport.toUpperCase(), priority, address, port, 'typ', type];
  if (related !== undefined) words.push('raddr', related.address, 'rport', related.port);
  if (tcpType !== undefined) words.push('tcptype', tcpType);
  for (const [name, value] of extensions) words.push(name, value);
  if (ufrag !== undefined) words.push('ufrag', ufrag);
  return words.join(' ');
};
