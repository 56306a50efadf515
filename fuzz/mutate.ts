import type { Random } from '@ringdown/sans-io';

/** A whole number, 0 ≤ n < `limit`. */
export const below = (random: Random, limit: number): number => Math.floor(random.fraction() * limit);

export const pick = <T>(random: Random, list: readonly T[]): T => list[below(random, list.length)]!;

/** Longer inputs are cut: what is larger than a datagram is for the stream's limits. */
const MAX_BYTES = 65_000;

/** Pieces that SIP reads in a special way, or that have broken others. */
const DICTIONARY = [
  '\r\n',
  '\r\n\r\n',
  '\r\n ',
  '\n',
  '\r',
  '\0',
  ' ',
  '\t',
  ',',
  ';',
  ':',
  '"',
  '\\',
  '\\"',
  '<',
  '>',
  '@',
  '%',
  '%00',
  '=',
  '?',
  '[',
  ']',
  '[::1]',
  '/',
  '*',
  'sip:',
  'sips:',
  'tel:',
  ';lr',
  ';maddr=192.0.2.1',
  ';transport=tcp',
  ';branch=z9hG4bK',
  ';branch=z9hG4bKx',
  ';rport',
  ';received=203.0.113.1',
  ';tag=x',
  ';expires=',
  ';q=',
  '4294967296',
  '-1',
  '99999999999999999999',
  'Via: SIP/2.0/UDP a\r\n',
  'Route: <sip:192.0.2.1;lr>\r\n',
  'Route: <sip:away.example;lr>\r\n',
  'Record-Route: <sip:a;lr>\r\n',
  'Contact: *\r\n',
  'Contact: <sip:a@b>;expires=0\r\n',
  'Content-Length: 0\r\n',
  'l: 5\r\n',
  'Max-Forwards: 0\r\n',
  'Max-Breadth: 1\r\n',
  'Require: x\r\n',
  'Proxy-Require: x\r\n',
  'Authorization: Digest username="alice", realm="home.example", nonce="n", response="r", uri="sip:a"\r\n',
  'Expires: 0\r\n',
  'ACK ',
  'CANCEL ',
  'INVITE ',
  'SIP/2.0 200 OK\r\n',
  'SIP/2.0',
];

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const dictionary = DICTIONARY.map(latin1);

const spliced = (bytes: Uint8Array, start: number, end: number, piece: Uint8Array): Uint8Array => {
  const out = new Uint8Array(start + piece.length + bytes.length - end);
  out.set(bytes.subarray(0, start));
  out.set(piece, start);
  out.set(bytes.subarray(end), start + piece.length);
  return out.length > MAX_BYTES ? out.subarray(0, MAX_BYTES) : out;
};

type Mutation = (bytes: Uint8Array, random: Random, corpus: readonly Uint8Array[]) => Uint8Array;

/** From one place to one at or behind it. */
const span = (bytes: Uint8Array, random: Random, longest: number): [number, number] => {
  const start = below(random, bytes.length + 1);
  return [start, Math.min(bytes.length, start + below(random, longest + 1))];
};

/** The lines of a message as they stand, by their first and last byte. */
const lineAt = (bytes: Uint8Array, random: Random): [number, number] => {
  const near = below(random, bytes.length + 1);
  const start = bytes.lastIndexOf(0x0a, near - 1) + 1;
  const end = bytes.indexOf(0x0a, near);
  return [start, end < 0 ? bytes.length : end + 1];
};

const mutations: readonly Mutation[] = [
  // One byte becomes another.
  (bytes, random) => {
    const out = bytes.slice();
    if (out.length > 0) out[below(random, out.length)] = below(random, 256);
    return out;
  },
  (bytes, random) => spliced(bytes, ...span(bytes, random, 12), pick(random, dictionary)),
  (bytes, random) => {
    const [start] = span(bytes, random, 0);
    return spliced(bytes, start, start, pick(random, dictionary));
  },
  (bytes, random) => spliced(bytes, ...span(bytes, random, 40), new Uint8Array(0)),
  // A line goes, comes twice, or comes from elsewhere.
  (bytes, random) => spliced(bytes, ...lineAt(bytes, random), new Uint8Array(0)),
  (bytes, random) => {
    const [start, end] = lineAt(bytes, random);
    return spliced(bytes, start, start, bytes.slice(start, end));
  },
  (bytes, random, corpus) => {
    const other = pick(random, corpus);
    const [start] = lineAt(bytes, random);
    return spliced(bytes, start, start, other.slice(...lineAt(other, random)));
  },
  (bytes, random) => bytes.slice(0, below(random, bytes.length + 1)),
  // The same piece again and again: what takes quadratic time shows.
  (bytes, random) => {
    const piece =
      random.fraction() < 0.5 ? pick(random, dictionary) : bytes.slice(...span(bytes, random, 30));
    const times = 2 ** below(random, 14);
    const many = new Uint8Array(Math.min(MAX_BYTES, piece.length * times));
    for (let at = 0; at < many.length; at += piece.length) many.set(piece.subarray(0, many.length - at), at);
    const [start] = span(bytes, random, 0);
    return spliced(bytes, start, start, many);
  },
];

/** A few mutations of one message, the same for the same random numbers. */
export const mutate = (bytes: Uint8Array, random: Random, corpus: readonly Uint8Array[]): Uint8Array => {
  let out = bytes;
  for (let left = below(random, 5); left >= 0; left--) out = pick(random, mutations)(out, random, corpus);
  return out;
};
