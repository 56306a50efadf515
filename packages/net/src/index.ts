export {};
export { parseDnsRecord } from './dns-record.ts';
export {
  createDnsResolver,
  type DnsResolver,
  type DnsResolverOptions,
  parseDnsServer,
} from './dns-resolver.ts';
