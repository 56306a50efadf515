import { MappedAddress, type TransportAddress } from '@ringdown/stun';

const NO_ID = new Uint8Array(0);

/** The one spelling of an address that tables know (RFC 5952), without a zone. Throws on what is none. */
export const canonicalAddress = (address: string): string =>
  // What was encoded from an address is read as one.
  (MappedAddress.decode(MappedAddress.encode({ address, port: 0 }, NO_ID), NO_ID) as TransportAddress)
    .address;
