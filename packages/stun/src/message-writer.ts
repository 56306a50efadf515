import type { Attribute } from './attribute.ts';
import { padded, write16, write32 } from './bytes.ts';
import {
  HEADER_BYTES,
  MAGIC_COOKIE,
  messageType,
  type StunClass,
  TRANSACTION_ID_AT,
  TRANSACTION_ID_BYTES,
} from './header.ts';

const FIRST_CAPACITY = 128;

/**
 * Writes a STUN message, attribute by attribute. The header's length is true after each, so that an attribute may be
 * computed over all that stands before it.
 *
 * @example
 * new MessageWriter(BINDING, 'request', transactionId).add(Software, 'x').bytes;
 */
export class MessageWriter {
  private buffer = new Uint8Array(FIRST_CAPACITY);
  private length = HEADER_BYTES;

  /** @param transactionId 12 bytes, or the 16 of an RFC 3489 client's, which has no cookie. */
  constructor(method: number, stunClass: StunClass, transactionId: Uint8Array) {
    const classic = transactionId.length > TRANSACTION_ID_BYTES;
    write16(this.buffer, 0, messageType(method, stunClass));
    if (!classic) write32(this.buffer, 4, MAGIC_COOKIE);
    this.buffer.set(transactionId, classic ? 4 : TRANSACTION_ID_AT);
  }

  add<T>(attribute: Attribute<T>, value: T): this {
    return this.addBytes(attribute.type, attribute.encode(value, this.transactionId));
  }

  /** Adds a value that is written already. */
  addBytes(type: number, value: Uint8Array): this {
    const at = this.length;
    this.grow(4 + padded(value.length));
    write16(this.buffer, at, type);
    write16(this.buffer, at + 2, value.length);
    this.buffer.set(value, at + 4);
    return this;
  }

  /** The message so far. It shares the writer's memory. */
  get bytes(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }

  /** Sets the length as if so many bytes more had been written: what is computed over a message counts itself in. */
  announce(bytes: number): Uint8Array {
    write16(this.buffer, 2, this.length + bytes - HEADER_BYTES);
    return this.bytes;
  }

  private get transactionId(): Uint8Array {
    return this.buffer.subarray(TRANSACTION_ID_AT, HEADER_BYTES);
  }

  private grow(by: number): void {
    const length = this.length + by;
    if (length > this.buffer.length) {
      const larger = new Uint8Array(length * 2);
      larger.set(this.bytes);
      this.buffer = larger;
    }
    this.length = length;
    write16(this.buffer, 2, length - HEADER_BYTES);
  }
}
