import type { DnsAnswer, DnsQuestion, DnsRecord } from '@ringdown/sip';
import type { Configuration } from '../config/configuration.ts';
import { openResolver } from './resolver.ts';

/** Asks the DNS as the configuration says, for what is asked now and then and not on the way of a message. */
export interface DnsLookup {
  /** The answer section; empty where the DNS knows nothing, or cannot be asked. */
  records(name: string, type: DnsQuestion['type']): Promise<readonly DnsRecord[]>;
  close(): void;
}

export const openDnsLookup = (dns: Configuration['dns']): DnsLookup => {
  const waiting = new Map<number, (answer: DnsAnswer) => void>();
  let last = 0;
  const resolver = openResolver(dns, (id, answer) => {
    waiting.get(id)?.(answer);
    waiting.delete(id);
  });
  return {
    records: async (name, type) => {
      const answer = await new Promise<DnsAnswer>((resolve) => {
        waiting.set(++last, resolve);
        // Targets of SRV records end in the dot of the root.
        resolver.query({ id: last, name: name.toLowerCase().replace(/\.$/, ''), type });
      });
      return answer.kind === 'records' ? answer.records : [];
    },
    close: () => resolver.close(),
  };
};
