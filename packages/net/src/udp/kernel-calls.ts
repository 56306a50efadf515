/** Where memory lies, as a number. */
export type Pointer = number;

/** The kernel's own calls, as Linux has them. Each returns a negative number where it fails. */
export interface SendCalls {
  readonly sendmmsg: (fd: number, messages: Pointer, count: number, flags: number) => number;
}

export interface ReceiveCalls {
  readonly recvmmsg: (fd: number, messages: Pointer, most: number, flags: number) => number;
}

/**
 * Where the memory of a view lies. It must stay reachable while the kernel knows the place, and be a view onto a buffer of its
 * own: engines move small arrays when their buffer is asked for.
 */
export type PointerTo = (memory: ArrayBufferView) => Pointer;

export const MSG_DONTWAIT = 0x40;
export const AF_INET = 2;
export const AF_INET6 = 10;

/** What `struct mmsghdr`, `struct iovec` and the longest socket address take on 64-bit Linux. */
const MESSAGE_BYTES = 64;
const VECTOR_BYTES = 16;
const NAME_BYTES = 32;
/** Where in `struct mmsghdr` the kernel says how long the message is. */
const LENGTH_AT = 56;

/** Memory for so many messages of one call, laid out as `sendmmsg` and `recvmmsg` read it: each with one address and one piece of bytes. */
export class MessageTable {
  /** Where the kernel finds it. */
  readonly at: Pointer;
  readonly count: number;
  readonly #messages: DataView;
  readonly #vectors: DataView;
  readonly #names: DataView;

  constructor(count: number, pointerTo: PointerTo) {
    this.count = count;
    this.#messages = memory(count * MESSAGE_BYTES);
    this.#vectors = memory(count * VECTOR_BYTES);
    this.#names = memory(count * NAME_BYTES);
    this.at = pointerTo(this.#messages);
    const [vectorsAt, namesAt] = [pointerTo(this.#vectors), pointerTo(this.#names)];
    for (let index = 0; index < count; index++) {
      const message = index * MESSAGE_BYTES;
      writePointer(this.#messages, message, namesAt + index * NAME_BYTES);
      this.#messages.setUint32(message + 8, NAME_BYTES, true);
      writePointer(this.#messages, message + 16, vectorsAt + index * VECTOR_BYTES);
      this.#messages.setUint32(message + 24, 1, true);
    }
  }

  /** The addresses, {@link nameAt} each. */
  get names(): DataView {
    return this.#names;
  }

  nameAt(index: number): number {
    return index * NAME_BYTES;
  }

  setNameLength(index: number, bytes: number): void {
    this.#messages.setUint32(index * MESSAGE_BYTES + 8, bytes, true);
  }

  setBytes(index: number, at: Pointer, length: number): void {
    writePointer(this.#vectors, index * VECTOR_BYTES, at);
    this.#vectors.setUint32(index * VECTOR_BYTES + 8, length, true);
  }

  /** How long what came is. */
  lengthOf(index: number): number {
    return this.#messages.getUint32(index * MESSAGE_BYTES + LENGTH_AT, true);
  }
}

const memory = (length: number): DataView => new DataView(new ArrayBuffer(length));

/** Little-endian, as all processors are on which the kernel is called. */
const writePointer = (view: DataView, at: number, pointer: Pointer): void => {
  view.setUint32(at, pointer % 2 ** 32, true);
  view.setUint32(at + 4, Math.floor(pointer / 2 ** 32), true);
};
