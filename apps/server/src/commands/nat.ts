import { createLiveTimers, nodeClock, nodeHashes, nodeRandom, nodeSockets } from '@ringdown/net';
import {
  discoverNat,
  discoveryRetransmission,
  type NatReport,
  type Retransmission,
  type TransportAddress,
} from '@ringdown/stun';
import { ConfigurationError, loadConfiguration } from '../config/configuration.ts';
import { openDnsLookup } from '../network/dns-lookup.ts';
import { stunServers } from '../network/stun-servers.ts';
import { Refusal } from '../refusal.ts';
import type { Terminal } from './terminal.ts';

export interface NatOptions {
  /** `HOST` or `HOST:PORT`; those of `stun.ask` in the configuration without them. */
  readonly server?: readonly string[] | undefined;
  /** Measures how long an idle way through stays open, too; takes minutes. */
  readonly lifetime?: boolean | undefined;
  readonly json?: boolean | undefined;
  readonly home?: string | undefined;
  readonly config?: string | undefined;
}

/**
 * `ringdown nat`: what stands between this machine and the Internet, and what that means for calls.
 *
 * @throws Refusal where no server is known, or none answers
 */
export const nat = async (
  options: NatOptions,
  terminal: Terminal,
  retransmission: Retransmission = discoveryRetransmission,
): Promise<void> => {
  const configuration = loadConfiguration({ home: options.home, config: options.config });
  if (configuration instanceof ConfigurationError) throw configuration;
  const asked = options.server ?? configuration.stun.ask;
  if (asked.length === 0)
    throw new Refusal(
      'no STUN server is known: name one with --server HOST[:PORT], best one with two addresses (RFC 5780), or two servers',
    );
  const lookup = openDnsLookup(configuration.dns);
  const servers = await stunServers(asked, lookup).finally(() => lookup.close());
  const timers = createLiveTimers(nodeClock);
  const ports = { sockets: nodeSockets(), timers, random: nodeRandom, hashes: nodeHashes };
  try {
    const reports = await discoverNat(
      {
        servers,
        retransmission,
        ...(options.lifetime === true && { lifetime: {} }),
        ...(options.json !== true && { progress: (sentence) => terminal.note(sentence) }),
      },
      ports,
    );
    if (reports.every(({ udp }) => udp === 'no answer' || udp === 'no address'))
      throw new Refusal(
        `no STUN server answered (asked: ${servers.map(text).join(', ')}): check name and port, and whether a firewall stops UDP; --server HOST[:PORT] names another`,
      );
    terminal.print(options.json === true ? json(reports) : reports.map(paragraph).join('\n\n'));
  } finally {
    timers.close();
  }
};

/** What is not known is null, so that every key is there. */
const json = (reports: readonly NatReport[]): string =>
  JSON.stringify(reports, (_, value) => (value === undefined ? null : value), 2);

const paragraph = (report: NatReport): string => [headline(report), ...report.sentences].join('\n  ');

const headline = ({ family, classic, mapping, filtering, mapped, server }: NatReport): string => {
  if (mapped === undefined || server === undefined) return `${family}: ${classic ?? 'nothing to be told'}`;
  const behaviour = `mapping ${mapping}, filtering ${filtering}`;
  const name = classic === undefined ? behaviour : `${classic} (${behaviour})`;
  return `${family}: ${name}, seen as ${text(mapped)} by ${text(server)}`;
};

const text = ({ address, port }: TransportAddress): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
