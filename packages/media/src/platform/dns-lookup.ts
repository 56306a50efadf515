import { createDnsResolver, type DnsResolverOptions } from '@ringdown/net';
import type { DnsAnswer, DnsQuestionType, DnsRecord, DnsRecordOf } from '@ringdown/sip';

/** What the DNS said, and how long that is good. */
export interface Found<Type extends DnsQuestionType> {
  readonly records: readonly DnsRecordOf<Type>[];
  /** Undefined where nothing was found and nobody said for how long. */
  readonly ttlSeconds: number | undefined;
  /** Nobody could be asked: what is there may be found later. */
  readonly isUnsure: boolean;
}

/** Asks the DNS for what is not on the way of a message. */
export interface DnsLookup {
  find<Type extends DnsQuestionType>(name: string, type: Type): Promise<Found<Type>>;
  /** What is asked now is never answered. */
  close(): void;
}

export const openDnsLookup = (options: Omit<DnsResolverOptions, 'deliver'>): DnsLookup => {
  const waiting = new Map<number, (answer: DnsAnswer) => void>();
  let last = 0;
  const resolver = createDnsResolver({
    ...options,
    deliver: (id, answer) => {
      waiting.get(id)?.(answer);
      waiting.delete(id);
    },
  });
  return {
    find: async <Type extends DnsQuestionType>(name: string, type: Type) => {
      const answer = await new Promise<DnsAnswer>((resolve) => {
        waiting.set(++last, resolve);
        // Targets of SRV records end in the dot of the root.
        resolver.query({ id: last, name: name.toLowerCase().replace(/\.$/, ''), type });
      });
      return foundIn(answer, type);
    },
    close: () => {
      waiting.clear();
      resolver.close();
    },
  };
};

const foundIn = <Type extends DnsQuestionType>(answer: DnsAnswer, type: Type): Found<Type> => {
  if (answer.kind === 'failed') {
    const isUnsure = answer.failure === 'timeout' || answer.failure === 'server failure';
    return { records: [], ttlSeconds: answer.ttlSeconds, isUnsure };
  }
  const isWanted = (record: DnsRecord): record is DnsRecordOf<Type> => record.type === type;
  return {
    records: answer.records.filter(isWanted),
    ttlSeconds: Math.min(...answer.records.map(({ ttlSeconds }) => ttlSeconds)),
    isUnsure: false,
  };
};
