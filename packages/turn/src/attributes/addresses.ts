import { xorAddressAttribute } from '@ringdown/stun';

/** The peer that is meant: where data go to, or come from (RFC 8656 §18.3). */
export const XorPeerAddress = xorAddressAttribute('XOR-PEER-ADDRESS', 0x0012);

/** The address that the server has given to the client (RFC 8656 §18.5). */
export const XorRelayedAddress = xorAddressAttribute('XOR-RELAYED-ADDRESS', 0x0016);
