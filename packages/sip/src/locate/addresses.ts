import type { Instant } from '@ringdown/sans-io';
import { isIpv6 } from '../message/uri.ts';
import type { Destination, TransportName } from '../transport/flow.ts';
import type { DnsQuestionType } from './dns.ts';
import type { AddressFamily, LocateFailure, LocateResult } from './location.ts';
import type { Found, RecordSets } from './record-sets.ts';

/** A name and port whose addresses are wanted: an SRV target, or the domain itself. */
export interface Target {
  readonly name: string;
  readonly port: number;
}

/** How the addresses that were found are written as destinations. */
export interface DestinationParts {
  readonly transport: TransportName;
  readonly serverName: string | undefined;
  readonly families: readonly AddressFamily[];
  readonly maxDestinations: number;
}

export const familyOf = (address: string): AddressFamily => (isIpv6(address) ? 'ipv6' : 'ipv4');

export const destination = (
  address: string,
  port: number,
  transport: TransportName,
  serverName: string | undefined,
): Destination => ({
  address,
  port,
  transport,
  ...(transport !== 'udp' && transport !== 'tcp' && serverName !== undefined ? { serverName } : {}),
});

/** Asks several things at once and hands over all answers together, in the order of the questions. */
export const findAll = <Type extends DnsQuestionType>(
  sets: RecordSets,
  questions: readonly (readonly [name: string, type: Type])[],
  now: Instant,
  done: (found: readonly Found<Type>[], now: Instant) => void,
): void => {
  const all: Found<Type>[] = new Array(questions.length);
  let waiting = questions.length;
  questions.forEach(([name, type], index) => {
    sets.find(name, type, now, (found, then) => {
      all[index] = found;
      waiting--;
      if (waiting === 0) done(all, then);
    });
  });
};

/**
 * The addresses of targets, in the order of the targets; of one target, in the order of our families. A target without
 * addresses is passed over.
 */
export const findAddresses = (
  sets: RecordSets,
  targets: readonly Target[],
  parts: DestinationParts,
  now: Instant,
  done: (result: LocateResult, now: Instant) => void,
): void => {
  const questions = targets.flatMap(({ name }) =>
    parts.families.map((family) => [name, family === 'ipv4' ? 'A' : 'AAAA'] as const),
  );
  findAll(sets, questions, now, (found, then) => {
    const destinations = destinationsOf(targets, found, parts);
    const result: LocateResult =
      destinations.length > 0
        ? { kind: 'located', destinations }
        : failedFor(targets[0]!.name, found, parts.families);
    done(result, then);
  });
};

const destinationsOf = (
  targets: readonly Target[],
  found: readonly Found<'A' | 'AAAA'>[],
  parts: DestinationParts,
): Destination[] => {
  const destinations: Destination[] = [];
  const seen = new Set<string>();
  const families = parts.families.length;
  found.forEach((set, index) => {
    if (set.kind === 'failed') return;
    const { port } = targets[Math.floor(index / families)]!;
    for (const { address } of set.records) {
      const key = `${address} ${port}`;
      if (seen.has(key) || destinations.length >= parts.maxDestinations) continue;
      seen.add(key);
      destinations.push(destination(address, port, parts.transport, parts.serverName));
    }
  });
  return destinations;
};

const families: Readonly<Record<AddressFamily, string>> = { ipv4: 'IPv4', ipv6: 'IPv6' };

/** What can pass counts before what lasts: it is too early to say that nothing is there. */
const failedFor = (
  name: string,
  found: readonly Found<DnsQuestionType>[],
  wanted: readonly AddressFamily[],
): LocateResult => {
  const passing = passingFailure(name, found);
  if (passing !== undefined) return passing;
  const missing = found.every((set) => set.kind === 'failed' && set.failure === 'no such name');
  if (missing) return failed('no such domain', `no such domain ${name}`);
  return failed(
    'no address',
    `${name} has no ${wanted.map((family) => families[family]).join(' or ')} address`,
  );
};

/** A failure of the asking, not of what was asked for; undefined where there is none. */
export const passingFailure = (
  name: string,
  found: readonly Found<DnsQuestionType>[],
): LocateResult | undefined => {
  const has = (failure: string) => found.some((set) => set.kind === 'failed' && set.failure === failure);
  if (has('busy')) return failed('busy', `too many DNS questions wait already to ask for ${name}`);
  if (has('timeout')) return failed('timeout', `no DNS server answered for ${name} in time`);
  if (has('server failure')) return failed('server failure', `the DNS could not answer for ${name}`);
  return undefined;
};

export const failed = (failure: LocateFailure, why: string): LocateResult => ({
  kind: 'failed',
  failure,
  why,
});
