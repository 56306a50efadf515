import type { Attribute } from './attribute.ts';
import { MAGIC_COOKIE } from './header.ts';
import type { Malformed } from './malformed.ts';
import {
  decodeTransportAddress,
  encodeTransportAddress,
  type TransportAddress,
} from './transport-address.ts';

/**
 * An attribute whose address is masked, so that NATs which rewrite addresses in payloads leave it alone (RFC 8489 §14.2):
 * the port with the cookie's upper half, the address with the cookie and, where it is IPv6, the transaction ID.
 */
export const xorAddressAttribute = (name: string, type: number): Attribute<TransportAddress> => ({
  name,
  type,
  decode: (value, transactionId): TransportAddress | Malformed =>
    // A copy: `slice` would be a view of the message where its bytes are a Buffer of Node's.
    decodeTransportAddress(masked(new Uint8Array(value), transactionId)),
  encode: (address, transactionId) => masked(encodeTransportAddress(address), transactionId),
});

/** Where a request came from. */
export const XorMappedAddress = xorAddressAttribute('XOR-MAPPED-ADDRESS', 0x0020);

const COOKIE = Uint8Array.of(
  MAGIC_COOKIE >>> 24,
  (MAGIC_COOKIE >>> 16) & 0xff,
  (MAGIC_COOKIE >>> 8) & 0xff,
  MAGIC_COOKIE & 0xff,
);

/** Masks or unmasks in place. */
const masked = (value: Uint8Array, transactionId: Uint8Array): Uint8Array => {
  if (value.length < 4) return value;
  value[2]! ^= COOKIE[0]!;
  value[3]! ^= COOKIE[1]!;
  for (let at = 4; at < value.length; at++) {
    value[at]! ^= (at < 8 ? COOKIE[at - 4] : transactionId[at - 8])!;
  }
  return value;
};
