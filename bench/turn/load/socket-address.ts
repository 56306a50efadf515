/** IPv4 addresses as the kernel takes them (struct sockaddr_in). */
import type { SocketAddress } from '@ringdown/sans-io';

export const SOCKADDR_BYTES = 16;
const AF_INET = 2;

export const sockaddr = ({ address, port }: SocketAddress): Uint8Array => {
  const bytes = new Uint8Array(SOCKADDR_BYTES);
  bytes[0] = AF_INET;
  bytes[2] = port >> 8;
  bytes[3] = port & 0xff;
  bytes.set(address.split('.').map(Number), 4);
  return bytes;
};

export const portOf = (bytes: Uint8Array): number => bytes[2]! * 256 + bytes[3]!;

/** An address of loopback for each of many hosts, so that the load looks like many, as it would. */
export const hostOf = (network: number, index: number): string =>
  `127.${network}.${(index >> 8) & 0xff}.${index & 0xff}`;
