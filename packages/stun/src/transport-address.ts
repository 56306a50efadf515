import { read16, write16 } from './bytes.ts';
import { Malformed } from './malformed.ts';

/** An address as sockets tell it: IPv4 or IPv6 in text, without brackets. */
export interface TransportAddress {
  readonly address: string;
  readonly port: number;
}

const IPV4 = 1;
const IPV6 = 2;

/** The value of MAPPED-ADDRESS and its kin (RFC 8489 §14.1): a zero, the family, the port, the address. */
export const encodeTransportAddress = ({ address, port }: TransportAddress): Uint8Array => {
  const ip = addressBytes(address);
  const value = new Uint8Array(4 + ip.length);
  value[1] = ip.length === 4 ? IPV4 : IPV6;
  write16(value, 2, port);
  value.set(ip, 4);
  return value;
};

export const decodeTransportAddress = (value: Uint8Array): TransportAddress | Malformed => {
  const family = value[1];
  const ip = value.subarray(4);
  if (family === IPV4 && ip.length === 4) return { address: ip.join('.'), port: read16(value, 2) };
  if (family === IPV6 && ip.length === 16) return { address: ipv6Text(ip), port: read16(value, 2) };
  return new Malformed('an address of neither family, or not of its length');
};

/** The 4 or 16 bytes of an address. Throws on what is none: addresses come from sockets. */
export const addressBytes = (address: string): Uint8Array => {
  const bytes = address.includes(':') ? ipv6Bytes(address) : ipv4Bytes(address);
  if (bytes === undefined) throw new Error(`"${address}" is no IP address`);
  return bytes;
};

const ipv4Bytes = (address: string): Uint8Array | undefined => {
  const bytes = new Uint8Array(4);
  let part = 0;
  let value = -1;
  for (let index = 0; index <= address.length; index++) {
    const digit = address.charCodeAt(index) - 0x30;
    if (digit >= 0 && digit <= 9) {
      value = Math.max(value, 0) * 10 + digit;
      if (value > 255) return undefined;
    } else {
      const ends = index === address.length ? part === 3 : address.charCodeAt(index) === 0x2e && part < 3;
      if (!ends || value < 0) return undefined;
      bytes[part++] = value;
      value = -1;
    }
  }
  return bytes;
};

/** RFC 4291 §2.2, all three forms; a zone is left out. */
const ipv6Bytes = (text: string): Uint8Array | undefined => {
  const zone = text.indexOf('%');
  const halves = (zone < 0 ? text : text.slice(0, zone)).split('::');
  if (halves.length > 2) return undefined;
  const [left, right] = halves.map(groupBytes);
  if (left === undefined || (halves.length === 2 && right === undefined)) return undefined;
  const given = left.length + (right?.length ?? 0);
  if (halves.length === 2 ? given > 14 : given !== 16) return undefined;
  const bytes = new Uint8Array(16);
  bytes.set(left);
  if (right !== undefined) bytes.set(right, 16 - right.length);
  return bytes;
};

const groupBytes = (half: string): number[] | undefined => {
  const bytes: number[] = [];
  if (half === '') return bytes;
  const groups = half.split(':');
  for (const [index, group] of groups.entries()) {
    if (index === groups.length - 1 && group.includes('.')) {
      const embedded = ipv4Bytes(group);
      if (embedded === undefined) return undefined;
      bytes.push(...embedded);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    } else return undefined;
  }
  return bytes;
};

/** The one spelling of RFC 5952: lower case, the longest run of zeros shortened. */
const ipv6Text = (bytes: Uint8Array): string => {
  const groups = Array.from({ length: 8 }, (_, index) => read16(bytes, index * 2));
  let [best, length] = [-1, 1];
  for (let start = 0; start < 8; start++) {
    let end = start;
    while (end < 8 && groups[end] === 0) end++;
    if (end - start > length) [best, length] = [start, end - start];
  }
  const text = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  return best < 0 ? text(groups) : `${text(groups.slice(0, best))}::${text(groups.slice(best + length))}`;
};
