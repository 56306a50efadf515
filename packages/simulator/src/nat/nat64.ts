import { addressBytes, addressText } from '../address/ip.ts';
import { type Prefix, parsePrefix, prefixHolds } from '../address/prefix.ts';

/** RFC 6052 §2.1. */
export const WELL_KNOWN_PREFIX = '64:ff9b::/96';

/** IPv4 addresses inside IPv6 ones (RFC 6052 §2.2): the prefix, then the address around the byte that stays 0. */
export class Nat64Prefix {
  readonly #prefix: Prefix;
  /** Where in the IPv6 address the four bytes stand. */
  readonly #places: readonly number[];

  constructor(text: string) {
    this.#prefix = parsePrefix(text);
    if (![32, 40, 48, 56, 64, 96].includes(this.#prefix.length) || this.#prefix.bytes.length !== 16) {
      throw new Error(`"${text}" is no prefix for NAT64: its length is one of 32, 40, 48, 56, 64, 96`);
    }
    const start = this.#prefix.length / 8;
    const behind = Array.from({ length: 12 }, (_, index) => start + index);
    this.#places = behind.filter((place) => place !== 8 || start === 12).slice(0, 4);
  }

  embed(ipv4: string): string {
    const bytes = this.#prefix.bytes.slice();
    addressBytes(ipv4).forEach((byte, index) => {
      bytes[this.#places[index]!] = byte;
    });
    return addressText(bytes);
  }

  /** The IPv4 address inside; undefined for addresses without the prefix. */
  extract(ipv6: string): string | undefined {
    if (!prefixHolds(this.#prefix, ipv6)) return undefined;
    const bytes = addressBytes(ipv6);
    return this.#places.map((place) => bytes[place]).join('.');
  }
}
