import { isIP } from 'node:net';
import { canonicalDomain, whyNoDomain } from '@ringdown/provider';
import { z } from 'zod';

const port = (what: string, standard: number) =>
  z
    .int({ error: 'a port number from 0 to 65535' })
    .min(0, { error: 'a port number from 0 to 65535' })
    .max(65_535, { error: 'a port number from 0 to 65535' })
    .default(standard)
    .describe(`${what}; 0 takes any free one`);

const count = (what: string, standard: number) =>
  z
    .int({ error: 'a whole number from 1' })
    .min(1, { error: 'a whole number from 1' })
    .default(standard)
    .describe(what);

const relayPort = (what: string, standard: number) =>
  z
    .int({ error: 'a port number from 1024 to 65535' })
    .min(1_024, { error: 'a port number from 1024 to 65535' })
    .max(65_535, { error: 'a port number from 1024 to 65535' })
    .default(standard)
    .describe(what);

const text = (expected: string, isGood: (text: string) => boolean) =>
  z.string({ error: expected }).refine(isGood, { error: expected });

const listOrOne = <Item extends z.ZodType>(item: Item, expected: string) =>
  z.union([z.array(item), item], { error: `${expected}, or a list of such` });

const withoutBrackets = (address: string): string => address.replace(/^\[(.*)\]$/, '$1');
const isAddress = (address: string): boolean =>
  address === 'localhost' || isIP(withoutBrackets(address)) !== 0;
const isName = (name: string): boolean => whyNoDomain(canonicalDomain(name)) === undefined;

const isNetwork = (network: string): boolean => {
  const [address = '', bits, ...rest] = network.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 6 ? 128 : 32));
};

const isIpAddress = (address: string): boolean => isIP(withoutBrackets(address)) !== 0;

/** A host with or without a port: `stun.example`, `192.0.2.1:3478`, `[2001:db8::1]:3478`. */
const isServer = (server: string): boolean => {
  const [, host = '', port] = /^(\[[^\]]+\]|[^:]+)(?::(\d{1,5}))?$/.exec(server) ?? [];
  return (isIpAddress(host) || isName(host)) && Number(port ?? 3478) <= 65_535 && Number(port ?? 3478) > 0;
};

const SERVER = 'a host name or address with or without a port, such as "stun.example:3478"';
const ADDRESS = 'an IP address of this machine';
const NETWORK = 'an IP address or network, such as "192.0.2.0/24"';
const NAME = 'a host name or an IP address, such as "radio.example"';
const FILE = 'the name of a file';

