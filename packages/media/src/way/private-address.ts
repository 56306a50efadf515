import { addressBytes } from '@ringdown/stun';

/** Whether an address means something within its own network alone: RFC 1918, RFC 6598, RFC 4193, link-local and loopback. */
export const isPrivateAddress = (address: string): boolean => {
  const bytes = bytesOf(address);
  const [first = 0, second = 0] = bytes;
  if (bytes.length === 16) {
    const isLoopback = bytes.every((byte, at) => byte === (at === 15 ? 1 : 0));
    return isLoopback || (first & 0xfe) === 0xfc || (first === 0xfe && (second & 0xc0) === 0x80);
  }
  return (
    first === 10 ||
    first === 127 ||
    (first === 100 && (second & 0xc0) === 64) ||
    (first === 169 && second === 254) ||
    (first === 172 && (second & 0xf0) === 16) ||
    (first === 192 && second === 168)
  );
};

const bytesOf = (address: string): Uint8Array => {
  try {
    return addressBytes(address);
  } catch {
    return new Uint8Array();
  }
};
