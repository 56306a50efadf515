import { isIP } from 'node:net';
import { dirname, resolve } from 'node:path';
import { parseDnsRecord, parseDnsServer } from '@ringdown/net';
import { canonicalDomain } from '@ringdown/provider';
import { type DnsRecord, Malformed } from '@ringdown/sip';
import { homeAt, homeDirectory } from '../home/home.ts';
import { Refusal } from '../refusal.ts';
import { checkConfiguration, readConfigurationFile } from './configuration-file.ts';
import type { ConfigurationFile } from './schema.ts';

/** What `ringdown serve` is told on its command line; each wins over the file. */
export interface ServeOptions {
  readonly home?: string | undefined;
  readonly domain?: string | undefined;
  readonly host?: string | readonly string[] | undefined;
  readonly advertise?: string | undefined;
  readonly config?: string | undefined;
  readonly turnAllowPeers?: string | readonly string[] | undefined;
  readonly ports?: { readonly [Name in keyof Ports]?: Ports[Name] | undefined } | undefined;
}

export interface Ports {
  readonly sip: number;
  readonly sips: number;
  readonly http: number;
  readonly https: number;
  readonly turn: number;
  readonly turns: number;
}

/** Everything that a server is told, checked and complete. Files are absolute paths. */
export interface Configuration {
  /** The home's folder. */
  readonly home: string;
  /** The file that was read; undefined where there is none. */
  readonly file: string | undefined;
  /** In canonical form; undefined: the home's first domain, or the default one. */
  readonly domain: string | undefined;
  /** IP addresses without brackets. */
  readonly hosts: readonly string[];
  /** A host name or an IP address without brackets. */
  readonly advertise: string | undefined;
  readonly names: readonly string[];
  readonly ports: Ports;
  readonly tls: {
    /** Both or none. */
    readonly certificate: string | undefined;
    readonly key: string | undefined;
    readonly ca: readonly string[];
  };
  readonly dns: {
    /** As written: an address, perhaps with a port. */
    readonly servers: readonly string[];
    readonly records: readonly DnsRecord[];
  };
  readonly stun: {
    /** Host names or addresses, perhaps with a port. */
    readonly ask: readonly string[];
    /** An IP address without brackets. */
    readonly otherAddress: string | undefined;
  };
  readonly turn: {
    /** CIDRs or addresses. */
    readonly allowPeers: readonly string[];
    readonly minPort: number;
    readonly maxPort: number;
    readonly maxAllocations: number;
    readonly maxAllocationsPerUser: number;
    readonly maxAllocationsPerAddress: number;
    readonly maxKilobitsPerSecond: number;
    readonly maxPacketsPerSecond: number;
    readonly credentialSeconds: number;
  };
  /** What the server answers itself. */
  readonly services: {
    readonly echo: boolean;
    readonly tone: boolean;
    readonly maxCalls: number;
    readonly maxSeconds: number;
  };
  readonly bindings: {
    readonly durable: boolean;
    readonly maxPerAccount: number;
    readonly minExpiresSeconds: number;
    readonly maxExpiresSeconds: number;
    readonly defaultExpiresSeconds: number;
  };
  readonly log: ConfigurationFile['log'];
  readonly metrics: ConfigurationFile['metrics'];
  readonly limits: {
    readonly connections: number;
    readonly connectionsPerAddress: number;
    readonly trusted: readonly string[];
  };
}

/** Why a configuration cannot be used, in one sentence. */
export class ConfigurationError extends Refusal {}

/** Reads the file that is named, or the home's own, and lays the command line's options over it. */
export const loadConfiguration = (options: ServeOptions): Configuration | ConfigurationError => {
  try {
    const home = homeAt(homeDirectory(options.home));
    const read = readConfigurationFile(options.config, home);
    const file = checkConfiguration(read.content, read.file);
    const told = checkConfiguration(commandLine(options), undefined);
    return complete(home.directory, read.file, {
      ...file,
      domain: told.domain ?? file.domain,
      advertise: told.advertise ?? file.advertise,
      host: options.host === undefined ? file.host : told.host,
      ports: Object.assign({}, file.ports, given(options.ports)),
      turn: { ...file.turn, allow_peers: [...file.turn.allow_peers, ...told.turn.allow_peers] },
    });
  } catch (error) {
    if (error instanceof Refusal) return new ConfigurationError(error.message);
    throw error;
  }
};

