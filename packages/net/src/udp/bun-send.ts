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
/** What one call sends at most. */
export const MOST_AT_ONCE = 32;

/** What `struct mmsghdr`, `struct iovec` and the longest socket address take on 64-bit Linux, and what the first two begin with. */
const MESSAGE_BYTES = 64;
const VECTOR_BYTES = 16;
const NAME_BYTES = 32;

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
 * Sends by the kernel's own call, which takes many at once. Bun's UDP sockets read the peer's address out of its text for
 * each datagram; here it is read once for each host.
 */
export const sendMany = ({ libc, ptr }: Pick<NativeCalls, 'ptr'> & SendCalls): SendMany => {
  const messages = memory(MOST_AT_ONCE * MESSAGE_BYTES);
  const vectors = memory(MOST_AT_ONCE * VECTOR_BYTES);
  const names = memory(MOST_AT_ONCE * NAME_BYTES);
  const [messagesAt, vectorsAt, namesAt] = [ptr(messages), ptr(vectors), ptr(names)];
  for (let index = 0; index < MOST_AT_ONCE; index++) {
    const message = index * MESSAGE_BYTES;
    writePointer(messages, message, namesAt + index * NAME_BYTES);
    writePointer(messages, message + 16, vectorsAt + index * VECTOR_BYTES);
    messages.setUint32(message + 24, 1, true);
  }
  const host = rememberedHosts();
  const write = (index: number, { bytes, remote }: Datagram): boolean => {
    const ip = host(remote.address);
    if (ip === undefined || bytes.length === 0) return false;
    const isIpv4 = ip.length === 4;
    const name = index * NAME_BYTES;
    names.setUint16(name, isIpv4 ? AF_INET : AF_INET6, true);
    names.setUint16(name + 2, remote.port);
    for (let at = 0; at < ip.length; at++) names.setUint8(name + (isIpv4 ? 4 : 8) + at, ip[at]!);
    messages.setUint32(index * MESSAGE_BYTES + 8, isIpv4 ? IPV4_BYTES : IPV6_BYTES, true);
    writePointer(vectors, index * VECTOR_BYTES, ptr(bytes));
    vectors.setUint32(index * VECTOR_BYTES + 8, bytes.length, true);
    return true;
  };
  return (fd, datagrams, from) => {
    const most = Math.min(datagrams.length - from, MOST_AT_ONCE);
    let count = 0;
    while (count < most && write(count, datagrams[from + count]!)) count++;
    return count === 0 ? 0 : Math.max(0, libc.sendmmsg(fd, messagesAt, count, MSG_DONTWAIT));
  };
};

interface SendCalls {
  readonly libc: Pick<NativeCalls['libc'], 'sendmmsg'>;
}

const memory = (length: number): DataView => new DataView(new ArrayBuffer(length));

/** Little-endian, as all processors are that Bun runs on. */
const writePointer = (view: DataView, at: number, pointer: number): void => {
  view.setUint32(at, pointer % 2 ** 32, true);
  view.setUint32(at + 4, Math.floor(pointer / 2 ** 32), true);
};

/** Reads addresses, each once. */
const rememberedHosts = (): ((address: string) => Uint8Array | undefined) => {
  const hosts = new Map<string, Uint8Array | undefined>();
  return (address) => {
    const known = hosts.get(address);
    if (known !== undefined || hosts.has(address)) return known;
    if (hosts.size >= REMEMBERED) hosts.clear();
    const bytes = hostBytes(address);
    hosts.set(address, bytes);
    return bytes;
  };
};

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
