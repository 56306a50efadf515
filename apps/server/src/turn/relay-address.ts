import { isIP, isIPv6 } from 'node:net';

const PRIVATE =
  /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|169\.254\.|f[cd][0-9a-f]{2}:|fe80:)/i;

const isLoopback = (address: string): boolean => address === '::1' || address.startsWith('127.');

/** Whether an address of this machine is one that the Internet's routes do not lead to. */
export const isPrivate = (address: string): boolean => isLoopback(address) || PRIVATE.test(address);

/** An address that relays are made of, and the one that the world is told instead. */
export interface RelayAddress {
  readonly address: string;
  readonly advertised?: string;
}

/**
 * Which addresses of ours relays are made of. Of each family those that the world can reach, where there are any: a client in
 * our own network has peers outside, too. Private ones are known outside by the advertised address. Loopback comes last, for
 * clients on this machine.
 *
 * @param listened the addresses that we listen at
 * @param advertised what the world reaches this machine at, where that is an address
 */
export const relayAddresses = (
  listened: readonly string[],
  advertised: string | undefined,
): readonly RelayAddress[] => {
  const outside = listened.filter((address) => !isLoopback(address));
  const found: RelayAddress[] = [];
  for (const ipv6 of [false, true]) {
    const family = outside.filter((address) => isIPv6(address) === ipv6);
    const open = family.filter((address) => !isPrivate(address));
    const told = advertised !== undefined && isIP(advertised) === (ipv6 ? 6 : 4) ? { advertised } : undefined;
    for (const address of open.length > 0 ? open : family)
      found.push({ address, ...(isPrivate(address) && told) });
    // Where this family has nothing but loopback, others would be given that, and reach nobody.
    if (family.length > 0 || outside.length === 0)
      for (const address of listened)
        if (isLoopback(address) && isIPv6(address) === ipv6) found.push({ address });
  }
  return found;
};
