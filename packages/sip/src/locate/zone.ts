import type { DnsAnswer, DnsQuestion, DnsRecord } from './dns.ts';
import { canonicalName } from './dns-name.ts';

/**
 * Answers questions from a fixed list of records, as a name server does for its own zones. A domain with any record here,
 * its own or one of its services (`_sips._tcp`), is wholly fixed: what it has no record of is `no data`.
 */
export class Zone {
  readonly #records = new Map<string, DnsRecord[]>();
  readonly #domains = new Set<string>();

  constructor(records: readonly DnsRecord[]) {
    for (const record of records) {
      const name = canonicalName(record.name);
      this.#domains.add(domainOf(name));
      const known = this.#records.get(name);
      if (known === undefined) this.#records.set(name, [record]);
      else known.push(record);
    }
  }

  /** The answer to a question; undefined where nothing of its domain is fixed here. */
  answer({ name, type }: Pick<DnsQuestion, 'name' | 'type'>): DnsAnswer | undefined {
    const records = (this.#records.get(name) ?? []).filter(
      (record) => type === record.type || record.type === 'CNAME',
    );
    if (records.length > 0) return { kind: 'records', records };
    return this.#domains.has(domainOf(name)) ? { kind: 'failed', failure: 'no data' } : undefined;
  }
}

/** A name without the labels of a service, which begin with an underscore (RFC 2782). */
const domainOf = (name: string): string => {
  let start = 0;
  while (name.charCodeAt(start) === 0x5f && name.indexOf('.', start) >= 0)
    start = name.indexOf('.', start) + 1;
  return name.slice(start);
};
