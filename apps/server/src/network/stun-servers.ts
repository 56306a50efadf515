import { isIP } from 'node:net';
import type { TransportAddress } from '@ringdown/stun';
import { Refusal } from '../refusal.ts';
import type { DnsLookup } from './dns-lookup.ts';

const STUN_PORT = 3478;
/** Those with two addresses first (RFC 5780 §9.2, RFC 8489 §8). */
const SERVICES = ['_stun-behavior._udp', '_stun._udp'];

interface Named {
  readonly host: string;
  readonly port: number | undefined;
}

/**
 * The addresses of STUN servers: of each the first IPv4 and the first IPv6 address. A name without a port is looked for by its
 * SRV records first.
 *
 * @param servers `HOST` or `HOST:PORT`, `[IPV6]:PORT`
 * @throws Refusal where one cannot be read, or none of them has an address
 */
export const stunServers = async (
  servers: readonly string[],
  lookup: DnsLookup,
): Promise<readonly TransportAddress[]> => {
  const named = servers.map(readServer);
  const found = (await Promise.all(named.map((one) => addressesOf(one, lookup)))).flat();
  if (found.length > 0) return found;
  throw new Refusal(
    `no address is known for the STUN server ${servers.join(' or ')}: check the name, or name another with --server HOST[:PORT]`,
  );
};

const readServer = (text: string): Named => {
  // An IPv6 address without brackets has no port.
  const [, bracketed, name, port] =
    isIP(text) === 6 ? [text, text] : (/^(?:\[([^\]]+)\]|([^:\s]+))(?::(\d{1,5}))?$/.exec(text) ?? []);
  const host = bracketed ?? name;
  const number = port === undefined ? undefined : Number(port);
  const wrong = host === undefined || (bracketed !== undefined && isIP(bracketed) !== 6);
  if (wrong || number === 0 || (number ?? 1) > 65_535)
    throw new Refusal(
      `"${text}" is no STUN server: write HOST, HOST:PORT or [IPV6]:PORT, such as --server stun.example:3478`,
    );
  return { host, port: number };
};

const addressesOf = async (
  { host, port }: Named,
  lookup: DnsLookup,
): Promise<readonly TransportAddress[]> => {
  if (isIP(host) !== 0) return [{ address: host, port: port ?? STUN_PORT }];
  if (port !== undefined) return hostAddresses(host, port, lookup);
  for (const service of SERVICES) {
    const records = (await lookup.records(`${service}.${host}`, 'SRV')).filter(
      (record) => record.type === 'SRV',
    );
    const [first] = records.toSorted(
      (left, right) => left.priority - right.priority || right.weight - left.weight,
    );
    const found = first === undefined ? [] : await hostAddresses(first.target, first.port, lookup);
    if (found.length > 0) return found;
  }
  return hostAddresses(host, STUN_PORT, lookup);
};

const hostAddresses = async (
  host: string,
  port: number,
  lookup: DnsLookup,
): Promise<readonly TransportAddress[]> => {
  const both = await Promise.all([lookup.records(host, 'A'), lookup.records(host, 'AAAA')]);
  return both.flatMap((records) => {
    const [first] = records.flatMap((record) =>
      record.type === 'A' || record.type === 'AAAA' ? [record.address] : [],
    );
    return first === undefined ? [] : [{ address: first, port }];
  });
};
