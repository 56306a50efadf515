import type { Attribute } from './attribute.ts';
import { Malformed } from './malformed.ts';

/** Why a request failed (RFC 8489 §14.8). */
export interface ErrorCodeValue {
  /** 300 to 699. */
  readonly code: number;
  /** For people, in UTF-8, one character a byte; may be empty. */
  readonly reason: string;
}

export const ErrorCode: Attribute<ErrorCodeValue> = {
  name: 'ERROR-CODE',
  type: 0x0009,
  decode: (value) => {
    const [, , hundreds = 0, rest = 100] = value;
    const code = (hundreds & 7) * 100 + rest;
    if (rest > 99 || code < 300 || code > 699)
      return new Malformed('an error code that is not from 300 to 699');
    return { code, reason: String.fromCharCode(...value.subarray(4, 4 + 763)) };
  },
  encode: ({ code, reason }) => {
    const value = new Uint8Array(4 + reason.length);
    value[2] = Math.floor(code / 100);
    value[3] = code % 100;
    for (let index = 0; index < reason.length; index++) value[4 + index] = reason.charCodeAt(index);
    return value;
  },
};
