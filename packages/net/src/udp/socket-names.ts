import { isIP } from 'node:net';

/** Hosts whose addresses are kept as the kernel has them, and those kept in text. */
const REMEMBERED = 4_096;

/** The 4 or 16 bytes of addresses, each read once; undefined for what is none, or has a zone. */
export const rememberedHosts = (): ((address: string) => Uint8Array | undefined) => {
  const hosts = new Map<string, Uint8Array | undefined>();
  return (address) => {
    const known = hosts.get(address);
    if (known !== undefined || hosts.has(address)) return known;
    if (hosts.size >= REMEMBERED) hosts.clear();
    const bytes = hostBytes(address);
    hosts.set(address, bytes);
    return bytes;
  };
};

/** The 4 or 16 bytes of an address; undefined for what is none, or has a zone. */
export const hostBytes = (address: string): Uint8Array | undefined => {
  const family = isIP(address);
  if (family === 0 || address.includes('%')) return undefined;
  if (family === 4) return Uint8Array.from(address.split('.'), Number);
  const [head = '', tail] = address.split('::');
  const first = groups(head);
  const last = tail === undefined ? [] : groups(tail);
  const zeros = new Array<number>(8 - first.length - last.length).fill(0);
  return Uint8Array.from([...first, ...zeros, ...last].flatMap((group) => [group >> 8, group & 0xff]));
};

const groups = (text: string): number[] =>
  text === ''
    ? []
    : text.split(':').flatMap((group) => {
        if (!group.includes('.')) return [Number.parseInt(group, 16)];
        const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
        return [a * 256 + b, c * 256 + d];
      });

/** IPv4 addresses in text, each written once, of their four bytes as a number. */
export const rememberedIpv4Texts = (): ((number: number) => string) => {
  const texts = new Map<number, string>();
  return (number) => {
    const known = texts.get(number);
    if (known !== undefined) return known;
    if (texts.size >= REMEMBERED) texts.clear();
    const text = `${number >>> 24}.${(number >>> 16) & 0xff}.${(number >>> 8) & 0xff}.${number & 0xff}`;
    texts.set(number, text);
    return text;
  };
};
