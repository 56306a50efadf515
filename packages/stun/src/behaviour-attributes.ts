import type { Attribute } from './attribute.ts';
import { read16, read32, write16, write32 } from './bytes.ts';
import { Malformed } from './malformed.ts';
import {
  decodeTransportAddress,
  encodeTransportAddress,
  type TransportAddress,
} from './transport-address.ts';

const addressAttribute = (name: string, type: number): Attribute<TransportAddress> => ({
  name,
  type,
  decode: decodeTransportAddress,
  encode: encodeTransportAddress,
});

/** From where an answer is to come (RFC 5780 §7.2, RFC 3489 §11.2.4). */
export interface ChangeRequestValue {
  readonly changeAddress: boolean;
  readonly changePort: boolean;
}

const CHANGE_ADDRESS = 4;
const CHANGE_PORT = 2;

/** Asks for an answer from another address or port of the server. */
export const ChangeRequest: Attribute<ChangeRequestValue> = {
  name: 'CHANGE-REQUEST',
  type: 0x0003,
  decode: (value) => {
    if (value.length !== 4) return new Malformed('a CHANGE-REQUEST that is not 4 bytes long');
    const flags = read32(value, 0);
    return { changeAddress: (flags & CHANGE_ADDRESS) !== 0, changePort: (flags & CHANGE_PORT) !== 0 };
  },
  encode: ({ changeAddress, changePort }) => {
    const value = new Uint8Array(4);
    write32(value, 0, (changeAddress ? CHANGE_ADDRESS : 0) | (changePort ? CHANGE_PORT : 0));
    return value;
  },
};

/** From where an answer was sent, as its server knows it (RFC 5780 §7.3). */
export const ResponseOrigin = addressAttribute('RESPONSE-ORIGIN', 0x802b);

/** The other address and the other port of a server that has two of each (RFC 5780 §7.4). */
export const OtherAddress = addressAttribute('OTHER-ADDRESS', 0x802c);

/** Asks for an answer to another port of the same address (RFC 5780 §7.5). */
export const ResponsePort: Attribute<number> = {
  name: 'RESPONSE-PORT',
  type: 0x0027,
  decode: (value) =>
    // Two bytes of padding: within the length for some, behind it for others.
    value.length === 4 || value.length === 2
      ? read16(value, 0)
      : new Malformed('a RESPONSE-PORT that is neither 2 nor 4 bytes long'),
  encode: (port) => {
    const value = new Uint8Array(4);
    write16(value, 0, port);
    return value;
  },
};

/** Bytes that mean nothing and make a message long enough for fragments (RFC 5780 §7.6). */
export const Padding: Attribute<Uint8Array> = {
  name: 'PADDING',
  type: 0x0026,
  decode: (value) => value,
  encode: (value) => value,
};

/** For how long an answer may be repeated, in seconds: of the drafts of RFC 5780, and still registered. */
export const CacheTimeout: Attribute<number> = {
  name: 'CACHE-TIMEOUT',
  type: 0x8027,
  decode: (value) =>
    value.length === 4 ? read32(value, 0) : new Malformed('a CACHE-TIMEOUT that is not 4 bytes long'),
  encode: (seconds) => {
    const value = new Uint8Array(4);
    write32(value, 0, seconds);
    return value;
  },
};

/** What RFC 3489 §11.2.5 calls RESPONSE-ORIGIN. */
export const SourceAddress = addressAttribute('SOURCE-ADDRESS', 0x0004);

/** What RFC 3489 §11.2.3 calls OTHER-ADDRESS. */
export const ChangedAddress = addressAttribute('CHANGED-ADDRESS', 0x0005);
