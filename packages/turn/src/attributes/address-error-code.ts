import { type Attribute, ErrorCode, type ErrorCodeValue, Malformed } from '@ringdown/stun';

/** Why one of two families could not be had (RFC 8656 §18.12). */
export interface AddressErrorCodeValue extends ErrorCodeValue {
  /** 1: IPv4, 2: IPv6. */
  readonly family: number;
}

const NO_ID = new Uint8Array(0);

/** As ERROR-CODE, with the family in its first byte. */
export const AddressErrorCode: Attribute<AddressErrorCodeValue> = {
  name: 'ADDRESS-ERROR-CODE',
  type: 0x8001,
  decode: (value) => {
    const error = ErrorCode.decode(value, NO_ID);
    return error instanceof Malformed ? error : { ...error, family: value[0]! };
  },
  encode: ({ family, ...error }) => {
    const value = ErrorCode.encode(error, NO_ID);
    value[0] = family;
    return value;
  },
};
