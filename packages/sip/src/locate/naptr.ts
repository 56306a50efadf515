import type { TransportName } from '../transport/flow.ts';
import type { DnsNaptrRecord } from './dns.ts';
import { canonicalName, isDnsName } from './dns-name.ts';

/** A transport that a domain offers, and the name of its SRV records. */
export interface OfferedService {
  readonly transport: TransportName;
  readonly srvName: string;
}

/** RFC 3263 §9.1. SCTP is none of ours, and WebSockets are never found by DNS. */
const services: ReadonlyMap<string, TransportName> = new Map([
  ['SIP+D2U', 'udp'],
  ['SIP+D2T', 'tcp'],
  ['SIPS+D2T', 'tls'],
]);

/**
 * The services that we can use, in the domain's order (RFC 3263 §4.1): records of other services, of other flags than `s`,
 * with a regular expression, and of transports that are no candidates are discarded.
 *
 * @param records by order and preference.
 */
export const offeredServices = (
  records: readonly DnsNaptrRecord[],
  candidates: readonly TransportName[],
): OfferedService[] => {
  const offered: OfferedService[] = [];
  for (const record of records) {
    const transport = services.get(record.services.toUpperCase());
    if (transport === undefined || !candidates.includes(transport)) continue;
    if (record.flags.toLowerCase() !== 's' || record.regexp !== '') continue;
    const srvName = canonicalName(record.replacement);
    if (isDnsName(srvName)) offered.push({ transport, srvName });
  }
  return offered;
};

/** The SRV name of a transport where no NAPTR record says one (RFC 3263 §4.1, §4.2). */
export const srvName = (transport: TransportName, domain: string): string => {
  switch (transport) {
    case 'udp':
      return `_sip._udp.${domain}`;
    case 'tls':
      return `_sips._tcp.${domain}`;
    default:
      return `_sip._tcp.${domain}`;
  }
};
