import type { DnsAnswer, DnsQuestion, DnsRecord } from '@ringdown/sip';
import { type Answer, type DecodedPacket, decode, encode, RECURSION_DESIRED } from 'dns-packet';

const HEADER_BYTES = 12;
const TRUNCATED = 0x02;
const RESPONSE = 0x80;

/** What an answer must fit in without fragments (EDNS, RFC 6891), as the DNS community agreed on in 2020. */
const UDP_PAYLOAD_BYTES = 1_232;

/** A query on the wire, and what its answer must repeat. */
export interface DnsQuery {
  readonly bytes: Buffer;
  /** The length of header and question. */
  readonly questionEnd: number;
}

/** Writes a query for a recursive server; without `edns` it is one that every server understands. */
export const writeQuery = ({ name, type }: DnsQuestion, id: number, edns: boolean): DnsQuery => {
  const question = { type: 'query', id, flags: RECURSION_DESIRED, questions: [{ name, type }] } as const;
  const bare = encode({ ...question, questions: [...question.questions] });
  if (!edns) return { bytes: bare, questionEnd: bare.length };
  const options = { udpPayloadSize: UDP_PAYLOAD_BYTES, extendedRcode: 0, ednsVersion: 0, flags: 0 };
  const opt = { ...options, flag_do: false, type: 'OPT', name: '.', options: [] } as const;
  const bytes = encode({
    ...question,
    questions: [...question.questions],
    additionals: [{ ...opt, options: [] }],
  });
  return { bytes, questionEnd: bare.length };
};

/** Whether a message answers a query: its id, one question, and that question, whatever the case of its letters. */
export const answersQuery = (message: Buffer, query: DnsQuery): boolean => {
  if (message.length < query.questionEnd) return false;
  if (message.readUInt16BE(0) !== query.bytes.readUInt16BE(0)) return false;
  if ((message[2]! & RESPONSE) === 0 || message.readUInt16BE(4) !== 1) return false;
  for (let index = HEADER_BYTES; index < query.questionEnd; index++) {
    if (lowerCase(message[index]!) !== lowerCase(query.bytes[index]!)) return false;
  }
  return true;
};

const lowerCase = (byte: number): number => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte);

/** Whether an answer was cut short, so that it must be asked for over TCP (RFC 2181 §9). */
export const isTruncated = (message: Buffer): boolean => (message[2]! & TRUNCATED) !== 0;

const serverFailure: DnsAnswer = Object.freeze({ kind: 'failed', failure: 'server failure' });

/** Reads an answer. What cannot be read counts as a failure of the server. */
export const readAnswer = (message: Buffer): DnsAnswer => {
  let packet: DecodedPacket & { readonly rcode?: string };
  try {
    packet = decode(message);
  } catch {
    return serverFailure;
  }
  if (packet.rcode === 'NXDOMAIN') return missing('no such name', packet);
  if (packet.rcode !== 'NOERROR') return serverFailure;
  const records = (packet.answers ?? []).flatMap(recordOf);
  return records.length > 0 ? { kind: 'records', records } : missing('no data', packet);
};

/** How long it is missing is said by the SOA of the zone: the lesser of its TTL and its MINIMUM (RFC 2308 §5). */
const missing = (failure: 'no such name' | 'no data', packet: DecodedPacket): DnsAnswer => {
  for (const authority of packet.authorities ?? []) {
    if (authority.type !== 'SOA') continue;
    return { kind: 'failed', failure, ttlSeconds: Math.min(authority.ttl ?? 0, authority.data.minimum ?? 0) };
  }
  return { kind: 'failed', failure };
};

const recordOf = (answer: Answer): DnsRecord[] => {
  if (answer.type === 'OPT' || (answer as { readonly class?: string }).class !== 'IN') return [];
  const { name } = answer;
  const ttlSeconds = answer.ttl ?? 0;
  switch (answer.type) {
    case 'A':
    case 'AAAA':
      return [{ type: answer.type, name, ttlSeconds, address: answer.data }];
    case 'CNAME':
      return [{ type: 'CNAME', name, ttlSeconds, target: answer.data }];
    case 'SRV': {
      const { priority = 0, weight = 0, port, target } = answer.data;
      return [{ type: 'SRV', name, ttlSeconds, priority, weight, port, target }];
    }
    case 'NAPTR':
      return [{ type: 'NAPTR', name, ttlSeconds, ...answer.data }];
    default:
      return [];
  }
};
