import { BlockList, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';

/** One of this machine's addresses, as its interfaces say. */
export interface LocalAddress {
  readonly address: string;
  readonly ipv6: boolean;
  readonly loopback: boolean;
  /** Tells whether an address is in this one's own network; undefined where the interface's network is not known. */
  readonly network: BlockList | undefined;
}

const ALL_IPV4 = '0.0.0.0';
const ALL_IPV6 = '::';

export const isWildcard = (host: string): boolean => host === ALL_IPV4 || host === ALL_IPV6;

/** Whether nothing outside this machine can be reached from an address. */
export const isLoopback = (address: string): boolean => address === '::1' || address.startsWith('127.');

export const family = (ipv6: boolean): 'ipv6' | 'ipv4' => (ipv6 ? 'ipv6' : 'ipv4');

/** Every address of the interfaces; link-local IPv6 ones are left out: SIP has no way to write their zone. */
const interfaceAddresses = (): LocalAddress[] => {
  const found: LocalAddress[] = [];
  for (const addresses of Object.values(networkInterfaces())) {
    for (const { address, cidr, internal } of addresses ?? []) {
      const ipv6 = isIPv6(address);
      if (ipv6 && address.toLowerCase().startsWith('fe80:')) continue;
      found.push({ address, ipv6, loopback: internal, network: networkOf(cidr, ipv6) });
    }
  }
  return found;
};

const networkOf = (cidr: string | null, ipv6: boolean): BlockList | undefined => {
  const [address, prefix] = (cidr ?? '').split('/');
  if (address === undefined || prefix === undefined) return undefined;
  const network = new BlockList();
  network.addSubnet(address, Number(prefix), family(ipv6));
  return network;
};

/**
 * The addresses that hosts stand for: `0.0.0.0` for every IPv4 address of the interfaces, `::` for every IPv6 address,
 * anything else for itself.
 */
export const localAddresses = (hosts: readonly string[]): LocalAddress[] => {
  const interfaces = interfaceAddresses();
  const found = new Map<string, LocalAddress>();
  for (const host of hosts) {
    for (const address of addressesOf(host, interfaces)) found.set(address.address, address);
  }
  return [...found.values()];
};

const addressesOf = (host: string, interfaces: readonly LocalAddress[]): readonly LocalAddress[] => {
  if (isWildcard(host)) return interfaces.filter(({ ipv6 }) => ipv6 === (host === ALL_IPV6));
  const known = interfaces.filter(({ address }) => address === host);
  const ipv6 = isIPv6(host);
  return known.length > 0 ? known : [{ address: host, ipv6, loopback: isLoopback(host), network: undefined }];
};
