import type { Attribute } from './attribute.ts';
import {
  decodeTransportAddress,
  encodeTransportAddress,
  type TransportAddress,
} from './transport-address.ts';

/** Where a request came from, in the clear: for RFC 3489 clients (RFC 8489 §14.1). */
export const MappedAddress: Attribute<TransportAddress> = {
  name: 'MAPPED-ADDRESS',
  type: 0x0001,
  decode: decodeTransportAddress,
  encode: encodeTransportAddress,
};
