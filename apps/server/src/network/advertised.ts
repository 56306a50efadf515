import { BlockList, isIP, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Advertise } from '@ringdown/net';

/** How long the networks of our interfaces are taken as known. */
const REFRESH_MS = 10_000;

/**
 * Gives each peer an address that it can reach: our local one to peers in a network of ours, the advertised one to all
 * others. Without an advertised address it is always the local one.
 *
 * @param advertisedNow a host name or an address, as it is known at present
 * @param now a monotonic clock in milliseconds
 */
export const advertisedAddress = (advertisedNow: () => string | undefined, now: () => number): Advertise => {
  let near = localNetworks();
  let readAt = now();
  return (local, remote) => {
    const advertised = advertisedNow();
    if (advertised === undefined) return local;
    if (now() - readAt > REFRESH_MS) {
      near = localNetworks();
      readAt = now();
    }
    const isSameFamily = isIP(advertised) === 0 || isIP(advertised) === isIP(remote.address);
    const isNear = near.check(remote.address, isIPv6(remote.address) ? 'ipv6' : 'ipv4');
    return isNear || !isSameFamily ? local : { address: advertised, port: local.port };
  };
};

/** The networks that our interfaces are in. */
const localNetworks = (): BlockList => {
  const list = new BlockList();
  for (const addresses of Object.values(networkInterfaces())) {
    for (const { cidr, family } of addresses ?? []) {
      const [address, bits] = cidr?.split('/') ?? [];
      if (address !== undefined) list.addSubnet(address, Number(bits), family === 'IPv6' ? 'ipv6' : 'ipv4');
    }
  }
  return list;
};
