import { isIpv4, isIpv6 } from '../message/uri.ts';
import type { DnsAnswer, DnsFailure, DnsNaptrRecord, DnsQuestionType, DnsRecord } from './dns.ts';
import { canonicalName, isDnsName } from './dns-name.ts';

/** The records of one name and type (an RRSet, RFC 2181 §5), or why there are none; with how long this holds. */
export type RecordSet =
  | { readonly kind: 'records'; readonly records: readonly DnsRecord[]; readonly ttlMs: number }
  | { readonly kind: 'failed'; readonly failure: DnsFailure; readonly ttlMs: number }
  /** The answer ends in a CNAME whose name must be asked for. */
  | { readonly kind: 'alias'; readonly name: string; readonly hops: number; readonly ttlMs: number };

/** What bounds a record set. */
export interface RecordSetLimits {
  /** How many records of a set are looked at: the first ones, in the order of their priority. */
  readonly maxRecords: number;
  /** How many CNAMEs may follow each other. */
  readonly maxAliases: number;
  /** How long any answer is believed at most. */
  readonly maxTtlMs: number;
  /** How long a missing name or type is remembered where the server does not say (RFC 2308 §5), and at most. */
  readonly negativeTtlMs: number;
  readonly maxNegativeTtlMs: number;
  /** How long a server that failed is spared the same question (RFC 2308 §7). */
  readonly failureTtlMs: number;
}

/** Reads the answer to a question for `name`: follows its CNAMEs and keeps what may be used. */
export const readRecordSet = (
  answer: DnsAnswer,
  name: string,
  type: DnsQuestionType,
  hops: number,
  limits: RecordSetLimits,
): RecordSet => {
  if (answer.kind === 'failed') return readFailure(answer.failure, answer.ttlSeconds, limits);
  const aliases = new Map<string, DnsRecord & { readonly type: 'CNAME' }>();
  const byName = new Map<string, DnsRecord[]>();
  for (const record of answer.records) {
    const owner = canonicalName(record.name);
    if (record.type === 'CNAME') aliases.set(owner, record);
    else if (record.type === type && isUsable(record)) {
      const known = byName.get(owner);
      if (known === undefined) byName.set(owner, [record]);
      else known.push(record);
    }
  }
  return follow(aliases, byName, name, hops, limits);
};

const follow = (
  aliases: ReadonlyMap<string, DnsRecord & { readonly type: 'CNAME' }>,
  byName: ReadonlyMap<string, DnsRecord[]>,
  name: string,
  hops: number,
  limits: RecordSetLimits,
): RecordSet => {
  let current = name;
  let ttlMs = limits.maxTtlMs;
  for (let followed = hops; followed <= limits.maxAliases; followed++) {
    const records = byName.get(current);
    if (records !== undefined) {
      for (const record of records) ttlMs = Math.min(ttlMs, milliseconds(record.ttlSeconds));
      records.sort(byPriority);
      return { kind: 'records', records: records.slice(0, limits.maxRecords), ttlMs };
    }
    const alias = aliases.get(current);
    if (alias === undefined) {
      return current === name
        ? { kind: 'failed', failure: 'no data', ttlMs: Math.min(ttlMs, limits.negativeTtlMs) }
        : { kind: 'alias', name: current, hops: followed, ttlMs };
    }
    ttlMs = Math.min(ttlMs, milliseconds(alias.ttlSeconds));
    current = canonicalName(alias.target);
    if (!isDnsName(current)) break;
  }
  return { kind: 'failed', failure: 'server failure', ttlMs: limits.failureTtlMs };
};

const readFailure = (
  failure: DnsFailure,
  ttlSeconds: number | undefined,
  limits: RecordSetLimits,
): RecordSet => {
  const isSaid = failure === 'no such name' || failure === 'no data';
  if (!isSaid) return { kind: 'failed', failure, ttlMs: limits.failureTtlMs };
  const ttlMs = ttlSeconds === undefined ? limits.negativeTtlMs : milliseconds(ttlSeconds);
  return { kind: 'failed', failure, ttlMs: Math.min(ttlMs, limits.maxNegativeTtlMs) };
};

/** A TTL with its highest bit set counts as zero (RFC 2181 §8). */
const milliseconds = (ttlSeconds: number): number =>
  ttlSeconds > 0 && ttlSeconds < 2 ** 31 ? ttlSeconds * 1000 : 0;

const isUint16 = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= 65_535;

/** Whether a record says what its type must say; others are passed over, like records of other types. */
const isUsable = (record: DnsRecord): boolean => {
  switch (record.type) {
    case 'A':
      return isIpv4(record.address);
    case 'AAAA':
      return isIpv6(record.address);
    case 'SRV':
      return (
        isUint16(record.priority) &&
        isUint16(record.weight) &&
        (isNoService(record.target) ||
          (isUint16(record.port) && record.port > 0 && isDnsName(canonicalName(record.target))))
      );
    case 'NAPTR':
      return isUint16(record.order) && isUint16(record.preference);
    case 'CNAME':
      return false;
  }
};

/** A target that says: this service is decidedly not offered here (RFC 2782). */
export const isNoService = (target: string): boolean => target === '.' || target === '';

const byPriority = (left: DnsRecord, right: DnsRecord): number => {
  if (left.type === 'SRV' && right.type === 'SRV') return left.priority - right.priority;
  if (left.type === 'NAPTR' && right.type === 'NAPTR') return byOrder(left, right);
  return 0;
};

/** RFC 3403 §4.1: by order, among equals by preference. */
const byOrder = (left: DnsNaptrRecord, right: DnsNaptrRecord): number =>
  left.order - right.order || left.preference - right.preference;
