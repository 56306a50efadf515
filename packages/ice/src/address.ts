import { addressBytes, Malformed, MappedAddress, type TransportAddress } from '@ringdown/stun';

const NO_TRANSACTION = new Uint8Array(12);

/** The one spelling of an IP address, without its zone; undefined for what is none. */
export const canonicalAddress = (text: string): string | undefined => {
  try {
    const bytes = MappedAddress.encode({ address: text, port: 0 }, NO_TRANSACTION);
    const decoded = MappedAddress.decode(bytes, NO_TRANSACTION);
    return decoded instanceof Malformed ? undefined : decoded.address;
  } catch {
    return undefined;
  }
};

/** An address that a socket told, spelt as all addresses here are. */
export const canonical = ({ address, port }: TransportAddress): TransportAddress => ({
  address: canonicalAddress(address) ?? address,
  port,
});

/** Tells transport addresses apart that are spelt canonically. */
export const addressKey = ({ address, port }: TransportAddress): string => `${address} ${port}`;

export const sameAddress = (left: TransportAddress, right: TransportAddress): boolean =>
  left.port === right.port && left.address === right.address;

export const isIpv6 = (address: string): boolean => address.includes(':');

/** The zone of a link-local address as sockets spell it, with its `%`; empty without one. */
export const zoneOf = (address: string): string => {
  const at = address.indexOf('%');
  return at < 0 ? '' : address.slice(at);
};

export const isLinkLocalIpv6 = (address: string): boolean => {
  if (!isIpv6(address)) return false;
  const [first = 0, second = 0] = addressBytes(address);
  return first === 0xfe && (second & 0xc0) === 0x80;
};

const isLoopback = (address: string): boolean => address === '::1' || address.startsWith('127.');

/** Why no check may go to an address, whoever names it; undefined where one may. */
export const whyUnusable = ({ address, port }: TransportAddress): string | undefined => {
  if (port < 1 || port > 65_535) return 'no port that can be sent to';
  const bytes = addressBytes(address);
  const [first = 0] = bytes;
  if (bytes.every((byte) => byte === 0)) return 'the unspecified address';
  if (bytes.length === 4 && first >= 224) return 'a multicast, broadcast or reserved address';
  if (first === 0xff) return 'a multicast address';
  // RFC 8445 §5.1.1.1: sockets would send it to an address of the other family.
  if (bytes.length === 16 && bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff)
    return 'an IPv4-mapped address';
  return undefined;
};

/** Whether two candidates can be a pair by their addresses (RFC 8445 §6.1.2.2). */
export const canPair = (local: string, remote: string): boolean =>
  isIpv6(local) === isIpv6(remote) &&
  isLinkLocalIpv6(local) === isLinkLocalIpv6(remote) &&
  isLoopback(local) === isLoopback(remote);
