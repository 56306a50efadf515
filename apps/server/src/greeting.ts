import type { Listener } from '@ringdown/net';
import { bareHost, formatHost } from '@ringdown/sip';
import { newDomainNote } from './commands/domain.ts';
import { homeDirectory } from './home/home.ts';
import type { RunningServer } from './server.ts';
import { turnUris } from './turn/turn-uris.ts';

/** SIP's own port: phones take it where none is named (RFC 3261 §19.1.2). */
const SIP_PORT = 5060;

/**
 * What a newcomer has to know, for the terminal: the domain, what a phone is given as its server, how an account is added,
 * and last a line that begins with `ready` and names every listener.
 */
export const greeting = (
  { domain, home, accounts, listeners, turnListeners, services }: Omit<RunningServer, 'stop'>,
  advertise: string | undefined,
): string => {
  const { name, realm } = domain.domain;
  const note = newDomainNote(domain);
  // Another domain than the first has to be named.
  const account = domain.first === undefined ? 'NAME' : `NAME@${name}`;
  const option = home.directory === homeDirectory(undefined) ? '' : ` --home ${quoted(home.directory)}`;
  return [
    `domain ${name} (realm ${realm}) with ${accounts === 1 ? '1 account' : `${accounts} accounts`} in ${home.directory}`,
    ...(note === undefined ? [] : [note]),
    `phones: where one asks for a server or proxy, give ${servers(listeners, advertise).join(' or ')}`,
    `relay: where one asks for STUN or TURN, give ${turnServers(turnListeners, advertise).join(' ')}, with the user name and password of an account${domain.first === undefined ? '' : ` of ${domain.first.name}`}`,
    ...serviceLines(services, name),
    `accounts: npx ringdown account add ${account}${option}`,
    `ready ${[...listeners.map(listenerText), ...turnListeners.map(turnListenerText)].join(' ')}`,
    '',
  ].join('\n');
};

/** What a first call can be made to: nobody else has to be there. */
const serviceLines = (services: readonly string[], domain: string): readonly string[] => {
  const does: Readonly<Record<string, string>> = { echo: 'to hear yourself', tone: 'to hear a tone' };
  const calls = services.map((name) => `sip:${name}@${domain} ${does[name] ?? ''}`.trimEnd());
  return calls.length === 0 ? [] : [`try it: call ${calls.join(', ')}`];
};

const isAbroad = ({ address }: Listener): boolean => !/^(127\.|::1$|fe80:)/i.test(address);

/** Where phones reach us: the advertised address, and our own but for the loopback ones, where there are others. */
const servers = (listeners: readonly Listener[], advertise: string | undefined): readonly string[] => {
  const sip = listeners.filter(({ transport }) => transport === 'udp');
  const abroad = sip.filter(isAbroad);
  const own = (abroad.length > 0 ? abroad : sip).map(({ address, port }) => server(address, port));
  const port = sip[0]?.port;
  if (advertise === undefined || port === undefined) return own;
  const advertised = server(bareHost(advertise), port);
  return [advertised, ...own.filter((one) => one !== advertised)];
};

const server = (host: string, port: number): string => at(host, port, SIP_PORT);

/** A host with its port, where that is not the usual one. */
const at = (host: string, port: number, usual: number): string =>
  port === usual ? formatHost(bareHost(host)) : `${formatHost(bareHost(host))}:${port}`;

/** The URIs of STUN and TURN (RFC 7064, RFC 7065), at the address that most can reach. */
const turnServers = (listeners: readonly Listener[], advertise: string | undefined): readonly string[] => {
  const host = turnHost(listeners, advertise);
  const [udp, tls] = [reachable(listeners, 'udp')?.port, reachable(listeners, 'tls')?.port];
  return [
    ...(udp === undefined ? [] : [`stun:${at(host, udp, 3478)}`, `turn:${at(host, udp, 3478)}`]),
    ...(tls === undefined ? [] : [`turns:${at(host, tls, 5349)}`]),
  ];
};

/** The listener of a transport that most can reach. */
const reachable = (listeners: readonly Listener[], transport: Listener['transport']): Listener | undefined =>
  listeners.find((one) => one.transport === transport && isAbroad(one)) ??
  listeners.find((one) => one.transport === transport);

const turnHost = (listeners: readonly Listener[], advertise: string | undefined): string =>
  bareHost(advertise ?? reachable(listeners, 'udp')?.address ?? '');

/** The URIs of TURN for a browser, by what listens (RFC 7065); none where nothing does. */
export const browserTurnUris = (
  { listeners, turnListeners, tlsName }: Pick<RunningServer, 'listeners' | 'turnListeners' | 'tlsName'>,
  advertise: string | undefined,
): readonly string[] => {
  if (turnListeners.length === 0) return [];
  const ports = {
    turn: reachable(turnListeners, 'udp')?.port,
    turns: reachable(turnListeners, 'tls')?.port,
    https: reachable(listeners, 'wss')?.port,
  };
  return turnUris(turnHost(turnListeners, advertise), ports, tlsName);
};

/** `turn-udp:192.0.2.1:3478`, `turn-tls:[::]:5349`. */
const turnListenerText = (listener: Listener): string => `turn-${listenerText(listener)}`;

/** `udp:192.0.2.1:5060`, `tls:[2001:db8::1]:5061`. */
const listenerText = ({ transport, address, port }: Listener): string =>
  `${transport}:${formatHost(address)}:${port}`;

/** As a shell takes it for one word. */
const quoted = (path: string): string => (/^[\w@%+=:,./\\-]+$/.test(path) ? path : `"${path}"`);
