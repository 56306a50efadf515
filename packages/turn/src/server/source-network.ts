import { addressBytes } from '@ringdown/stun';

/**
 * What counts as one source: an IPv4 address, however a socket of both families spells it, or the 64 bits of an IPv6 network,
 * because whoever has one address of it has all.
 */
export const sourceNetwork = (address: string): Uint8Array => {
  const bytes = addressBytes(address);
  const isMapped = bytes.length === 16 && bytes.subarray(0, 10).every((byte) => byte === 0);
  return isMapped ? bytes.subarray(12) : bytes.subarray(0, 8);
};
