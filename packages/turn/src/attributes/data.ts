import type { Attribute } from '@ringdown/stun';

/** What a Send or Data indication carries (RFC 8656 §18.4). */
export const Data: Attribute<Uint8Array> = {
  name: 'DATA',
  type: 0x0013,
  decode: (value) => value,
  encode: (value) => value,
};
