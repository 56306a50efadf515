import type { Sockets } from '@ringdown/sans-io';

export type AddressFamily = 'IPv4' | 'IPv6';

export const familyOf = (address: string): AddressFamily => (address.includes(':') ? 'IPv6' : 'IPv4');

/** An address of this host to come from when asking another; undefined where there is none of its family. */
export const localAddressFor = (sockets: Sockets, remote: string): string | undefined => {
  if (remote.startsWith('127.')) return '127.0.0.1';
  if (remote === '::1') return '::1';
  return sockets.addresses().find((address) => familyOf(address) === familyOf(remote));
};
