import { type Attribute, Malformed, read32, write32 } from '@ringdown/stun';

/** What the network said about a packet that the relay sent (RFC 8656 §18.13). */
export interface IcmpValue {
  readonly type: number;
  readonly code: number;
  /** The MTU, where the type is about that; otherwise 0. */
  readonly data: number;
}

/** In Data indications without DATA: two reserved bytes, type, code, and four bytes of data. */
export const Icmp: Attribute<IcmpValue> = {
  name: 'ICMP',
  type: 0x8004,
  decode: (value) =>
    value.length === 8
      ? { type: value[2]!, code: value[3]!, data: read32(value, 4) }
      : new Malformed('an ICMP that is not 8 bytes long'),
  encode: ({ type, code, data }) => {
    const value = Uint8Array.of(0, 0, type, code, 0, 0, 0, 0);
    write32(value, 4, data);
    return value;
  },
};
