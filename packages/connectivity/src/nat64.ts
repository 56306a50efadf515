import type { Candidate } from '@ringdown/ice';
import { addressBytes, Malformed, MappedAddress } from '@ringdown/stun';

/** The name that DNS64 gives itself away by, and its addresses (RFC 7050 §2.2, §8.1). */
export const IPV4_ONLY_NAME = 'ipv4only.arpa';
const IPV4_ONLY_ADDRESSES: ReadonlySet<string> = new Set(['192.0.0.170', '192.0.0.171']);

/** Lengths of prefixes in bytes, the usual one first (RFC 6052 §2.2). */
const PREFIX_BYTES = [12, 8, 7, 6, 5, 4];
/** The byte that stays zero within shorter ones. */
const RESERVED_BYTE = 8;
const isIpv4 = (text: string): boolean =>
  /^\d{1,3}(?:\.\d{1,3}){3}$/.test(text) && text.split('.').every((part) => Number(part) <= 255);

const NO_ID = new Uint8Array(0);

/** How IPv4 addresses are written so that a NAT64 translates them (RFC 6052 §2.2). */
export class Nat64 {
  readonly #prefix: Uint8Array;
  readonly #places: readonly number[];

  private constructor(prefix: Uint8Array) {
    this.#prefix = prefix;
    this.#places = placesBehind(prefix.length);
  }

  /** Finds the prefix in the AAAA records of {@link IPV4_ONLY_NAME} (RFC 7050 §3); undefined where there is none. */
  static learn(addresses: readonly string[]): Nat64 | undefined {
    for (const address of addresses) {
      if (!address.includes(':')) continue;
      const bytes = addressBytes(address);
      const lengths = PREFIX_BYTES.filter((length) => {
        const embedded = placesBehind(length)
          .map((place) => bytes[place])
          .join('.');
        return IPV4_ONLY_ADDRESSES.has(embedded) && (length === 12 || bytes[RESERVED_BYTE] === 0);
      });
      // Found more than once it says nothing: a prefix may look like the address itself.
      if (lengths.length === 1) return new Nat64(bytes.slice(0, lengths[0]));
    }
    return undefined;
  }

  /** The IPv6 address by which an IPv4 address is reached; one of IPv6 is left as it is. */
  reach(address: string): string {
    if (address.includes(':')) return address;
    const value = new Uint8Array(20);
    value[1] = 2;
    const bytes = value.subarray(4);
    bytes.set(this.#prefix);
    for (const [index, byte] of addressBytes(address).entries()) bytes[this.#places[index]!] = byte;
    const read = MappedAddress.decode(value, NO_ID);
    return read instanceof Malformed ? address : read.address;
  }

  /** A candidate of the peer's as it is reached from here; undefined for what is no IPv4 address. */
  candidate(candidate: Candidate): Candidate | undefined {
    if (!isIpv4(candidate.address)) return undefined;
    // Another foundation: its checks say nothing of those from an IPv4 address.
    const foundation = `64${candidate.foundation}`.slice(0, 32);
    return { ...candidate, foundation, address: this.reach(candidate.address) };
  }
}

/** Where the four bytes stand behind a prefix: around the reserved byte. */
const placesBehind = (length: number): readonly number[] => {
  const places = Array.from({ length: 5 }, (_, index) => length + index);
  return places.filter((place) => length === 12 || place !== RESERVED_BYTE).slice(0, 4);
};
