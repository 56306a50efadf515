import { createDnsResolver, type DnsResolver, type DnsResolverOptions } from '@ringdown/net';
import type { Configuration } from '../config/configuration.ts';

/** Asks the servers that the configuration names, and the system's where it names none. */
export const openResolver = (
  { servers, records }: Configuration['dns'],
  deliver: DnsResolverOptions['deliver'],
): DnsResolver => createDnsResolver({ ...(servers.length > 0 && { servers }), records, deliver });
