import {
  bareHost,
  formatHost,
  isIpv4,
  isIpv6,
  Malformed,
  parseSipUriOnly,
  type SipUri,
  type TransportName,
} from '@ringdown/sip';
import type { Account } from '../account.ts';
import { checkWishes } from './check-wishes.ts';
import type { ConnectOptions } from './phone.ts';
import type { PlatformRequest } from './platform.ts';

/**
 * What a device is opened for, of what a user wrote.
 *
 * @throws TypeError that names what is wrong with it
 */
export const requestOf = (options: ConnectOptions): PlatformRequest => {
  checkNames(options);
  checkPlatform(options.platform);
  checkWishes(options);
  const { displayName, authUsername, password, realm } = options;
  const transports = transportsOf(options);
  const { username, domain } = ownerOf(options.account);
  if (typeof password !== 'string') throw new TypeError('the password is missing');
  // What stands in a header as it is must not end it.
  if (displayName !== undefined && /\p{Cc}/u.test(displayName))
    throw new TypeError('the display name has control characters');
  if (options.instance !== undefined && !/^urn:[\w.:;%+/-]+$/i.test(options.instance))
    throw new TypeError(`the instance "${options.instance}" is no URN, such as urn:uuid:…`);
  const server = options.server === undefined ? undefined : serverOf(options.server);
  const account: Account = {
    username,
    domain,
    password,
    ...(displayName !== undefined && { displayName }),
    ...(authUsername !== undefined && { authUsername }),
    ...(realm !== undefined && { realm }),
    ...(server !== undefined && { outboundProxy: proxyOf(server, options.transports?.[0]) }),
  };
  return { account, server: server && hostOf(server), transports };
};

/** Every option of {@link connect}. */
const OPTION_NAMES: Readonly<Record<keyof ConnectOptions, true>> = {
  account: true,
  password: true,
  authUsername: true,
  displayName: true,
  realm: true,
  server: true,
  transports: true,
  instance: true,
  registerSeconds: true,
  transfers: true,
  early: true,
  direct: true,
  takesCalls: true,
  profile: true,
  security: true,
  ice: true,
  relayOnly: true,
  duplicate: true,
  observe: true,
  platform: true,
};

const checkNames = (options: ConnectOptions): void => {
  if (typeof options !== 'object' || options === null)
    throw new TypeError('connect needs options: an account, its password and a platform');
  const strange = Object.keys(options).find((name) => !Object.hasOwn(OPTION_NAMES, name));
  if (strange !== undefined)
    throw new TypeError(
      `there is no option "${strange}": take one of ${Object.keys(OPTION_NAMES).join(', ')}`,
    );
};

const checkPlatform = (platform: ConnectOptions['platform'] | undefined): void => {
  const isOne = typeof platform?.open === 'function' && Array.isArray(platform.transports);
  if (isOne) return;
  const what = typeof platform === 'function' ? 'is a function: call it' : 'is missing or none: give one';
  throw new TypeError(
    `the platform ${what}, such as node() of @ringdown/media or browser() of @ringdown/web`,
  );
};

/** User and domain of `sip:user@domain`, or `user@domain`. */
const ownerOf = (written: string): Pick<Account, 'username' | 'domain'> => {
  const wrong = (why: string): TypeError =>
    new TypeError(`the account "${written}" is no address: ${why}. Write it as sip:USER@DOMAIN`);
  if (typeof written !== 'string') throw wrong('it is no text');
  const text = written.trim();
  if (/^sips:/i.test(text))
    throw wrong('sips: is no scheme of accounts; to speak TLS only, give transports: ["tls"]');
  const uri = parseSipUriOnly(/^sip:/i.test(text) ? text : `sip:${text}`);
  if (uri instanceof Malformed) throw wrong(uri.why);
  if (uri.user === undefined) throw wrong('it names no user');
  if (uri.password !== undefined) throw wrong('the password does not belong into it; give it as password');
  if (uri.port !== undefined) throw wrong('a port does not belong into it; give it with server');
  if (uri.parameters.text !== '' || uri.headers !== undefined) throw wrong('it goes on behind the domain');
  return { username: unescaped(uri.user), domain: bareHost(uri.host) };
};

/** `%C3%A9` and the like undone; what is no UTF-8 stays as it is. */
const unescaped = (user: string): string => {
  try {
    return decodeURIComponent(user);
  } catch {
    return user;
  }
};

/** `HOST[:PORT]`, or a SIP URI. */
const serverOf = (written: string): SipUri => {
  const text = written.trim();
  const uri = parseSipUriOnly(/^sips?:/i.test(text) ? text : `sip:${isIpv6(text) ? formatHost(text) : text}`);
  const why =
    uri instanceof Malformed
      ? uri.why
      : uri.user !== undefined || uri.headers !== undefined
        ? 'it names more than a host and a port'
        : undefined;
  if (why !== undefined || uri instanceof Malformed)
    throw new TypeError(`the server "${written}" is none: ${why}. Write it as HOST, HOST:PORT or a SIP URI`);
  return uri;
};

/**
 * The server as what everything goes to first. Where a port or an address stands, nobody says what is spoken there, and it
 * would be UDP (RFC 3263 §4.1): then it is what the user put first.
 */
const proxyOf = (server: SipUri, first: TransportName | undefined): string => {
  const isOpen = server.parameters.has('transport') || server.scheme === 'sips' || first === undefined;
  const isPlace = server.port !== undefined || isAddress(server.host);
  return isOpen || !isPlace ? server.text : `${server.text};transport=${first}`;
};

const isAddress = (host: string): boolean => isIpv4(bareHost(host)) || isIpv6(bareHost(host));

const hostOf = ({ host, port }: SipUri): NonNullable<PlatformRequest['server']> => ({
  host: bareHost(host),
  ...(port !== undefined && { port }),
});

const transportsOf = ({ transports, platform }: ConnectOptions): readonly TransportName[] => {
  if (transports === undefined) return platform.transports;
  if (transports.length === 0) throw new TypeError('transports is empty: name one, or leave it out');
  const missing = transports.find((name) => !platform.transports.includes(name));
  if (missing !== undefined)
    throw new TypeError(`"${missing}" is not spoken here, but ${platform.transports.join(', ')}`);
  return transports;
};
