import { write16, write32 } from '../bytes.ts';
import { type HeaderExtension, headerExtensionBytes } from './header-extension.ts';
import { RTP_HEADER_BYTES } from './rtp-packet.ts';

/** What stands in a packet that is written. */
export interface RtpFields {
  /** 0–127. */
  readonly payloadType: number;
  readonly marker?: boolean;
  /** Its lower 16 bits count. */
  readonly sequence: number;
  /** Its lower 32 bits count. */
  readonly timestamp: number;
  readonly ssrc: number;
  /** Up to 15. */
  readonly csrcs?: readonly number[];
  readonly extensions?: readonly HeaderExtension[];
  readonly payload: Uint8Array;
  /** How many bytes of padding follow, 0–255; the last of them says so. */
  readonly paddingBytes?: number;
}

const NOTHING = new Uint8Array(0);

/** Writes a packet (RFC 3550 §5.1). @throws RangeError for what no packet can hold */
export const writeRtp = (fields: RtpFields): Uint8Array => {
  const { payloadType, csrcs = [], extensions = [], payload, paddingBytes = 0 } = fields;
  if (!Number.isInteger(payloadType) || payloadType < 0 || payloadType > 127)
    throw new RangeError(`payload type ${payloadType}: 0–127`);
  if (csrcs.length > 15) throw new RangeError(`${csrcs.length} contributing sources: 15 at most`);
  if (!Number.isInteger(paddingBytes) || paddingBytes < 0 || paddingBytes > 255)
    throw new RangeError(`${paddingBytes} bytes of padding: 0–255`);
  const extension = extensions.length === 0 ? NOTHING : headerExtensionBytes(extensions);
  const extensionAt = RTP_HEADER_BYTES + 4 * csrcs.length;
  const payloadAt = extensionAt + extension.length;
  const bytes = new Uint8Array(payloadAt + payload.length + paddingBytes);
  bytes[0] = 0x80 | (paddingBytes > 0 ? 0x20 : 0) | (extension.length > 0 ? 0x10 : 0) | csrcs.length;
  bytes[1] = (fields.marker === true ? 0x80 : 0) | payloadType;
  write16(bytes, 2, fields.sequence);
  write32(bytes, 4, fields.timestamp);
  write32(bytes, 8, fields.ssrc);
  csrcs.forEach((csrc, index) => {
    write32(bytes, RTP_HEADER_BYTES + 4 * index, csrc);
  });
  bytes.set(extension, extensionAt);
  bytes.set(payload, payloadAt);
  if (paddingBytes > 0) bytes[bytes.length - 1] = paddingBytes;
  return bytes;
};
