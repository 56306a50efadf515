import { addressBytes, addressText } from './ip.ts';

/** `192.168.1.0/24`, `2001:db8:1::/64`. */
export interface Prefix {
  readonly bytes: Uint8Array;
  readonly length: number;
}

/** Throws on what is no prefix: prefixes come from scenarios. */
export const parsePrefix = (text: string): Prefix => {
  const [address = '', length = ''] = text.split('/');
  const bytes = addressBytes(address);
  if (!/^\d+$/.test(length) || Number(length) > bytes.length * 8) throw new Error(`"${text}" is no prefix`);
  return { bytes, length: Number(length) };
};

export const prefixHolds = ({ bytes, length }: Prefix, address: string): boolean => {
  const other = addressBytes(address);
  if (other.length !== bytes.length) return false;
  for (let bit = 0; bit < length; bit++) {
    const mask = 0x80 >> (bit & 7);
    if ((bytes[bit >> 3]! & mask) !== (other[bit >> 3]! & mask)) return false;
  }
  return true;
};

/** Hands out the addresses of some prefixes one after the other; the first and the last of each stay unused. */
export class AddressPool {
  readonly #prefixes: readonly Prefix[];
  #index = 0;
  #next = 1;

  constructor(prefixes: readonly string[]) {
    this.#prefixes = prefixes.map(parsePrefix);
  }

  /** The next address that nobody has. Throws when all are taken. */
  take(isTaken: (address: string) => boolean): string {
    for (;;) {
      const prefix = this.#prefixes[this.#index];
      if (prefix === undefined) throw new Error('no address is left: name more of them in the options');
      if (this.#next >= 2 ** Math.min(prefix.bytes.length * 8 - prefix.length, 31) - 1) {
        this.#index++;
        this.#next = 1;
        continue;
      }
      const address = addressText(plus(prefix.bytes, this.#next++));
      if (!isTaken(address)) return address;
    }
  }
}

const plus = (bytes: Uint8Array, number: number): Uint8Array => {
  const sum = bytes.slice();
  for (let index = sum.length - 1, carry = number; carry > 0 && index >= 0; index--) {
    const value = sum[index]! + carry;
    sum[index] = value % 256;
    carry = Math.floor(value / 256);
  }
  return sum;
};
