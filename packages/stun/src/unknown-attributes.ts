import type { Attribute } from './attribute.ts';
import { read16, write16 } from './bytes.ts';
import { Malformed } from './malformed.ts';

/** The types that a 420 complains about (RFC 8489 §14.9). */
export const UnknownAttributes: Attribute<readonly number[]> = {
  name: 'UNKNOWN-ATTRIBUTES',
  type: 0x000a,
  decode: (value) =>
    value.length % 2 === 0
      ? Array.from({ length: value.length / 2 }, (_, index) => read16(value, index * 2))
      : new Malformed('a list of attributes with half an attribute'),
  encode: (types) => {
    const value = new Uint8Array(types.length * 2);
    for (const [index, type] of types.entries()) write16(value, index * 2, type);
    return value;
  },
};
