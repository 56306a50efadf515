/** Many datagrams in one system call (recvmmsg, sendmmsg). */
import { libc, pointerTo } from './libc.ts';
import { SOCKADDR_BYTES } from './socket-address.ts';

/** struct mmsghdr, struct iovec of 64-bit Linux. */
const HEADER_BYTES = 64;
const IOVEC_BYTES = 16;
const MSG_DONTWAIT = 0x40;
/** No message of the bench is longer. */
const SLOT_BYTES = 512;

/** Room for some datagrams, and the kernel's description of it. */
export class Batch {
  /** One piece of memory for all slots; slot i starts at {@link at}(i). */
  readonly data: Uint8Array;
  readonly view: DataView;
  readonly #names: Uint8Array;
  readonly #vectors: DataView;
  readonly #headers: DataView;
  readonly #pointer: number;
  readonly #size: number;
  #filled = 0;
  #fd = -1;

  constructor(size: number) {
    this.#size = size;
    // On buffers of their own: Bun moves small arrays when somebody asks for their buffer.
    this.data = new Uint8Array(new ArrayBuffer(size * SLOT_BYTES));
    this.view = new DataView(this.data.buffer);
    this.#names = new Uint8Array(new ArrayBuffer(size * SOCKADDR_BYTES));
    this.#vectors = new DataView(new ArrayBuffer(size * IOVEC_BYTES));
    this.#headers = new DataView(new ArrayBuffer(size * HEADER_BYTES));
    this.#pointer = pointerTo(this.#headers);
    for (let slot = 0; slot < size; slot += 1) this.#describe(slot);
  }

  at(slot: number): number {
    return slot * SLOT_BYTES;
  }

  /** Bytes of what was received into a slot. */
  lengthOf(slot: number): number {
    return this.#headers.getUint32(slot * HEADER_BYTES + 56, true);
  }

  /** Who sent what is in a slot. */
  nameOf(slot: number): Uint8Array {
    return this.#names.subarray(slot * SOCKADDR_BYTES, (slot + 1) * SOCKADDR_BYTES);
  }

  /** @returns how many came; 0 without any */
  receive(fd: number): number {
    for (let slot = 0; slot < this.#size; slot += 1)
      this.#vectors.setBigUint64(slot * IOVEC_BYTES + 8, BigInt(SLOT_BYTES), true);
    return Math.max(0, libc.recvmmsg(fd, this.#pointer, this.#size, MSG_DONTWAIT, null));
  }

  /**
   * Queues a datagram; what is queued goes out where the socket changes, the batch is full or {@link flush} says so.
   *
   * @returns where the message starts in `data`, for its last changes
   */
  add(fd: number, message: Uint8Array, to: Uint8Array): number {
    if (fd !== this.#fd || this.#filled === this.#size) this.flush();
    this.#fd = fd;
    const slot = this.#filled;
    this.#filled += 1;
    this.data.set(message, slot * SLOT_BYTES);
    this.#names.set(to, slot * SOCKADDR_BYTES);
    this.#vectors.setUint32(slot * IOVEC_BYTES + 8, message.length, true);
    return slot * SLOT_BYTES;
  }

  flush(): void {
    if (this.#filled > 0) libc.sendmmsg(this.#fd, this.#pointer, this.#filled, MSG_DONTWAIT);
    this.#filled = 0;
  }

  #describe(slot: number): void {
    const header = slot * HEADER_BYTES;
    this.#headers.setBigUint64(header, BigInt(pointerTo(this.#names) + slot * SOCKADDR_BYTES), true);
    this.#headers.setUint32(header + 8, SOCKADDR_BYTES, true);
    this.#headers.setBigUint64(header + 16, BigInt(pointerTo(this.#vectors) + slot * IOVEC_BYTES), true);
    this.#headers.setBigUint64(header + 24, 1n, true);
    this.#vectors.setBigUint64(slot * IOVEC_BYTES, BigInt(pointerTo(this.data) + slot * SLOT_BYTES), true);
    this.#vectors.setBigUint64(slot * IOVEC_BYTES + 8, BigInt(SLOT_BYTES), true);
  }
}
