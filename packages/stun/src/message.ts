import { type Attribute, isComprehensionRequired } from './attribute.ts';
import { padded, read16, read32 } from './bytes.ts';
import {
  classOf,
  HEADER_BYTES,
  MAGIC_COOKIE,
  methodOf,
  type StunClass,
  TRANSACTION_ID_AT,
  TRANSACTION_ID_BYTES,
} from './header.ts';
import { Malformed } from './malformed.ts';

/** What stands for each attribute in a message's `attributes`: type, start of the value, length of the value. */
const ENTRY = 3;

/** What no integrity covers is as if it were not there, but for those that may follow it (RFC 8489 §14.5, §14.6). */
const INTEGRITY = 0x0008;
const INTEGRITY_SHA256 = 0x001c;
const FINGERPRINT = 0x8028;

/**
 * A STUN message (RFC 8489 §5). It keeps the bytes it came with; where its attributes stand is known, what they say is read
 * when asked for.
 */
export class StunMessage {
  readonly bytes: Uint8Array;
  readonly method: number;
  readonly class: StunClass;
  /** Whether the magic cookie is missing: an RFC 3489 client, whose transaction ID has the cookie's place, too. */
  readonly classic: boolean;
  private readonly attributes: readonly number[];

  constructor(bytes: Uint8Array, attributes: readonly number[]) {
    const type = read16(bytes, 0);
    this.bytes = bytes;
    this.method = methodOf(type);
    this.class = classOf(type);
    this.classic = read32(bytes, 4) !== MAGIC_COOKIE;
    this.attributes = attributes;
  }

  /** 12 bytes behind the cookie. */
  get transactionId(): Uint8Array {
    return this.bytes.subarray(TRANSACTION_ID_AT, TRANSACTION_ID_AT + TRANSACTION_ID_BYTES);
  }

  /** The value of an attribute; where it stands there twice the first counts. Undefined where it is absent, or malformed. */
  get<T>(attribute: Attribute<T>): T | undefined {
    const value = this.read(attribute);
    return value instanceof Malformed ? undefined : value;
  }

  /** Every value of an attribute that may stand there more than once (RFC 8656 §10.2), malformed ones too. */
  all<T>(attribute: Attribute<T>): (T | Malformed)[] {
    const { attributes } = this;
    const values: (T | Malformed)[] = [];
    for (let at = 0; at < attributes.length; at += ENTRY)
      if (attributes[at] === attribute.type) values.push(this.decode(attribute, at));
    return values;
  }

  /** Why an attribute that is there could not be read. */
  malformed<T>(attribute: Attribute<T>): Malformed | undefined {
    const value = this.read(attribute);
    return value instanceof Malformed ? value : undefined;
  }

  has(attribute: Pick<Attribute<unknown>, 'type'>): boolean {
    return this.find(attribute.type) >= 0;
  }

  /** Where an attribute starts, with its type and length, for what is computed over the bytes before it; -1 without it. */
  offsetOf(attribute: Pick<Attribute<unknown>, 'type'>): number {
    const at = this.find(attribute.type);
    return at < 0 ? -1 : this.attributes[at + 1]! - 4;
  }

  /** The types that must be understood and are not among those known, each once, in order (RFC 8489 §6.3). */
  unknown(known: ReadonlySet<number>): number[] {
    // A set: strangers send datagrams with sixteen thousand of them.
    const types = new Set<number>();
    for (let at = 0; at < this.attributes.length; at += ENTRY) {
      const type = this.attributes[at]!;
      if (isComprehensionRequired(type) && !known.has(type)) types.add(type);
    }
    return [...types];
  }

  private read<T>(attribute: Attribute<T>): T | Malformed | undefined {
    const at = this.find(attribute.type);
    return at < 0 ? undefined : this.decode(attribute, at);
  }

  private decode<T>(attribute: Attribute<T>, at: number): T | Malformed {
    const start = this.attributes[at + 1]!;
    return attribute.decode(this.bytes.subarray(start, start + this.attributes[at + 2]!), this.transactionId);
  }

  private find(type: number): number {
    const { attributes } = this;
    for (let at = 0; at < attributes.length; at += ENTRY) if (attributes[at] === type) return at;
    return -1;
  }
}

/** Reads a datagram or a framed piece of a stream. The bytes must be left as they are while the message is used. */
export const parseStun = (bytes: Uint8Array): StunMessage | Malformed => {
  if (bytes.length < HEADER_BYTES) return new Malformed('shorter than a STUN header');
  if (bytes[0]! > 0x3f) return new Malformed('the first two bits are not zero');
  const length = read16(bytes, 2);
  if (length % 4 !== 0 || length !== bytes.length - HEADER_BYTES)
    return new Malformed(`the length says ${length}, there are ${bytes.length - HEADER_BYTES} bytes`);
  const attributes: number[] = [];
  let covered = false;
  for (let at = HEADER_BYTES; at < bytes.length; ) {
    const type = read16(bytes, at);
    const size = read16(bytes, at + 2);
    const start = at + 4;
    at = start + padded(size);
    if (at > bytes.length) return new Malformed('an attribute that is longer than the message');
    if (!covered || type === INTEGRITY_SHA256 || type === FINGERPRINT) attributes.push(type, start, size);
    covered ||= type === INTEGRITY || type === INTEGRITY_SHA256;
  }
  return new StunMessage(bytes, attributes);
};
