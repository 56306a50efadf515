import type { Attribute } from './attribute.ts';
import { read32, write32 } from './bytes.ts';
import { Malformed } from './malformed.ts';
import type { StunMessage } from './message.ts';
import type { MessageWriter } from './message-writer.ts';

/** "STUN": so that the checksum of a packet that ends in its own CRC-32 is another (RFC 8489 §14.7). */
const MASK = 0x5354_554e;
const ATTRIBUTE_BYTES = 8;

/** A checksum over all before it, always last: tells STUN from what shares its port (RFC 8489 §7, §14.7). */
export const Fingerprint: Attribute<number> = {
  name: 'FINGERPRINT',
  type: 0x8028,
  decode: (value) =>
    value.length === 4 ? read32(value, 0) : new Malformed('a FINGERPRINT that is not 4 bytes long'),
  encode: (checksum) => {
    const value = new Uint8Array(4);
    write32(value, 0, checksum);
    return value;
  },
};

/** Whether FINGERPRINT is the last attribute and right; undefined where there is none. */
export const fingerprintHolds = (message: StunMessage): boolean | undefined => {
  const at = message.offsetOf(Fingerprint);
  if (at < 0) return undefined;
  if (at !== message.bytes.length - ATTRIBUTE_BYTES) return false;
  return message.get(Fingerprint) === checksum(message.bytes.subarray(0, at));
};

/** Ends a message with its FINGERPRINT. */
export const addFingerprint = (writer: MessageWriter): MessageWriter =>
  writer.add(Fingerprint, checksum(writer.announce(ATTRIBUTE_BYTES)));

const checksum = (bytes: Uint8Array): number => (crc32(bytes) ^ MASK) >>> 0;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xedb8_8320 : rest >>> 1;
  return rest;
});

/** CRC-32 of ITU-T V.42. */
export const crc32 = (bytes: Uint8Array): number => {
  let rest = 0xffff_ffff;
  for (let index = 0; index < bytes.length; index++)
    rest = CRC_TABLE[(rest ^ bytes[index]!) & 0xff]! ^ (rest >>> 8);
  return (rest ^ 0xffff_ffff) >>> 0;
};
