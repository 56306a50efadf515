import { isIPv4, isIPv6 } from 'node:net';
import { type DnsRecord, Malformed } from '@ringdown/sip';

const DEFAULT_TTL_SECONDS = 3_600;
const SHAPE = 'NAME [TTL] [IN] TYPE DATA';

/** A word of a zone file: quoted with escapes, or up to white space. */
const WORD = /"((?:[^"\\]|\\.)*)"|[^\s";]+/y;

/**
 * Reads one record in the syntax of a zone file (RFC 1035 §5.1): `_sips._tcp.b.example. 60 IN SRV 0 0 5061 sip.b.example.`
 * Types are A, AAAA, CNAME, SRV and NAPTR. Names are whole, with or without the dot at the end; TTL (seconds, 3600 where it
 * is left out) and class may stand in either order; what follows a semicolon is a comment.
 *
 * @returns Malformed with a sentence that says what is wrong with the line.
 */
export const parseDnsRecord = (line: string): DnsRecord | Malformed => {
  const words = wordsOf(line);
  if (words === undefined) return wrong(line, 'a quote is not closed');
  const [name, ...rest] = words;
  let ttlSeconds = DEFAULT_TTL_SECONDS;
  let next = rest.shift();
  for (; next !== undefined; next = rest.shift()) {
    if (/^\d+$/.test(next)) ttlSeconds = Number(next);
    else if (next.toUpperCase() !== 'IN') break;
  }
  if (name === undefined || next === undefined) return wrong(line, `it must read ${SHAPE}`);
  if (!isName(name)) return wrong(line, `"${name}" is no name`);
  if (ttlSeconds >= 2 ** 31) return wrong(line, 'the TTL must be below 2147483648');
  return readData({ name, ttlSeconds }, next.toUpperCase(), rest, line);
};

type Common = Pick<DnsRecord, 'name' | 'ttlSeconds'>;

const readData = (
  common: Common,
  type: string,
  data: readonly string[],
  line: string,
): DnsRecord | Malformed => {
  const [first = '', second = '', third = '', fourth = ''] = data;
  switch (type) {
    case 'A':
      if (data.length !== 1 || !isIPv4(first)) return wrong(line, 'A needs one IPv4 address');
      return { ...common, type, address: first };
    case 'AAAA':
      if (data.length !== 1 || !isIPv6(first)) return wrong(line, 'AAAA needs one IPv6 address');
      return { ...common, type, address: first };
    case 'CNAME':
      if (data.length !== 1 || !isName(first)) return wrong(line, 'CNAME needs one name');
      return { ...common, type, target: first };
    case 'SRV': {
      const isRight =
        data.length === 4 && isUint16(first, second, third) && (fourth === '.' || isName(fourth));
      if (!isRight) return wrong(line, 'SRV needs priority, weight, port and a name');
      const [priority, weight, port] = [Number(first), Number(second), Number(third)];
      return { ...common, type, priority, weight, port, target: fourth };
    }
    case 'NAPTR':
      return readNaptr(common, data, line);
    default:
      return wrong(line, `"${type}" is none of A, AAAA, CNAME, SRV, NAPTR`);
  }
};

const readNaptr = (common: Common, data: readonly string[], line: string): DnsRecord | Malformed => {
  const [order = '', preference = '', flags = '', services = '', regexp = '', replacement = ''] = data;
  const isRight =
    data.length === 6 && isUint16(order, preference) && (replacement === '.' || isName(replacement));
  if (!isRight)
    return wrong(line, 'NAPTR needs order, preference, "flags", "services", "regexp" and a name or "."');
  return {
    ...common,
    type: 'NAPTR',
    order: Number(order),
    preference: Number(preference),
    flags,
    services,
    regexp,
    replacement,
  };
};

/** The words of a line, quoted ones without their quotes; undefined where a quote does not close. */
const wordsOf = (line: string): string[] | undefined => {
  const words: string[] = [];
  for (let index = 0; index < line.length; ) {
    const character = line[index]!;
    if (character === ';') break;
    if (/\s/.test(character)) {
      index++;
      continue;
    }
    WORD.lastIndex = index;
    const found = WORD.exec(line);
    if (found === null) return undefined;
    words.push(found[1] === undefined ? found[0] : found[1].replace(/\\(.)/g, '$1'));
    index = WORD.lastIndex;
  }
  return words;
};

const isName = (name: string): boolean =>
  name.length <= 254 && /^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?$/i.test(name);

const isUint16 = (...numbers: readonly string[]): boolean =>
  numbers.every((number) => /^\d{1,5}$/.test(number) && Number(number) <= 65_535);

const wrong = (line: string, why: string): Malformed => new Malformed(`DNS record "${line.trim()}": ${why}`);
