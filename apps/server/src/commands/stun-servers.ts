import { isIP } from 'node:net';
import type { DnsAnswer, DnsQuestion, DnsRecord } from '@ringdown/sip';
import type { TransportAddress } from '@ringdown/stun';
import type { Configuration } from '../config/configuration.ts';
import { openResolver } from '../network/resolver.ts';
import { Refusal } from '../refusal.ts';

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
  dns: Configuration['dns'],
): Promise<readonly TransportAddress[]> => {
  const named = servers.map(readServer);
  const waiting = new Map<number, (answer: DnsAnswer) => void>();
  const resolver = openResolver(dns, (id, answer) => waiting.get(id)?.(answer));
  const ask: Ask = async (name, type) => {
    const answer = await new Promise<DnsAnswer>((resolve) => {
      const id = waiting.size;
      waiting.set(id, resolve);
      // Targets of SRV records end in the dot of the root.
      resolver.query({ id, name: name.toLowerCase().replace(/\.$/, ''), type });
    });
    return answer.kind === 'records' ? answer.records : [];
  };
  try {
    const found = (await Promise.all(named.map((one) => addressesOf(one, ask)))).flat();
    if (found.length > 0) return found;
  } finally {
    resolver.close();
  }
  throw new Refusal(
    `no address is known for the STUN server ${servers.join(' or ')}: check the name, or name another with --server HOST[:PORT]`,
  );
};

type Ask = (name: string, type: DnsQuestion['type']) => Promise<readonly DnsRecord[]>;

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

const addressesOf = async ({ host, port }: Named, ask: Ask): Promise<readonly TransportAddress[]> => {
  if (isIP(host) !== 0) return [{ address: host, port: port ?? STUN_PORT }];
  if (port !== undefined) return hostAddresses(host, port, ask);
  for (const service of SERVICES) {
    const records = (await ask(`${service}.${host}`, 'SRV')).filter((record) => record.type === 'SRV');
    const [first] = records.toSorted(
      (left, right) => left.priority - right.priority || right.weight - left.weight,
    );
    const found = first === undefined ? [] : await hostAddresses(first.target, first.port, ask);
    if (found.length > 0) return found;
  }
  return hostAddresses(host, STUN_PORT, ask);
};

const hostAddresses = async (host: string, port: number, ask: Ask): Promise<readonly TransportAddress[]> => {
  const both = await Promise.all([ask(host, 'A'), ask(host, 'AAAA')]);
  return both.flatMap((records) => {
    const [first] = records.flatMap((record) =>
      record.type === 'A' || record.type === 'AAAA' ? [record.address] : [],
    );
    return first === undefined ? [] : [{ address: first, port }];
  });
};
