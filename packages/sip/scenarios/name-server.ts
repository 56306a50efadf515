import { after, type Instant, instant, seededRandom } from '@ringdown/sans-io';
import { expect } from 'vitest';
import type { DnsAnswer, DnsQuestion, DnsRecord } from '../src/locate/dns.ts';
import type { LocateOptions, LocateResult } from '../src/locate/location.ts';
import { createLocator, type LocatorOptions } from '../src/locate/locator.ts';
import { Zone } from '../src/locate/zone.ts';
import { parseSipUriOnly, type SipUri } from '../src/message/uri.ts';
import { decodeVia, type ViaValue } from '../src/message/via.ts';
import type { Destination } from '../src/transport/flow.ts';

export const uri = (text: string): SipUri => {
  const read = parseSipUriOnly(text);
  if (!('host' in read)) throw new Error(read.why);
  return read;
};

export const via = (text: string): ViaValue => {
  const read = decodeVia(text);
  if (!('host' in read)) throw new Error(read.why);
  return read;
};

const ttlSeconds = 60;
export const a = (name: string, address: string, ttl = ttlSeconds): DnsRecord => ({
  type: address.includes(':') ? 'AAAA' : 'A',
  name,
  ttlSeconds: ttl,
  address,
});
export const srv = (
  name: string,
  priority: number,
  weight: number,
  port: number,
  target: string,
): DnsRecord => ({
  type: 'SRV',
  name,
  ttlSeconds,
  priority,
  weight,
  port,
  target,
});
export const naptr = (name: string, order: number, services: string, replacement: string): DnsRecord => ({
  type: 'NAPTR',
  name,
  ttlSeconds,
  order,
  preference: 50,
  flags: 's',
  services,
  regexp: '',
  replacement,
});
export const cname = (name: string, target: string): DnsRecord => ({
  type: 'CNAME',
  name,
  ttlSeconds,
  target,
});

/** A name server in memory: it holds a zone, and answers when told to. */
export const nameServer = (zone: readonly DnsRecord[], options: Partial<LocatorOptions> = {}) => {
  const questions: DnsQuestion[] = [];
  const asked: string[] = [];
  const overrides = new Map<string, DnsAnswer>();
  let now = instant(0);
  const locator = createLocator(
    { random: seededRandom(1), ...options },
    {
      query: (question) => {
        questions.push(question);
        asked.push(`${question.type} ${question.name}`);
      },
    },
  );
  const fixed = new Zone(zone);
  const lookUp = (question: DnsQuestion): DnsAnswer =>
    overrides.get(`${question.type} ${question.name}`) ??
    fixed.answer(question) ?? { kind: 'failed', failure: 'no such name' };
  const answerAll = (): void => {
    for (let next = questions.shift(); next !== undefined; next = questions.shift())
      locator.answered(next.id, lookUp(next), now);
  };
  const results: LocateResult[] = [];
  const options0: LocateOptions = { transports: ['udp', 'tcp', 'tls'] };
  return {
    locator,
    asked,
    questions,
    overrides,
    results,
    answerAll,
    pass: (milliseconds: number): Instant => {
      now = after(now, milliseconds);
      return now;
    },
    start: (text: string, given: Partial<LocateOptions> = {}): void =>
      locator.locate(uri(text), { ...options0, ...given }, now, (result) => results.push(result)),
    locate: (text: string, given: Partial<LocateOptions> = {}): LocateResult => {
      const before = results.length;
      locator.locate(uri(text), { ...options0, ...given }, now, (result) => results.push(result));
      answerAll();
      expect(results.length).toBe(before + 1);
      return results.at(-1)!;
    },
    respond: (text: string): LocateResult => {
      const before = results.length;
      locator.locateResponse(via(text), {}, now, (result) => results.push(result));
      answerAll();
      expect(results.length).toBe(before + 1);
      return results.at(-1)!;
    },
  };
};

const written = ({ transport, address, port, serverName }: Destination): string =>
  `${transport} ${address} ${port}${serverName === undefined ? '' : ` ${serverName}`}`;

export const destinations = (result: LocateResult): string[] => {
  if (result.kind === 'failed') throw new Error(result.why);
  return result.destinations.map(written);
};

export const why = (result: LocateResult): string =>
  result.kind === 'failed' ? `${result.failure}: ${result.why}` : 'located';
