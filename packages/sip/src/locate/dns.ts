/** What is asked for. CNAMEs are followed, never asked for. */
export type DnsQuestionType = 'A' | 'AAAA' | 'SRV' | 'NAPTR';

/** What every record has. Names are in their text form (RFC 1035 §5.1), with or without the dot of the root. */
interface DnsRecordBase {
  /** The name that the record belongs to. */
  readonly name: string;
  readonly ttlSeconds: number;
}

/** An IPv4 or IPv6 address, without brackets. */
export interface DnsAddressRecord extends DnsRecordBase {
  readonly type: 'A' | 'AAAA';
  readonly address: string;
}

/** Where a service is (RFC 2782). */
export interface DnsSrvRecord extends DnsRecordBase {
  readonly type: 'SRV';
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  /** `.` or the empty name: the service is decidedly not offered. */
  readonly target: string;
}

/** Which services a domain has (RFC 3403 §4.1). */
export interface DnsNaptrRecord extends DnsRecordBase {
  readonly type: 'NAPTR';
  readonly order: number;
  readonly preference: number;
  readonly flags: string;
  /** Such as `SIP+D2T`. */
  readonly services: string;
  readonly regexp: string;
  readonly replacement: string;
}

/** Another name of the same host. */
export interface DnsCnameRecord extends DnsRecordBase {
  readonly type: 'CNAME';
  readonly target: string;
}

export type DnsRecord = DnsAddressRecord | DnsSrvRecord | DnsNaptrRecord | DnsCnameRecord;

/** The record that answers a question of a type. */
export type DnsRecordOf<Type extends DnsQuestionType> = Extract<
  DnsRecord,
  { readonly type: Type extends 'A' | 'AAAA' ? 'A' | 'AAAA' : Type }
>;

/** A question that leaves the machine; its answer comes back with the same id. */
export interface DnsQuestion {
  readonly id: number;
  /** Lower case, without the dot of the root. */
  readonly name: string;
  readonly type: DnsQuestionType;
}

/**
 * Why there is no record: the name does not exist (NXDOMAIN); it exists but not with this type (NODATA, RFC 2308 §2);
 * nobody answered in time; the server could not say (SERVFAIL, REFUSED, an answer that nobody can read).
 */
export type DnsFailure = 'no such name' | 'no data' | 'timeout' | 'server failure';

/** What came back. */
export type DnsAnswer =
  /** The answer section: the records asked for and the CNAMEs that lead to them, in any order. */
  | { readonly kind: 'records'; readonly records: readonly DnsRecord[] }
  /** `ttlSeconds`: how long this may be remembered (the SOA's MINIMUM, RFC 2308 §5), where the server said it. */
  | { readonly kind: 'failed'; readonly failure: DnsFailure; readonly ttlSeconds?: number };

/**
 * The port through which a machine asks the DNS. Every question gets one answer, at the latest `timeout`; it comes back
 * as an input of the machine (`Locator.answered`), never from within `query`.
 */
export interface DnsPort {
  query(question: DnsQuestion): void;
}