/** The configuration file. Every key has a default; docs/configuration.md is made of these descriptions. */
export const configurationSchema = z.strictObject({
  domain: text(NAME, isName)
    .optional()
    .describe(
      'The domain of the SIP addresses. The first one that is ever named becomes the first of the home',
    ),
  host: listOrOne(text(ADDRESS, isAddress), ADDRESS)
    .default(['0.0.0.0', '::'])
    .describe('Where to listen: an address or a list; `0.0.0.0` and `::` mean every address of the machine'),
  advertise: text(NAME, isName)
    .optional()
    .describe('The address that the world reaches this machine at, where a router or cloud translates it'),
  names: z
    .array(text(NAME, isName), { error: 'a list of host names' })
    .default([])
    .describe(
      'Other names of this machine, which lead to it and stand for the first domain as its addresses do; one that the certificate proves is what other servers come back by over TLS',
    ),
  ports: z
    .strictObject({
      sip: port('SIP over UDP and TCP', 5060),
      sips: port('SIP over TLS', 5061),
      http: port('SIP over WebSocket, health check and metrics', 8080),
      https: port('The same over TLS', 8443),
      turn: port('STUN and TURN over UDP and TCP', 3478),
      turns: port('TURN over TLS', 5349),
    })
    .prefault({}),
  tls: z
    .strictObject({
      certificate: text(FILE, (name) => name !== '')
        .optional()
        .describe(
          'PEM file of the certificate and its chain; read again when it changes. Without it one is self-signed',
        ),
      key: text(FILE, (name) => name !== '')
        .optional()
        .describe('PEM file of its private key'),
      ca: listOrOne(
        text(FILE, (name) => name !== ''),
        FILE,
      )
        .default([])
        .describe('PEM files of authorities to trust besides the common ones, when other servers are called'),
    })
    .prefault({}),
  dns: z
    .strictObject({
      servers: z
        .array(z.string({ error: 'an IP address' }), { error: 'a list of IP addresses' })
        .default([])
        .describe(
          "DNS servers to ask, such as `192.0.2.53` or `[2001:db8::53]:5353`; without any, the system's",
        ),
      records: z
        .array(z.string({ error: 'a line of a zone file' }), { error: 'a list of lines of a zone file' })
        .default([])
        .describe(
          'Answers that need no server: lines as in a zone file, such as `"studio.example. A 192.0.2.9"`. What they name is called though it is private, at ports from 1024 on',
        ),
    })
    .prefault({}),
  stun: z
    .strictObject({
      ask: z
        .array(text(SERVER, isServer), { error: `a list, each ${SERVER}` })
        .default(['stun.cloudflare.com:3478', 'stun.l.google.com:19302'])
        .describe(
          'STUN servers that are asked for the public address of this machine, where none of its own addresses is public; `[]` asks nobody',
        ),
      other_address: text(ADDRESS, isIpAddress)
        .optional()
        .describe(
          'A second IPv4 address of this machine, so that clients can find out what their NAT does (RFC 5780); without it they cannot',
        ),
    })
    .prefault({}),
  turn: z
    .strictObject({
      allow_peers: z
        .array(text(NETWORK, isNetwork), { error: 'a list of networks' })
        .default([])
        .describe(
          'Networks that may be relayed to although they are private: for labs, and for phones in the same building',
        ),
      min_port: relayPort('The first port that a relay may have', 49_152),
      max_port: relayPort('The last one', 65_535),
      max_allocations: count('Relays at once', 10_000),
      max_allocations_per_user: count('Relays of one account at once', 50),
      max_allocations_per_address: count('Relays of one address at once (IPv6: of one /64)', 1_000),
      max_kilobits_per_second: count('What one relay may carry, both ways together', 50_000),
      max_packets_per_second: count('The same in packets', 10_000),
      credential_seconds: count('How long a credential that is given to a browser is good', 43_200),
    })
    .prefault({}),
  services: z
    .strictObject({
      echo: z
        .boolean({ error: 'true or false' })
        .default(true)
        .describe(
          'Whether `echo@` each domain answers the users of this server and lets them hear themselves',
        ),
      tone: z
        .boolean({ error: 'true or false' })
        .default(true)
        .describe('Whether `tone@` each domain plays them 1 kHz, in stereo 1 kHz left and 2 kHz right'),
      max_calls: count('Calls that the two of them answer at once; more find them busy', 20),
      max_seconds: count('How long such a call may last', 600),
    })
    .prefault({}),
  bindings: z
    .strictObject({
      durable: z
        .boolean({ error: 'true or false' })
        .default(true)
        .describe('Whether registrations outlive a restart'),
      max_per_account: count('Devices of one account; one more takes the place of the oldest', 10),
      min_expires_seconds: count('Shorter registrations are refused with 423', 60),
      max_expires_seconds: count('Longer ones are shortened', 7_200),
      default_expires_seconds: count('For phones that do not say', 3_600),
    })
    .prefault({}),
  log: z
    .strictObject({
      level: z
        .enum(['debug', 'info', 'warn', 'error'], { error: 'one of "debug", "info", "warn", "error"' })
        .default('info')
        .describe('What is logged: `debug`, `info`, `warn` or `error` and all that is worse'),
      format: z
        .enum(['text', 'json'], { error: '"text" or "json"' })
        .default('text')
        .describe('Lines for people (`text`) or for machines (`json`)'),
    })
    .prefault({}),
  metrics: z
    .strictObject({
      allow: z
        .array(text(NETWORK, isNetwork), { error: 'a list of networks' })
        .default(['127.0.0.0/8', '::1/128'])
        .describe('Who may read `/metrics`'),
    })
    .prefault({}),
  limits: z
    .strictObject({
      connections: count('TCP, TLS and WebSocket connections at once', 100_000),
      connections_per_address: count('The same from one address (IPv6: from one /64)', 10_000),
      trusted: z
        .array(text(NETWORK, isNetwork), { error: 'a list of networks' })
        .default([])
        .describe(
          'Networks of servers of yours: never slowed down or refused for failures, called by users though they are private, and believed about who calls (P-Asserted-Identity)',
        ),
    })
    .prefault({}),
});

export type ConfigurationFile = z.output<typeof configurationSchema>;
