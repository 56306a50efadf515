import type { SocketAddress } from '@ringdown/sip';
import { MessageTable, MSG_DONTWAIT, type PointerTo, type ReceiveCalls } from './kernel-calls.ts';
import { rememberedIpv4Texts } from './socket-names.ts';
import type { DatagramReceiver } from './udp-port.ts';

/** What one call reads at most. */
const MOST_AT_ONCE = 32;
const LARGEST_DATAGRAM = 65_536;
/** How far the places of two are apart: were it a power of two, all would share the same few lines of the processor's caches. */
const APART = LARGEST_DATAGRAM + 1_024;

/** Who takes what is read, and how much of it. */
export interface Reader {
  readonly receive: DatagramReceiver;
  /** See `UdpPortOptions`. Nothing else is read while something is lent. */
  readonly borrows: boolean;
  /** No more is handed over where it is not. */
  readonly open: boolean;
}

/**
 * Hands over what waits in an IPv4 socket, until nothing is left, so many have been read, or the reader is no longer open.
 *
 * @returns how many were read
 */
export type ReceiveMany = (fd: number, most: number, reader: Reader) => number;

/** Receives by the kernel's own call, which reads many at once into memory that is there already. */
export const receiveMany = ({ recvmmsg }: ReceiveCalls, pointerTo: PointerTo): ReceiveMany => {
  const table = new MessageTable(MOST_AT_ONCE, pointerTo);
  const { names } = table;
  const memory = Buffer.from(new ArrayBuffer(MOST_AT_ONCE * APART));
  const memoryAt = pointerTo(memory);
  for (let index = 0; index < MOST_AT_ONCE; index++)
    table.setBytes(index, memoryAt + index * APART, LARGEST_DATAGRAM);
  const host = rememberedIpv4Texts();
  const lent = (index: number): Buffer => {
    const start = index * APART;
    return memory.subarray(start, start + table.lengthOf(index));
  };
  const copied = (index: number): Buffer => {
    const start = index * APART;
    const length = table.lengthOf(index);
    const copy = Buffer.allocUnsafe(length);
    memory.copy(copy, 0, start, start + length);
    return copy;
  };
  const remoteOf = (index: number): SocketAddress => {
    const name = table.nameAt(index);
    return { address: host(names.getUint32(name + 4)), port: names.getUint16(name + 2) };
  };
  const lend = (count: number, reader: Reader): void => {
    for (let index = 0; index < count && reader.open; index++) reader.receive(lent(index), remoteOf(index));
  };
  /** The memory is for those that come next, and a receiver may have more of them read. */
  const give = (count: number, reader: Reader): void => {
    const datagrams: [Buffer, SocketAddress][] = [];
    for (let index = 0; index < count; index++) datagrams.push([copied(index), remoteOf(index)]);
    for (const [bytes, remote] of datagrams) if (reader.open) reader.receive(bytes, remote);
  };
  const read = (fd: number, most: number, reader: Reader): number => {
    const handOver = reader.borrows ? lend : give;
    for (let read = 0; read < most; ) {
      const asked = Math.min(most - read, MOST_AT_ONCE);
      const count = recvmmsg(fd, table.at, asked, MSG_DONTWAIT);
      if (count <= 0) return read;
      read += count;
      handOver(count, reader);
      if (count < asked || !reader.open) return read;
    }
    return most;
  };
  let isLent = false;
  return (fd, most, reader) => {
    if (isLent) return 0;
    isLent = reader.borrows;
    try {
      return read(fd, most, reader);
    } finally {
      isLent = false;
    }
  };
};
