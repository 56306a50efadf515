import { read16, read32 } from '../bytes.ts';
import { Malformed } from '../malformed.ts';
import { type HeaderExtension, readHeaderExtensions } from './header-extension.ts';

export const RTP_HEADER_BYTES = 12;
const VERSION = 2;

/**
 * An RTP packet (RFC 3550 §5.1). It keeps the bytes it came with; where its parts stand is known, what they say is read when
 * asked for.
 */
export class RtpPacket {
  readonly bytes: Uint8Array;
  readonly #extensionAt: number;
  readonly #payloadAt: number;
  readonly #payloadEnd: number;

  constructor(bytes: Uint8Array, extensionAt: number, payloadAt: number, payloadEnd: number) {
    this.bytes = bytes;
    this.#extensionAt = extensionAt;
    this.#payloadAt = payloadAt;
    this.#payloadEnd = payloadEnd;
  }

  get marker(): boolean {
    return this.bytes[1]! > 127;
  }

  /** 0–127. */
  get payloadType(): number {
    return this.bytes[1]! & 0x7f;
  }

  /** 16 bits. */
  get sequence(): number {
    return read16(this.bytes, 2);
  }

  /** 32 bits, in units of the payload format's clock. */
  get timestamp(): number {
    return read32(this.bytes, 4);
  }

  get ssrc(): number {
    return read32(this.bytes, 8);
  }

  /** The contributing sources, up to 15. */
  get csrcs(): readonly number[] {
    const count = this.bytes[0]! & 0x0f;
    return Array.from({ length: count }, (_, index) => read32(this.bytes, RTP_HEADER_BYTES + 4 * index));
  }

  /** Without padding; it shares the packet's memory. */
  get payload(): Uint8Array {
    return this.bytes.subarray(this.#payloadAt, this.#payloadEnd);
  }

  /** The header extension as it came: what the profile defines, and its data. */
  get extension(): { readonly profile: number; readonly data: Uint8Array } | undefined {
    const at = this.#extensionAt;
    return at === this.#payloadAt
      ? undefined
      : { profile: read16(this.bytes, at), data: this.bytes.subarray(at + 4, this.#payloadAt) };
  }

  /** The elements of RFC 8285, in either form; none where the extension is another one or there is none. */
  get extensions(): readonly HeaderExtension[] {
    const { extension } = this;
    return extension === undefined ? [] : readHeaderExtensions(extension.profile, extension.data);
  }
}

/** Reads a datagram. The bytes must be left as they are while the packet is used. */
export const parseRtp = (bytes: Uint8Array): RtpPacket | Malformed => {
  if (bytes.length < RTP_HEADER_BYTES) return new Malformed('shorter than an RTP header');
  const first = bytes[0]!;
  if (first >>> 6 !== VERSION) return new Malformed(`RTP of version ${first >>> 6}`);
  const extensionAt = RTP_HEADER_BYTES + 4 * (first & 0x0f);
  const hasExtension = (first & 0x10) !== 0;
  let payloadAt = extensionAt;
  if (hasExtension && extensionAt + 4 <= bytes.length) payloadAt += 4 + 4 * read16(bytes, extensionAt + 2);
  else if (hasExtension) payloadAt += 4;
  if (payloadAt > bytes.length) return new Malformed('an RTP header that is longer than the packet');
  const padding = (first & 0x20) === 0 ? 0 : bytes[bytes.length - 1]!;
  if ((first & 0x20) !== 0 && (padding === 0 || padding > bytes.length - payloadAt))
    return new Malformed(`${padding} bytes of padding in ${bytes.length - payloadAt}`);
  return new RtpPacket(bytes, extensionAt, payloadAt, bytes.length - padding);
};
