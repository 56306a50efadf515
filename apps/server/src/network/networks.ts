import { BlockList, isIPv6 } from 'node:net';

/** Whether an address is in one of these networks, given as CIDRs or addresses. IPv4 in IPv6 counts as IPv4. */
export const networks = (entries: readonly string[]): ((address: string) => boolean) => {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = '', bits] = entry.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    list.addSubnet(address, bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits), family);
  }
  return (address) => {
    const bare = address.replace(/^::ffff:(?=\d+\.)/, '');
    return list.check(bare, isIPv6(bare) ? 'ipv6' : 'ipv4');
  };
};
