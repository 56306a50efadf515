import { read16, read32 } from './bytes.ts';
import { HEADER_BYTES, MAGIC_COOKIE } from './header.ts';
import { Malformed } from './malformed.ts';

export interface StunFramerOptions {
  /** Longer messages end the stream; with it ends what a peer can make us keep. */
  readonly maxMessageBytes?: number;
}

export const stunFramerDefaults = Object.freeze({ maxMessageBytes: 8_192 });

const EMPTY = new Uint8Array(0);

/**
 * Cuts a stream into STUN messages by the length in their headers (RFC 8489 §6.2.2). What is no STUN cannot be skipped: the
 * stream is lost from there on. ChannelData of TURN is another framer's.
 */
export class StunFramer {
  readonly #maxMessageBytes: number;
  #rest: Uint8Array = EMPTY;
  #broken: Malformed | undefined = undefined;

  constructor(options: StunFramerOptions = {}) {
    this.#maxMessageBytes = { ...stunFramerDefaults, ...options }.maxMessageBytes;
  }

  /** Whole messages in order, as {@link parseStun} takes them; a {@link Malformed} is the last there will be. */
  receive(piece: Uint8Array): readonly (Uint8Array | Malformed)[] {
    if (this.#broken !== undefined) return [];
    const bytes = joined(this.#rest, piece);
    const found: (Uint8Array | Malformed)[] = [];
    let at = 0;
    while (bytes.length - at >= HEADER_BYTES) {
      const end = at + HEADER_BYTES + read16(bytes, at + 2);
      this.#broken = this.#fault(bytes, at, end - at);
      if (this.#broken !== undefined) return [...found, this.#broken];
      if (end > bytes.length) break;
      found.push(bytes.subarray(at, end));
      at = end;
    }
    this.#rest = bytes.subarray(at).slice();
    return found;
  }

  #fault(bytes: Uint8Array, at: number, size: number): Malformed | undefined {
    if (bytes[at]! > 0x3f || read32(bytes, at + 4) !== MAGIC_COOKIE || size % 4 !== 0)
      return new Malformed('a stream that goes on with something else than STUN');
    return size > this.#maxMessageBytes
      ? new Malformed(`a message of ${size} bytes, where ${this.#maxMessageBytes} are allowed`)
      : undefined;
  }
}

const joined = (rest: Uint8Array, piece: Uint8Array): Uint8Array => {
  if (rest.length === 0) return piece;
  const bytes = new Uint8Array(rest.length + piece.length);
  bytes.set(rest);
  bytes.set(piece, rest.length);
  return bytes;
};
