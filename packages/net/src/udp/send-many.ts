import type { SocketAddress } from '@ringdown/sip';
import {
  AF_INET,
  AF_INET6,
  MessageTable,
  MSG_DONTWAIT,
  type PointerTo,
  type SendCalls,
} from './kernel-calls.ts';
import { rememberedHosts } from './socket-names.ts';

const IPV4_NAME_BYTES = 16;
const IPV6_NAME_BYTES = 28;
/** What one call sends at most. */
export const MOST_AT_ONCE = 32;

export interface Datagram {
  readonly bytes: Uint8Array;
  readonly remote: SocketAddress;
}

/**
 * Sends datagrams from an index on, as many as one call takes, in order.
 *
 * @returns how many the kernel took; 0 where it did not take the first: for lack of room, for an error that another peer
 * caused, or because the address is not one to be written here.
 */
export type SendMany = (fd: number, datagrams: readonly Datagram[], from: number) => number;

/**
 * Sends by the kernel's own call, which takes many at once. A runtime's UDP sockets read the peer's address out of its text for
 * each datagram; here it is read once for each host.
 */
export const sendMany = ({ sendmmsg }: SendCalls, pointerTo: PointerTo): SendMany => {
  const table = new MessageTable(MOST_AT_ONCE, pointerTo);
  const { names } = table;
  const host = rememberedHosts();
  const write = (index: number, { bytes, remote }: Datagram): boolean => {
    const ip = host(remote.address);
    if (ip === undefined || bytes.length === 0) return false;
    const isIpv4 = ip.length === 4;
    const name = table.nameAt(index);
    names.setUint16(name, isIpv4 ? AF_INET : AF_INET6, true);
    names.setUint16(name + 2, remote.port);
    for (let at = 0; at < ip.length; at++) names.setUint8(name + (isIpv4 ? 4 : 8) + at, ip[at]!);
    table.setNameLength(index, isIpv4 ? IPV4_NAME_BYTES : IPV6_NAME_BYTES);
    table.setBytes(index, pointerTo(bytes), bytes.length);
    return true;
  };
  return (fd, datagrams, from) => {
    const most = Math.min(datagrams.length - from, MOST_AT_ONCE);
    let count = 0;
    while (count < most && write(count, datagrams[from + count]!)) count++;
    return count === 0 ? 0 : Math.max(0, sendmmsg(fd, table.at, count, MSG_DONTWAIT));
  };
};
