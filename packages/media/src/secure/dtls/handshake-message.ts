import { ByteReader, joined, numberBytes } from './bytes.ts';

/** Types of messages (RFC 6347 §4.3.2). */
export const MESSAGE = {
  clientHello: 1,
  serverHello: 2,
  helloVerifyRequest: 3,
  certificate: 11,
  serverKeyExchange: 12,
  certificateRequest: 13,
  serverHelloDone: 14,
  certificateVerify: 15,
  clientKeyExchange: 16,
  finished: 20,
} as const;

const HEADER_BYTES = 12;
/** The longest message that is put together: a chain of certificates. */
const MOST_BYTES = 20_000;
/** How many messages ahead of the next one are kept: a whole flight. */
const MOST_AHEAD = 8;

/** A message of the handshake. */
export interface HandshakeMessage {
  readonly type: number;
  readonly sequence: number;
  readonly body: Uint8Array;
}

/** A piece of a message, or all of it. */
export interface Fragment {
  readonly type: number;
  readonly length: number;
  readonly sequence: number;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** The message as if it were one fragment: so it is hashed (RFC 6347 §4.2.6). */
export const wholeMessage = ({ type, sequence, body }: HandshakeMessage): Uint8Array =>
  fragmentBytes({ type, length: body.length, sequence, offset: 0, bytes: body });

const fragmentBytes = ({ type, length, sequence, offset, bytes }: Fragment): Uint8Array =>
  joined(
    Uint8Array.of(type),
    numberBytes(length, 3),
    numberBytes(sequence, 2),
    numberBytes(offset, 3),
    numberBytes(bytes.length, 3),
    bytes,
  );

/** A message in fragments that are no longer than `mostBytes`, with their heads. */
export const fragmentsOf = (
  { type, sequence, body }: HandshakeMessage,
  mostBytes: number,
): readonly Uint8Array[] => {
  const step = mostBytes - HEADER_BYTES;
  const fragments: Uint8Array[] = [];
  for (let offset = 0; offset === 0 || offset < body.length; offset += step) {
    const bytes = body.subarray(offset, offset + step);
    fragments.push(fragmentBytes({ type, length: body.length, sequence, offset, bytes }));
  }
  return fragments;
};

/** Reads the fragments that one record holds. */
export const readFragments = (body: Uint8Array): readonly Fragment[] => {
  const reader = new ByteReader(body);
  const fragments: Fragment[] = [];
  while (reader.left >= HEADER_BYTES) {
    const type = reader.number(1);
    const length = reader.number(3);
    const sequence = reader.number(2);
    const offset = reader.number(3);
    const bytes = reader.vector(3);
    if (!reader.isWhole || length > MOST_BYTES || offset + bytes.length > length) break;
    fragments.push({ type, length, sequence, offset, bytes });
  }
  return fragments;
};

/** One message that comes in pieces. */
class Assembly {
  readonly #type: number;
  readonly #body: Uint8Array;
  readonly #has: Uint8Array;
  #missing: number;

  constructor({ type, length }: Fragment) {
    this.#type = type;
    this.#body = new Uint8Array(length);
    this.#has = new Uint8Array(length);
    this.#missing = length;
  }

  /** Whether a piece says the same of the whole. */
  suits({ type, length }: Fragment): boolean {
    return type === this.#type && length === this.#body.length;
  }

  /** The body, once all of it is there. */
  add({ offset, bytes }: Fragment): Uint8Array | undefined {
    for (let index = 0; index < bytes.length; index++) {
      if (this.#has[offset + index] === 1) continue;
      this.#has[offset + index] = 1;
      this.#body[offset + index] = bytes[index]!;
      this.#missing--;
    }
    return this.#missing === 0 ? this.#body : undefined;
  }
}

/** Puts messages together, whatever the order of their pieces. What a stranger can make it keep is bounded. */
export class Assemblies {
  readonly #open = new Map<number, Assembly>();
  readonly #whole = new Map<number, HandshakeMessage>();

  /** @param next the message that is waited for: what is far ahead of it is dropped */
  add(fragment: Fragment, next: number): void {
    const { sequence } = fragment;
    if (sequence < next || sequence > next + MOST_AHEAD || this.#whole.has(sequence)) return;
    let assembly = this.#open.get(sequence);
    // One of two that differ is forged; the true one comes again.
    if (assembly === undefined || !assembly.suits(fragment)) {
      assembly = new Assembly(fragment);
      this.#open.set(sequence, assembly);
    }
    const body = assembly.add(fragment);
    if (body === undefined) return;
    this.#open.delete(sequence);
    this.#whole.set(sequence, { type: fragment.type, sequence, body });
  }

  /** Takes a message out, once it is whole. */
  take(sequence: number): HandshakeMessage | undefined {
    const message = this.#whole.get(sequence);
    this.#whole.delete(sequence);
    return message;
  }

  clear(): void {
    this.#open.clear();
    this.#whole.clear();
  }
}
