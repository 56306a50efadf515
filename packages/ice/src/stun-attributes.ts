import { type Attribute, Malformed } from '@ringdown/stun';

/** An unsigned number in network order. */
const bigEndian = (value: Uint8Array): bigint =>
  value.reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);

const numberBytes = (number: bigint, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => Number((number >> BigInt(8 * (length - 1 - index))) & 0xffn));

/** The priority that a peer-reflexive candidate learned from this check has (RFC 8445 §7.1.1). */
export const Priority: Attribute<number> = {
  name: 'PRIORITY',
  type: 0x0024,
  decode: (value) =>
    value.length === 4 ? Number(bigEndian(value)) : new Malformed('a PRIORITY that is not 4 bytes long'),
  encode: (priority) => numberBytes(BigInt(priority), 4),
};

/** The controlling agent nominates the pair of this check (RFC 8445 §7.1.2). */
export const UseCandidate: Attribute<true> = {
  name: 'USE-CANDIDATE',
  type: 0x0025,
  decode: (value) => (value.length === 0 ? true : new Malformed('a USE-CANDIDATE with a value')),
  encode: () => new Uint8Array(0),
};

const tieBreakerAttribute = (name: string, type: number): Attribute<bigint> => ({
  name,
  type,
  decode: (value) => (value.length === 8 ? bigEndian(value) : new Malformed(`${name} is not 8 bytes long`)),
  encode: (tieBreaker) => numberBytes(tieBreaker, 8),
});

/** The sender's role and its tie-breaker (RFC 8445 §7.1.3). */
export const IceControlled = tieBreakerAttribute('ICE-CONTROLLED', 0x8029);
export const IceControlling = tieBreakerAttribute('ICE-CONTROLLING', 0x802a);
