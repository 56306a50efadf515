import { isIP } from 'node:net';
import type { DnsAnswer, DnsQuestion } from '@ringdown/sip';
import type { Configuration } from '../config/configuration.ts';
import { openResolver } from './resolver.ts';

export interface HostLookup {
  /** The addresses of a host, or the address that it is already; none where the DNS knows none. */
  addresses(host: string, type?: 'A' | 'AAAA'): Promise<readonly string[]>;
  close(): void;
}

/** Looks up hosts as the configuration says, for what is asked now and then and not on the way of a message. */
export const createHostLookup = (dns: Configuration['dns']): HostLookup => {
  const waiting = new Map<number, (answer: DnsAnswer) => void>();
  let last = 0;
  const resolver = openResolver(dns, (id, answer) => {
    waiting.get(id)?.(answer);
    waiting.delete(id);
  });
  const ask = (question: Omit<DnsQuestion, 'id'>): Promise<DnsAnswer> =>
    new Promise((resolve) => {
      waiting.set(++last, resolve);
      resolver.query({ ...question, id: last });
    });
  return {
    addresses: async (host, type = 'A') => {
      if (isIP(host) !== 0) return [host];
      const answer = await ask({ name: host, type });
      return answer.kind === 'records'
        ? answer.records.flatMap((record) => (record.type === type ? [record.address] : []))
        : [];
    },
    close: () => resolver.close(),
  };
};
