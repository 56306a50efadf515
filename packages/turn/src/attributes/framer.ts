import { HEADER_BYTES, Malformed, padded, read16 } from '@ringdown/stun';
import { CHANNEL_HEADER_BYTES, isChannel } from './channel-data.ts';

const EMPTY = new Uint8Array(0);
/** Enough of either header to know the length. */
const LENGTH_BYTES = 4;

/** The largest of each: STUN's length and that of ChannelData have 16 bits. */
export const LARGEST_FRAME_BYTES = HEADER_BYTES + 0xffff;

/**
 * Finds the messages in a stream: STUN and ChannelData, told apart by their first two bits (RFC 8656 §3.1, §12.5). One that
 * came whole in one piece is handed on without a copy.
 *
 * @example
 * framer.push(bytes);
 * for (let frame = framer.next(); frame !== undefined; frame = framer.next()) {
 *   if (frame instanceof Malformed) return connection.close();
 *   received(frame);
 * }
 */
export class StreamFramer {
  /** What is longer breaks the stream. */
  limitBytes: number;
  readonly #isTaken: (channel: number) => boolean;
  #pending: Uint8Array = EMPTY;
  /** What of `#pending` is there; where a message is awaited it has room for the whole. */
  #end = 0;
  #start = 0;

  /** @param isTaken which channels may come; others break the stream */
  constructor(limitBytes = LARGEST_FRAME_BYTES, isTaken: (channel: number) => boolean = isChannel) {
    this.limitBytes = limitBytes;
    this.#isTaken = isTaken;
  }

  /** Takes a piece of the stream, however the network cut it. The bytes are the framer's from here on. */
  push(bytes: Uint8Array): void {
    const kept = this.#end - this.#start;
    if (kept === 0) {
      this.#pending = bytes;
      this.#start = 0;
      this.#end = bytes.length;
      return;
    }
    if (this.#pending.length - this.#end < bytes.length) this.#grow(kept, bytes.length);
    this.#pending.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** The next message, ChannelData with its padding; undefined until more has come. After `Malformed` the stream is lost. */
  next(): Uint8Array | Malformed | undefined {
    const there = this.#end - this.#start;
    if (there < LENGTH_BYTES) return undefined;
    const length = this.#frameBytes();
    if (length === undefined) return new Malformed('neither STUN nor ChannelData');
    if (length > this.limitBytes) return new Malformed(`a message of ${length} bytes`);
    if (there < length) return undefined;
    const frame = this.#pending.subarray(this.#start, this.#start + length);
    this.#start += length;
    return frame;
  }

  /** Takes out what has come behind the last message: the stream goes on as raw data (RFC 6062 §4.3). */
  rest(): Uint8Array {
    const rest = this.#pending.subarray(this.#start, this.#end);
    this.#pending = EMPTY;
    this.#start = 0;
    this.#end = 0;
    return rest;
  }

  #frameBytes(): number | undefined {
    const first = read16(this.#pending, this.#start);
    const length = read16(this.#pending, this.#start + 2);
    if (first < 0x4000) return length % 4 === 0 ? HEADER_BYTES + length : undefined;
    return this.#isTaken(first) ? CHANNEL_HEADER_BYTES + padded(length) : undefined;
  }

  /** Never into memory that messages were handed out of: they may still be used. */
  #grow(kept: number, more: number): void {
    const larger = new Uint8Array(Math.max(2 * kept, kept + more));
    larger.set(this.#pending.subarray(this.#start, this.#end));
    this.#pending = larger;
    this.#start = 0;
    this.#end = kept;
  }
}
