import { Malformed, type TransportAddress } from '@ringdown/stun';
import type { Candidate } from '../candidate.ts';
import { candidateValue, parseCandidateValue } from './candidate-attribute.ts';
import { iceWord, isConnectionAddress, isToken, numberBetween } from './grammar.ts';

/** One of the remote candidates of the selected pairs, which an updated offer names (RFC 8839 §5.2). */
export interface NamedRemote extends TransportAddress {
  readonly component: number;
}

/** An attribute of RFC 8839 or RFC 8840, as a value. */
export type IceAttribute =
  | { readonly kind: 'candidate'; readonly candidate: Candidate }
  | { readonly kind: 'remote-candidates'; readonly candidates: readonly NamedRemote[] }
  | { readonly kind: 'ice-lite' }
  | { readonly kind: 'ice-mismatch' }
  | { readonly kind: 'ice-ufrag'; readonly ufrag: string }
  | { readonly kind: 'ice-pwd'; readonly pwd: string }
  | { readonly kind: 'ice-options'; readonly options: readonly string[] }
  | { readonly kind: 'ice-pacing'; readonly pacingMs: number }
  | { readonly kind: 'end-of-candidates' };

const MOST_REMOTE_CANDIDATES = 256;
const MOST_OPTIONS = 64;
const LARGEST_PACING_MS = 10_000;

/**
 * Reads one attribute: `candidate:…`, `ice-lite`, with or without its `a=`.
 *
 * @returns undefined for attributes that are not ICE's
 */
export const parseIceAttribute = (line: string): IceAttribute | Malformed | undefined => {
  const text = line.startsWith('a=') ? line.slice(2) : line;
  const colon = text.indexOf(':');
  const name = colon < 0 ? text : text.slice(0, colon);
  const parse = Object.hasOwn(PARSERS, name) ? PARSERS[name as IceAttribute['kind']] : undefined;
  return parse?.(colon < 0 ? '' : text.slice(colon + 1).trim());
};

/** The attribute without its `a=`. */
export const iceAttributeText = (attribute: IceAttribute): string => {
  switch (attribute.kind) {
    case 'candidate':
      return `candidate:${candidateValue(attribute.candidate)}`;
    case 'remote-candidates':
      return `remote-candidates:${attribute.candidates
        .map(({ component, address, port }) => `${component} ${address} ${port}`)
        .join(' ')}`;
    case 'ice-ufrag':
      return `ice-ufrag:${attribute.ufrag}`;
    case 'ice-pwd':
      return `ice-pwd:${attribute.pwd}`;
    case 'ice-options':
      return `ice-options:${attribute.options.join(' ')}`;
    case 'ice-pacing':
      return `ice-pacing:${attribute.pacingMs}`;
    default:
      return attribute.kind;
  }
};

const flag =
  (kind: 'ice-lite' | 'ice-mismatch' | 'end-of-candidates') =>
  (value: string): IceAttribute | Malformed =>
    value === '' ? { kind } : new Malformed(`${kind} with a value`);

const parseOptions = (value: string): IceAttribute | Malformed => {
  const options = value.split(/ +/, MOST_OPTIONS + 1);
  const areRight = options.length <= MOST_OPTIONS && options.every(isToken);
  return areRight ? { kind: 'ice-options', options } : new Malformed('ice-options that are no tokens');
};

const parseRemoteCandidates = (value: string): IceAttribute | Malformed => {
  const words = value.split(/ +/, 3 * MOST_REMOTE_CANDIDATES + 1);
  if (words.length % 3 !== 0 || words.length > 3 * MOST_REMOTE_CANDIDATES)
    return new Malformed('remote-candidates that are no list of component, address and port');
  const candidates: NamedRemote[] = [];
  for (let at = 0; at < words.length; at += 3) {
    const component = numberBetween(words[at]!, 1, 256, 'a component');
    const address = words[at + 1]!;
    const port = numberBetween(words[at + 2]!, 0, 65_535, 'a port');
    if (component instanceof Malformed) return component;
    if (port instanceof Malformed) return port;
    if (!isConnectionAddress(address)) return new Malformed('an address that is none');
    candidates.push({ component, address, port });
  }
  return { kind: 'remote-candidates', candidates };
};

const orMalformed = <T>(value: T | Malformed, make: (value: T) => IceAttribute): IceAttribute | Malformed =>
  value instanceof Malformed ? value : make(value);

const PARSERS: Readonly<Record<IceAttribute['kind'], (value: string) => IceAttribute | Malformed>> = {
  candidate: (value) =>
    orMalformed(parseCandidateValue(value), (candidate) => ({ kind: 'candidate', candidate })),
  'remote-candidates': parseRemoteCandidates,
  'ice-lite': flag('ice-lite'),
  'ice-mismatch': flag('ice-mismatch'),
  'ice-ufrag': (value) =>
    orMalformed(iceWord(value, 4, 256, 'an ice-ufrag'), (ufrag) => ({ kind: 'ice-ufrag', ufrag })),
  'ice-pwd': (value) =>
    orMalformed(iceWord(value, 22, 256, 'an ice-pwd'), (pwd) => ({ kind: 'ice-pwd', pwd })),
  'ice-options': parseOptions,
  'ice-pacing': (value) =>
    orMalformed(numberBetween(value, 1, LARGEST_PACING_MS, 'an ice-pacing'), (pacingMs) => ({
      kind: 'ice-pacing',
      pacingMs,
    })),
  'end-of-candidates': flag('end-of-candidates'),
};
