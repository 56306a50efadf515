import { isIP } from 'node:net';
import type { SocketAddress } from '@ringdown/sip';
import type { NativeCalls } from './bun-libc.ts';

const MSG_DONTWAIT = 0x40;
const AF_INET = 2;
const AF_INET6 = 10;
const IPV4_BYTES = 16;
const IPV6_BYTES = 28;
/** Hosts whose addresses are kept as the kernel takes them. */
const REMEMBERED = 4_096;

/** @returns false where the kernel did not take it: for lack of room, or for an error that another peer caused. */
export type SendTo = (fd: number, bytes: Uint8Array, remote: SocketAddress) => boolean;

/**
 * Sends by the kernel's own call. Bun's UDP sockets read the peer's address out of its text for each datagram; here it is
 * read once.
 */
export const sendTo = ({ libc, ptr }: Pick<NativeCalls, 'ptr'> & SendCalls): SendTo => {
  const ipv4 = new Uint8Array(new ArrayBuffer(IPV4_BYTES));
  const ipv6 = new Uint8Array(new ArrayBuffer(IPV6_BYTES));
  new DataView(ipv4.buffer).setUint16(0, AF_INET, true);
  new DataView(ipv6.buffer).setUint16(0, AF_INET6, true);
  const [ipv4At, ipv6At] = [ptr(ipv4), ptr(ipv6)];
  const hosts = new Map<string, Uint8Array | undefined>();
  const host = (address: string): Uint8Array | undefined => {
    const known = hosts.get(address);
    if (known !== undefined || hosts.has(address)) return known;
    if (hosts.size >= REMEMBERED) hosts.clear();
    const bytes = hostBytes(address);
    hosts.set(address, bytes);
    return bytes;
  };
  return (fd, bytes, { address, port }) => {
    const ip = host(address);
    if (ip === undefined || bytes.length === 0) return false;
    const isIpv4 = ip.length === 4;
    const name = isIpv4 ? ipv4 : ipv6;
    name[2] = port >> 8;
    name[3] = port & 0xff;
    name.set(ip, isIpv4 ? 4 : 8);
    const at = isIpv4 ? ipv4At : ipv6At;
    return libc.sendto(fd, ptr(bytes), bytes.length, MSG_DONTWAIT, at, name.length) >= 0;
  };
};

interface SendCalls {
  readonly libc: Pick<NativeCalls['libc'], 'sendto'>;
}

/** The 4 or 16 bytes of an address; undefined for what is none, or has a zone. */
export const hostBytes = (address: string): Uint8Array | undefined => {
  const family = isIP(address);
  if (family === 0 || address.includes('%')) return undefined;
  if (family === 4) return Uint8Array.from(address.split('.'), Number);
  const [head = '', tail] = address.split('::');
  const first = groups(head);
  const last = tail === undefined ? [] : groups(tail);
  const zeros = new Array<number>(8 - first.length - last.length).fill(0);
  return Uint8Array.from([...first, ...zeros, ...last].flatMap((group) => [group >> 8, group & 0xff]));
};

const groups = (text: string): number[] =>
  text === ''
    ? []
    : text.split(':').flatMap((group) => {
        if (!group.includes('.')) return [Number.parseInt(group, 16)];
        const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
        return [a * 256 + b, c * 256 + d];
      });
