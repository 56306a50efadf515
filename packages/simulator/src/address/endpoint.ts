import type { SocketAddress } from '@ringdown/sans-io';
import { canonicalAddress } from './ip.ts';

/** An address and port in one string, as people write it: the key of every table. */
export const endpointText = ({ address, port }: SocketAddress): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

export const canonicalEndpoint = ({ address, port }: SocketAddress): SocketAddress => ({
  address: canonicalAddress(address),
  port,
});
