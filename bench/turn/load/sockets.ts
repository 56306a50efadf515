/** The UDP sockets of the load, and which of them have something to read. */
import type { SocketAddress } from '@ringdown/sans-io';
import { libc, pointerTo } from './libc.ts';
import { portOf, SOCKADDR_BYTES, sockaddr } from './socket-address.ts';

const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const BUFFER_BYTES = 1024 * 1024;
const EPOLL_CTL_ADD = 1;
const EPOLLIN = 1;
/** struct epoll_event of x86-64 is packed. */
const EVENT_BYTES = 12;
const MOST_EVENTS = 256;

/** Binds a socket; port 0 is any free one. @throws where it cannot be had */
export const openUdp = (
  address: string,
  port = 0,
): { readonly fd: number; readonly local: SocketAddress } => {
  const fd = libc.socket(AF_INET, SOCK_DGRAM, 0);
  const name = sockaddr({ address, port });
  const buffer = Int32Array.of(BUFFER_BYTES);
  libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, pointerTo(buffer), 4);
  libc.setsockopt(fd, SOL_SOCKET, SO_SNDBUF, pointerTo(buffer), 4);
  if (fd < 0 || libc.bind(fd, pointerTo(name), name.length) < 0)
    throw new Error(`the load got no UDP socket at ${address}:${port}`);
  const length = Uint32Array.of(SOCKADDR_BYTES);
  libc.getsockname(fd, pointerTo(name), pointerTo(length));
  return { fd, local: { address, port: portOf(name) } };
};

/** Tells which sockets have something to read, without ever sleeping longer than asked. */
export class Readable {
  readonly #epoll = libc.epoll_create1(0);
  readonly #events = new DataView(new ArrayBuffer(EVENT_BYTES * MOST_EVENTS));
  readonly #pointer = pointerTo(this.#events);

  /** @param number what `each` is told of it */
  watch(fd: number, number: number): void {
    const event = new DataView(new ArrayBuffer(EVENT_BYTES));
    event.setUint32(0, EPOLLIN, true);
    event.setUint32(4, number, true);
    libc.epoll_ctl(this.#epoll, EPOLL_CTL_ADD, fd, pointerTo(event));
  }

  close(): void {
    libc.close(this.#epoll);
  }

  each(told: (number: number) => void, timeoutMs = 0): void {
    const count = libc.epoll_wait(this.#epoll, this.#pointer, MOST_EVENTS, timeoutMs);
    for (let index = 0; index < count; index += 1)
      told(this.#events.getUint32(index * EVENT_BYTES + 4, true));
  }
}
