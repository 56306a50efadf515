/** Whether bytes of an IPv6 address are these, from `at` on. */
const has = (address: Uint8Array, at: number, ...bytes: readonly number[]): boolean =>
  bytes.every((byte, index) => address[at + index] === byte);

const zeros = (address: Uint8Array, from: number, to: number): boolean => {
  for (let index = from; index < to; index++) if (address[index] !== 0) return false;
  return true;
};

const at = (address: Uint8Array, ...indices: readonly number[]): Uint8Array =>
  Uint8Array.from(indices, (index) => address[index]!);

/**
 * The IPv4 addresses that an IPv6 address leads to by some translator or tunnel, none for most. Whoever refuses an IPv4
 * address has to refuse all that embed it.
 *
 * @param address 16 bytes
 */
export const embeddedAddresses = (address: Uint8Array): readonly Uint8Array[] => {
  const found: Uint8Array[] = [];
  const last = (): Uint8Array => address.slice(12);
  // ::a.b.c.d, ::ffff:a.b.c.d (RFC 4291 §2.5.5) and ::ffff:0:a.b.c.d (RFC 2765 §2.1).
  // :: and ::1 have names of their own.
  if (zeros(address, 0, 8) && !(zeros(address, 8, 15) && address[15]! <= 1)) {
    const middle = at(address, 8, 9, 10, 11).join();
    if (['0,0,0,0', '0,0,255,255', '255,255,0,0'].includes(middle)) found.push(last());
  }
  // NAT64, well-known: RFC 6052 §2.1.
  if (has(address, 0, 0x00, 0x64, 0xff, 0x9b) && zeros(address, 4, 12)) found.push(last());
  // NAT64, local use (RFC 8215): prefixes of 48 to 96 bits within it; which one, only its operator knows (RFC 6052 §2.2).
  if (has(address, 0, 0x00, 0x64, 0xff, 0x9b, 0x00, 0x01)) found.push(...locallyEmbedded(address));
  // 6to4: RFC 3056 §2.
  if (has(address, 0, 0x20, 0x02)) found.push(address.slice(2, 6));
  // Teredo: its server, and its client with all bits turned round (RFC 4380 §4).
  if (has(address, 0, 0x20, 0x01, 0, 0))
    found.push(
      address.slice(4, 8),
      last().map((byte) => byte ^ 0xff),
    );
  // ISATAP, with the universal bit or without: RFC 5214 §6.1.
  if ((address[8]! & 0xfd) === 0 && has(address, 9, 0, 0x5e, 0xfe)) found.push(last());
  return found;
};

const locallyEmbedded = (address: Uint8Array): readonly Uint8Array[] => {
  if (zeros(address, 6, 12)) return [address.slice(12)];
  return [
    at(address, 6, 7, 9, 10),
    at(address, 7, 9, 10, 11),
    at(address, 9, 10, 11, 12),
    address.slice(12),
    // What is zero there is the rest of a prefix or of a suffix.
  ].filter((one) => !zeros(one, 0, 2));
};
