import type { BunCalls } from './bun-libc.ts';
import { MSG_DONTWAIT } from './kernel-calls.ts';
import { rememberedIpv4Texts } from './socket-names.ts';
import type { DatagramReceiver } from './udp-port.ts';

const EPOLL_CTL_ADD = 1;
const EPOLLIN = 1;
/** struct epoll_event is packed on x86-64 only. */
const EVENT_BYTES = process.arch === 'x64' ? 12 : 16;
const FD_AT = EVENT_BYTES - 8;
const SOCKADDR_BYTES = 16;
const LARGEST_DATAGRAM = 65_536;
/** What one socket may have read before the others have as much together; the kernel tells of another so many each time. */
const TURN = 32;

/**
 * Lets all sockets have their turn. Bun reads a UDP socket until nothing is left in it, and where more comes than is read it
 * never looks at another: one busy port would silence all relays. So every so many datagrams of one socket, what waits in the
 * others is read by the kernel's own calls, which also cost less. IPv4 only; an IPv6 socket waits as Bun makes it wait.
 */
export class BunTurns {
  readonly #native: BunCalls;
  readonly #receivers = new Map<number, DatagramReceiver>();
  readonly #epoll: number;
  readonly #events = new DataView(new ArrayBuffer(EVENT_BYTES * TURN));
  readonly #bytes = new Uint8Array(new ArrayBuffer(LARGEST_DATAGRAM));
  readonly #name = new DataView(new ArrayBuffer(SOCKADDR_BYTES));
  readonly #nameLength = new Uint32Array(new ArrayBuffer(4));
  readonly #at: { readonly [Name in 'events' | 'bytes' | 'name' | 'nameLength']: number };
  readonly #host = rememberedIpv4Texts();
  #last = -1;
  #inARow = 0;
  #giving = false;

  constructor(native: BunCalls) {
    this.#native = native;
    this.#epoll = native.libc.epoll_create1(0);
    const { ptr } = native;
    this.#at = {
      events: ptr(this.#events),
      bytes: ptr(this.#bytes),
      name: ptr(this.#name),
      nameLength: ptr(this.#nameLength),
    };
  }

  /** From now on a socket has its turns. The kernel forgets it when it is closed. */
  join(fd: number, receive: DatagramReceiver): void {
    const event = new DataView(new ArrayBuffer(EVENT_BYTES));
    event.setUint32(0, EPOLLIN, true);
    event.setInt32(FD_AT, fd, true);
    this.#receivers.set(fd, receive);
    this.#native.libc.epoll_ctl(this.#epoll, EPOLL_CTL_ADD, fd, this.#native.ptr(event));
  }

  leave(fd: number): void {
    this.#receivers.delete(fd);
  }

  /** Bun has handed over a datagram of a socket. */
  received(fd: number): void {
    this.#inARow = fd === this.#last ? this.#inARow + 1 : 0;
    this.#last = fd;
    if (this.#inARow < TURN || this.#giving) return;
    this.#inARow = 0;
    this.#giving = true;
    try {
      this.#giveTurns(fd);
    } finally {
      this.#giving = false;
    }
  }

  /** To all but one: what Bun has read of that already must come first. */
  #giveTurns(but: number): void {
    const count = this.#native.libc.epoll_wait(this.#epoll, this.#at.events, TURN, 0);
    for (let index = 0; index < count; index++) {
      const fd = this.#events.getInt32(index * EVENT_BYTES + FD_AT, true);
      if (fd !== but) this.#read(fd, Math.ceil(TURN / count));
    }
  }

  #read(fd: number, most: number): void {
    for (let left = most; left > 0; left--) {
      // Whoever received the one before may have closed it.
      const receive = this.#receivers.get(fd);
      if (receive === undefined) return;
      this.#nameLength[0] = SOCKADDR_BYTES;
      const { bytes, name, nameLength } = this.#at;
      const length = this.#native.libc.recvfrom(fd, bytes, LARGEST_DATAGRAM, MSG_DONTWAIT, name, nameLength);
      if (length < 0) return;
      const copy = Buffer.from(this.#bytes.subarray(0, Number(length)));
      receive(copy, { address: this.#host(this.#name.getUint32(4)), port: this.#name.getUint16(2) });
    }
  }
}
