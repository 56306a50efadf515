import type { Hashes } from '@ringdown/sans-io';
import type { Attribute } from './attribute.ts';
import { write16 } from './bytes.ts';
import { HEADER_BYTES } from './header.ts';
import { Malformed } from './malformed.ts';
import type { StunMessage } from './message.ts';
import type { MessageWriter } from './message-writer.ts';

const SHA1_BYTES = 20;
const SHA256_BYTES = 32;
const SHORTEST_SHA256 = 16;

/** An HMAC-SHA1 over all before it (RFC 8489 §14.5). */
export const MessageIntegrity: Attribute<Uint8Array> = {
  name: 'MESSAGE-INTEGRITY',
  type: 0x0008,
  decode: (value) =>
    value.length === SHA1_BYTES ? value : new Malformed('a MESSAGE-INTEGRITY that is not 20 bytes long'),
  encode: (value) => value,
};

/** An HMAC-SHA256 over all before it, which may be cut to 16 bytes or a larger multiple of 4 (RFC 8489 §14.6). */
export const MessageIntegritySha256: Attribute<Uint8Array> = {
  name: 'MESSAGE-INTEGRITY-SHA256',
  type: 0x001c,
  decode: (value) =>
    value.length >= SHORTEST_SHA256 && value.length <= SHA256_BYTES && value.length % 4 === 0
      ? value
      : new Malformed('a MESSAGE-INTEGRITY-SHA256 that is not 16 to 32 bytes long, in steps of 4'),
  encode: (value) => value,
};

/** One of the two attributes, by the hash that it is made with. */
export type IntegrityAlgorithm = 'sha1' | 'sha256';

const attributeOf = (algorithm: IntegrityAlgorithm): Attribute<Uint8Array> =>
  algorithm === 'sha1' ? MessageIntegrity : MessageIntegritySha256;

/** Adds the integrity over what is written so far; only the other one, of SHA-256, and FINGERPRINT may follow. */
export const addIntegrity = (
  writer: MessageWriter,
  algorithm: IntegrityAlgorithm,
  key: Uint8Array,
  hashes: Hashes,
): MessageWriter => {
  const size = algorithm === 'sha1' ? SHA1_BYTES : SHA256_BYTES;
  return writer.addBytes(attributeOf(algorithm).type, hashes.hmac(algorithm, key, writer.announce(4 + size)));
};

/**
 * Whether the integrity of that kind is right; undefined where it is absent. One that is malformed does not hold. Compares in
 * a time that does not tell where they differ.
 */
export const integrityHolds = (
  message: StunMessage,
  algorithm: IntegrityAlgorithm,
  key: Uint8Array,
  hashes: Hashes,
): boolean | undefined => {
  const attribute = attributeOf(algorithm);
  const at = message.offsetOf(attribute);
  if (at < 0) return undefined;
  const given = message.get(attribute);
  if (given === undefined) return false;
  // The length that stood there when it was computed: up to the end of this attribute (RFC 8489 §14.5).
  const covered = new Uint8Array(at);
  covered.set(message.bytes.subarray(0, at));
  write16(covered, 2, at + 4 + given.length - HEADER_BYTES);
  const right = hashes.hmac(algorithm, key, covered);
  let difference = 0;
  for (let index = 0; index < given.length; index++) difference |= given[index]! ^ right[index]!;
  return difference === 0;
};
