import type { Malformed } from './malformed.ts';

/**
 * A STUN attribute as a value (RFC 8489 §14): what the message does not know, the attribute does. A new attribute is a new
 * `Attribute`, never a new method of the message.
 */
export interface Attribute<T> {
  readonly name: string;
  /** 0x0000–0x7FFF must be understood by whoever reads it, the rest may be passed over. */
  readonly type: number;
  /** Reads the value without its padding. Addresses are masked with the transaction ID. */
  decode(value: Uint8Array, transactionId: Uint8Array): T | Malformed;
  encode(value: T, transactionId: Uint8Array): Uint8Array;
}

/** Whether a request with this attribute must be refused by those who do not know it (RFC 8489 §14). */
export const isComprehensionRequired = (type: number): boolean => type < 0x8000;