/** The options in the file's shape. */
const commandLine = ({
  domain,
  host,
  advertise,
  ports,
  turnAllowPeers,
}: ServeOptions): Record<string, unknown> =>
  given({
    domain,
    host,
    advertise,
    ports: given(ports),
    turn: given({ allow_peers: turnAllowPeers === undefined ? undefined : [turnAllowPeers].flat() }),
  });

const given = <Options extends object>(options: Options | undefined): Partial<Options> =>
  Object.fromEntries(
    Object.entries(options ?? {}).filter(([, value]) => value !== undefined),
  ) as Partial<Options>;

const complete = (home: string, file: string | undefined, content: ConfigurationFile): Configuration => {
  const { tls, bindings, limits, dns, log, metrics, names, ports, stun, turn, services } = content;
  const path = (name: string): string => resolve(file === undefined ? home : dirname(file), name);
  if ((tls.certificate === undefined) !== (tls.key === undefined)) {
    throw new Refusal(
      `${file}: tls.certificate and tls.key belong together: name both, or neither to have a self-signed certificate`,
    );
  }
  if (bindings.min_expires_seconds > bindings.max_expires_seconds) {
    throw new Refusal(
      `${file}: bindings.min_expires_seconds (${bindings.min_expires_seconds}) is more than bindings.max_expires_seconds (${bindings.max_expires_seconds}): lower the one or raise the other`,
    );
  }
  if (turn.min_port > turn.max_port) {
    throw new Refusal(
      `${file}: turn.min_port (${turn.min_port}) is more than turn.max_port (${turn.max_port}): lower the one or raise the other`,
    );
  }
  return {
    home,
    file,
    domain: content.domain === undefined ? undefined : canonicalDomain(content.domain),
    hosts: [content.host].flat().flatMap(addressesOf),
    advertise: content.advertise === undefined ? undefined : bareAddress(content.advertise),
    names: names.map(bareAddress),
    ports,
    tls: {
      certificate: tls.certificate === undefined ? undefined : path(tls.certificate),
      key: tls.key === undefined ? undefined : path(tls.key),
      ca: [tls.ca].flat().map(path),
    },
    dns: {
      servers: dns.servers.filter((server) => good(parseDnsServer(server), `${file}: dns.servers`)),
      records: dns.records.map((line) => good(parseDnsRecord(line), `${file}: dns.records`)),
    },
    stun: {
      ask: stun.ask,
      otherAddress: stun.other_address === undefined ? undefined : bareAddress(stun.other_address),
    },
    turn: {
      allowPeers: turn.allow_peers,
      minPort: turn.min_port,
      maxPort: turn.max_port,
      maxAllocations: turn.max_allocations,
      maxAllocationsPerUser: turn.max_allocations_per_user,
      maxAllocationsPerAddress: turn.max_allocations_per_address,
      maxKilobitsPerSecond: turn.max_kilobits_per_second,
      maxPacketsPerSecond: turn.max_packets_per_second,
      credentialSeconds: turn.credential_seconds,
    },
    services: {
      echo: services.echo,
      tone: services.tone,
      maxCalls: services.max_calls,
      maxSeconds: services.max_seconds,
    },
    bindings: {
      durable: bindings.durable,
      maxPerAccount: bindings.max_per_account,
      minExpiresSeconds: bindings.min_expires_seconds,
      maxExpiresSeconds: bindings.max_expires_seconds,
      defaultExpiresSeconds: Math.min(
        Math.max(bindings.default_expires_seconds, bindings.min_expires_seconds),
        bindings.max_expires_seconds,
      ),
    },
    log,
    metrics,
    limits: {
      connections: limits.connections,
      connectionsPerAddress: limits.connections_per_address,
      trusted: limits.trusted,
    },
  };
};

const good = <Value>(value: Value | Malformed, where: string): Value => {
  if (value instanceof Malformed) throw new Refusal(`${where}: ${value.why}`);
  return value;
};

const addressesOf = (host: string): readonly string[] =>
  host === 'localhost' ? ['127.0.0.1', '::1'] : [bareAddress(host)];

const bareAddress = (host: string): string => {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  return isIP(bare) === 0 ? canonicalDomain(host) : bare.toLowerCase();
};
