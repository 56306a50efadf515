import type { Instant, Random } from '@ringdown/sans-io';
import { bareHost } from '../message/uri.ts';
import type { ViaValue } from '../message/via.ts';
import type { Destination } from '../transport/flow.ts';
import { destination } from './addresses.ts';
import type { DnsPort } from './dns.ts';
import type { AddressFamily, Located, LocateResult, Locator } from './location.ts';
import { defaultPort, isAddress, type NextHop, nextHopOf, nextHopOfVia } from './next-hop.ts';
import { RecordSets, type RecordSetsOptions } from './record-sets.ts';
import { ServerSearch } from './server-search.ts';

/** Randomness for the weights of SRV records, and bounds that have defaults. */
export interface LocatorOptions extends Partial<RecordSetsOptions> {
  readonly random: Random;
  /** How many destinations a location gives at most. */
  readonly maxDestinations?: number;
}

const defaults = Object.freeze({
  maxDestinations: 32,
  maxRecords: 16,
  maxAliases: 8,
  maxTtlMs: 86_400_000,
  negativeTtlMs: 60_000,
  maxNegativeTtlMs: 900_000,
  failureTtlMs: 5_000,
  maxCached: 4_096,
  maxAsking: 1_024,
  maxWaiting: 4_096,
});

const bothFamilies: readonly AddressFamily[] = Object.freeze(['ipv4', 'ipv6']);

/**
 * Finds where requests and responses go by RFC 3263: a pure machine that asks through a {@link DnsPort} and is told the
 * answers. It has no timers: the port ends every question.
 *
 * In one thing it goes beyond the RFC: a SIP URI whose domain has no NAPTR records is looked up as `_sips._tcp`, too,
 * where TLS is among our transports, so that a domain that offers nothing but TLS is found by its SRV records alone.
 *
 * @example
 * const locator = createLocator({ random }, { query: (question) => outputs.push(question) });
 * locator.locate(uri, { transports: ['tls', 'tcp', 'udp'] }, now, (result) => { … });
 * locator.answered(question.id, answer, now);
 */
export const createLocator = ({ random, ...bounds }: LocatorOptions, dns: DnsPort): Locator => {
  const options = { ...defaults, ...bounds };
  const { maxDestinations } = options;
  const sets = new RecordSets(dns, options);
  const search = (
    hop: NextHop | LocateResult,
    families: readonly AddressFamily[],
    now: Instant,
    done: Located,
  ): void => {
    if (families.length === 0) throw new RangeError('families names no address family: give at least one');
    if ('kind' in hop) done(hop, now);
    else new ServerSearch({ sets, random, families, maxDestinations }, hop, done).start(now);
  };
  return {
    locate: (uri, { transports, families = bothFamilies }, now, done) =>
      search(nextHopOf(uri, transports), families, now, done),
    locateResponse: (via, { families = bothFamilies }, now, done) => {
      const received = receivedFrom(via);
      if (received?.transport === 'udp') done({ kind: 'located', destinations: [received] }, now);
      else
        search(nextHopOfVia(via), families, now, (result, then) =>
          done(received === undefined ? result : startingWith(received, result), then),
        );
    },
    answered: (id, answer, now) => sets.answered(id, answer, now),
    get asking() {
      return sets.asking;
    },
  };
};

/**
 * Where the request really came from, with the port of its sent-by, or over UDP of its `rport` (RFC 3261 §18.2.2, RFC
 * 3581 §4); undefined where the Via does not say it, or gives way to its `maddr`.
 */
const receivedFrom = (via: ViaValue): Destination | undefined => {
  const hop = nextHopOfVia(via);
  const received = bareHost(via.parameters.get('received') ?? '');
  if ('kind' in hop || !isAddress(received)) return undefined;
  const isUdp = hop.usual === 'udp';
  if (isUdp && via.parameters.has('maddr')) return undefined;
  const rport = isUdp ? Number(via.parameters.get('rport')) : 0;
  const port = rport > 0 && rport < 65_536 ? rport : (via.port ?? defaultPort(hop.usual));
  return destination(received, port, hop.usual, hop.serverName);
};

/** The address that the request came from is tried first, then those of the sent-by. */
const startingWith = (first: Destination, result: LocateResult): LocateResult => {
  const others = result.kind === 'located' ? result.destinations : [];
  const isOther = (one: Destination): boolean => one.address !== first.address || one.port !== first.port;
  return { kind: 'located', destinations: [first, ...others.filter(isOther)] };
};
