import { addressBytes } from '@ringdown/stun';

/** A range of addresses of one family, as CIDR writes it. */
export class AddressPrefix {
  /** As it was written. */
  readonly text: string;
  readonly bits: number;
  readonly #bytes: Uint8Array;

  /** Throws on what is no prefix: they come from the operator. A lone address is one of full length. */
  constructor(text: string) {
    const [address = '', length] = text.split('/');
    const bytes = addressBytes(address);
    const bits = length === undefined ? bytes.length * 8 : Number(length);
    if (!Number.isInteger(bits) || bits < 0 || bits > bytes.length * 8 || length === '')
      throw new RangeError(`"${text}" is no address prefix`);
    this.text = text;
    this.bits = bits;
    this.#bytes = bytes;
  }

  /** Whether it names one address, and no more. */
  get isSingle(): boolean {
    return this.bits === this.#bytes.length * 8;
  }

  /** Whether nothing but this machine is within. */
  get isLoopback(): boolean {
    const bytes = this.#bytes;
    if (bytes.length === 4) return bytes[0] === 127 && this.bits >= 8;
    return this.isSingle && bytes.every((byte, index) => byte === (index === 15 ? 1 : 0));
  }

  /** @param address 4 or 16 bytes; those of the other family are never within */
  contains(address: Uint8Array): boolean {
    if (address.length !== this.#bytes.length) return false;
    const whole = this.bits >> 3;
    for (let index = 0; index < whole; index++) if (address[index] !== this.#bytes[index]) return false;
    const rest = this.bits & 7;
    if (rest === 0) return true;
    const mask = (0xff << (8 - rest)) & 0xff;
    return ((address[whole]! ^ this.#bytes[whole]!) & mask) === 0;
  }
}

export const prefixes = (texts: readonly string[]): readonly AddressPrefix[] =>
  texts.map((text) => new AddressPrefix(text));
