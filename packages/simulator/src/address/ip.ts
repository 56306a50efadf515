/** IPv4 or IPv6: what a host has, what a socket speaks, what a NAT translates. */
export type Family = 'ipv4' | 'ipv6';

export const familyOf = (address: string): Family => (address.includes(':') ? 'ipv6' : 'ipv4');

export const isLoopback = (address: string): boolean => address === '::1' || /^127\.\d/.test(address);

/** The one spelling under which the simulator knows an address (RFC 5952 for IPv6). Throws on what is none. */
export const canonicalAddress = (address: string): string => addressText(addressBytes(address));

/** The 4 or 16 bytes of an address. Throws on what is none: addresses come from scenarios. */
export const addressBytes = (address: string): Uint8Array => {
  const bytes = address.includes(':') ? ipv6Bytes(address) : ipv4Bytes(address);
  if (bytes === undefined) throw new Error(`"${address}" is no IP address`);
  return Uint8Array.from(bytes);
};

export const addressText = (bytes: Uint8Array): string =>
  bytes.length === 4 ? bytes.join('.') : ipv6Text(bytes);

const ipv4Bytes = (text: string): number[] | undefined => {
  const parts = text.split('.');
  const fits = parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256);
  return fits ? parts.map(Number) : undefined;
};

/** RFC 4291 §2.2; a zone is left out. */
const ipv6Bytes = (text: string): number[] | undefined => {
  const [left, right, more] = text.replace(/%.*$/, '').split('::').map(groupBytes);
  if (left === undefined || more !== undefined) return undefined;
  if (right === undefined) return left.length === 16 && !text.includes('::') ? left : undefined;
  const zeros = 16 - left.length - right.length;
  return zeros < 2 ? undefined : [...left, ...new Array<number>(zeros).fill(0), ...right];
};

const groupBytes = (half: string): number[] | undefined => {
  const bytes: number[] = [];
  if (half === '') return bytes;
  for (const group of half.split(':')) {
    const embedded = group.includes('.') ? ipv4Bytes(group) : undefined;
    if (embedded !== undefined) bytes.push(...embedded);
    else if (/^[0-9a-f]{1,4}$/i.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    } else return undefined;
  }
  return bytes;
};

/** Lower case, the longest run of two or more zero groups shortened (RFC 5952 §4). */
const ipv6Text = (bytes: Uint8Array): string => {
  const groups = Array.from({ length: 8 }, (_, index) => bytes[2 * index]! * 256 + bytes[2 * index + 1]!);
  let [start, length] = [-1, 1];
  for (let from = 0; from < 8; from++) {
    let to = from;
    while (to < 8 && groups[to] === 0) to++;
    if (to - from > length) [start, length] = [from, to - from];
  }
  const text = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  return start < 0 ? text(groups) : `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`;
};
