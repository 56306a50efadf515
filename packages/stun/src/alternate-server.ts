import type { Attribute } from './attribute.ts';
import { textAttribute } from './text-attribute.ts';
import {
  decodeTransportAddress,
  encodeTransportAddress,
  type TransportAddress,
} from './transport-address.ts';

/** Where to ask instead, in a 300; of the address family of the request's source (RFC 8489 §14.15). */
export const AlternateServer: Attribute<TransportAddress> = {
  name: 'ALTERNATE-SERVER',
  type: 0x8023,
  decode: decodeTransportAddress,
  encode: encodeTransportAddress,
};

/** The name that the certificate of the alternate server has to bear (RFC 8489 §14.16). */
export const AlternateDomain = textAttribute('ALTERNATE-DOMAIN', 0x8003, 255);
