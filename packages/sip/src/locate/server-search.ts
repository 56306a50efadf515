import type { Instant, Random } from '@ringdown/sans-io';
import type { TransportName } from '../transport/flow.ts';
import {
  destination,
  failed,
  familyOf,
  findAddresses,
  findAll,
  passingFailure,
  type Target,
} from './addresses.ts';
import type { DnsSrvRecord } from './dns.ts';
import { canonicalName } from './dns-name.ts';
import type { AddressFamily, Located, LocateResult } from './location.ts';
import { type OfferedService, offeredServices, srvName } from './naptr.ts';
import { defaultPort, isWebSocket, type NextHop } from './next-hop.ts';
import { isNoService } from './record-set.ts';
import type { Found, RecordSets } from './record-sets.ts';
import { orderSrv } from './srv.ts';

/** What a search works with. */
export interface ServerSearchParts {
  readonly sets: RecordSets;
  readonly random: Random;
  readonly families: readonly AddressFamily[];
  readonly maxDestinations: number;
}

/**
 * One location under way (RFC 3263 §4.1, §4.2): the domain's services by NAPTR, the servers of a service by SRV, their
 * addresses. Each step that finds nothing leads to the next one, down to the addresses of the domain itself.
 */
export class ServerSearch {
  readonly #parts: ServerSearchParts;
  readonly #hop: NextHop;
  readonly #done: Located;
  /** The transport to the domain itself, where it has no SRV records. */
  #usual: TransportName;
  /** What was wrong with the services that were tried. */
  #failure: LocateResult | undefined = undefined;

  constructor(parts: ServerSearchParts, hop: NextHop, done: Located) {
    this.#parts = parts;
    this.#hop = hop;
    this.#usual = hop.usual;
    this.#done = done;
  }

  start(now: Instant): void {
    const { isNumeric, port, isDecided, target, usual } = this.#hop;
    if (isNumeric) this.#atAddress(now);
    else if (port !== undefined) this.#byAddresses([{ name: target, port }], usual, this.#done, now);
    else if (isWebSocket(usual))
      this.#byAddresses([{ name: target, port: defaultPort(usual) }], usual, this.#done, now);
    else if (isDecided) this.#bySrvOfCandidates(now);
    else this.#parts.sets.find(target, 'NAPTR', now, (found, then) => this.#naptrFound(found, then));
  }

  #atAddress(now: Instant): void {
    const { target, port, usual, serverName } = this.#hop;
    const only = destination(target, port ?? defaultPort(usual), usual, serverName);
    const result: LocateResult = this.#parts.families.includes(familyOf(target))
      ? { kind: 'located', destinations: [only] }
      : failed('no address', `we have no socket of its family to reach ${target}`);
    this.#done(result, now);
  }

  /** Without a NAPTR record that we can use, for whatever reason, the SRV records are asked for directly. */
  #naptrFound(found: Found<'NAPTR'>, now: Instant): void {
    const { candidates } = this.#hop;
    const offered = found.kind === 'records' ? offeredServices(found.records, candidates) : [];
    if (offered.length > 0) {
      this.#usual = offered[0]!.transport;
      this.#trySrv(offered, [], 0, now);
    } else this.#bySrvOfCandidates(now);
  }

  #bySrvOfCandidates(now: Instant): void {
    const services = this.#hop.candidates.map((transport) => ({
      transport,
      srvName: srvName(transport, this.#hop.target),
    }));
    const questions = services.map((service) => [service.srvName, 'SRV'] as const);
    findAll(this.#parts.sets, questions, now, (found, then) => this.#trySrv(services, found, 0, then));
  }

  /** Tries the services one after the other; `known` holds their records where they were asked for already. */
  #trySrv(
    services: readonly OfferedService[],
    known: readonly Found<'SRV'>[],
    index: number,
    now: Instant,
  ): void {
    const service = services[index];
    if (service === undefined) {
      this.#withoutSrv(now);
      return;
    }
    const tryNext = (then: Instant): void => this.#trySrv(services, known, index + 1, then);
    const use = (found: Found<'SRV'>, then: Instant): void => this.#srvFound(service, found, tryNext, then);
    const found = known[index];
    if (found !== undefined) use(found, now);
    else this.#parts.sets.find(service.srvName, 'SRV', now, use);
  }

  #srvFound(
    service: OfferedService,
    found: Found<'SRV'>,
    tryNext: (now: Instant) => void,
    now: Instant,
  ): void {
    const { transport } = service;
    const targets = found.kind === 'failed' ? [] : targetsOf(orderSrv(found.records, this.#parts.random));
    if (targets.length === 0) {
      this.#failure ??=
        found.kind === 'failed'
          ? passingFailure(service.srvName, [found])
          : failed('no transport', `${this.#hop.target} offers no SIP over ${transport}`);
      tryNext(now);
      return;
    }
    const use = (result: LocateResult, then: Instant): void => {
      if (result.kind === 'located') this.#done(result, then);
      else {
        this.#failure ??= result;
        tryNext(then);
      }
    };
    this.#byAddresses(targets, transport, use, now);
  }

  /**
   * No SRV record at all: the domain itself is the server (§4.2). Where there were records that lead nowhere, or the DNS
   * could not say whether there are, the domain must not be taken for its server.
   */
  #withoutSrv(now: Instant): void {
    const domain = { name: this.#hop.target, port: defaultPort(this.#usual) };
    if (this.#failure !== undefined) this.#done(this.#failure, now);
    else this.#byAddresses([domain], this.#usual, this.#done, now);
  }

  #byAddresses(targets: readonly Target[], transport: TransportName, done: Located, now: Instant): void {
    const { sets, families, maxDestinations } = this.#parts;
    const { serverName } = this.#hop;
    findAddresses(sets, targets, { transport, serverName, families, maxDestinations }, now, done);
  }
}

const targetsOf = (records: readonly DnsSrvRecord[]): Target[] =>
  records
    .filter(({ target }) => !isNoService(target))
    .map(({ target, port }) => ({ name: canonicalName(target), port }));
