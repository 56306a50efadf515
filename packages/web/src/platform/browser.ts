import type { DnsAnswer, DnsQuestion } from '@ringdown/sip';
import type {
  MediaWishes,
  OpenPlatform,
  Platform,
  PlatformRequest,
  PlatformUser,
} from '@ringdown/user-agent';
import { createBrowserEngine } from '../media/browser-engine.ts';
import type { BrowserSound } from '../media/browser-sound.ts';
import { browserClock } from '../ports/clock.ts';
import { browserHashes } from '../ports/hashes.ts';
import { browserRandom } from '../ports/random.ts';
import { browserText } from '../ports/text.ts';
import { createBrowserTimers } from '../ports/timers.ts';
import { createWebSocketTransport } from '../transport/web-socket-transport.ts';

/** What a phone in a page may be told. */
export interface BrowserOptions {
  /** Of the server's WebSocket, such as `wss://radio.example/`. Default: made of the account's server or domain. */
  readonly url?: string;
  /** STUN and TURN servers. Default: TURN of the account's server with the account's password. */
  readonly iceServers?: readonly RTCIceServer[];
  /** Where this browser keeps who it is (RFC 5626 §4.1); undefined keeps nothing. Default: localStorage. */
  readonly storage?: Pick<Storage, 'getItem' | 'setItem'> | undefined;
}

const INSTANCE_KEY = 'ringdown-instance';
const TURN_PORT = 3_478;
/** A page that was asleep finds its clock further than this ahead. */
const AWAKE_MS = 5_000;
const SLEPT_MS = 30_000;
/** Browsers look names up by themselves: whatever is asked, this stands for the one server (RFC 5737). */
const ANY_ADDRESS = '192.0.2.1';
const TTL_SECONDS = 3_600;

/** The platform of a phone in a web page: WebSocket, RTCPeerConnection, microphone. */
export const browser = (options: BrowserOptions = {}): Platform<BrowserSound> => ({
  transports: isSecure(options.url) ? ['wss'] : ['ws'],
  open: (request, user) => openBrowser(options, request, user),
});

const isSecure = (url: string | undefined): boolean =>
  url === undefined ? globalThis.location?.protocol !== 'http:' : url.startsWith('wss:');

const openBrowser = async (
  options: BrowserOptions,
  request: PlatformRequest,
  user: PlatformUser,
): Promise<OpenPlatform<BrowserSound>> => {
  const url = options.url ?? urlFor(request);
  const timers = createBrowserTimers(browserClock);
  const transport = createWebSocketTransport(url, { random: browserRandom, text: browserText }, user);
  let isWayLost = false;
  const media = createBrowserEngine(
    { iceServers: [...(options.iceServers ?? turnServers(url, request))] },
    {} satisfies MediaWishes,
    {
      answered: (id, answer) => user.mediaAnswered(id, answer),
      told: (event) => {
        // Who lost the way of the sound has perhaps moved, and no browser says so; it may even find another one by itself.
        if (event.kind === 'restart wanted' || (event.kind === 'path' && isWayLost)) void transport.renew();
        if (event.kind === 'way lost') isWayLost = true;
        else if (event.kind === 'path') isWayLost = false;
        user.mediaTold(event);
      },
    },
  );
  // What is sent before would go where nobody is.
  const stopWatching = watchNetwork(async (why) => {
    if (!(await transport.renew())) user.moved(why);
  });
  return {
    clock: browserClock,
    timers,
    random: browserRandom,
    hashes: browserHashes,
    text: browserText,
    transport,
    dns: {
      query: (question) => queueMicrotask(() => user.dnsAnswered(question.id, answerOf(question, url))),
    },
    media,
    instance: instanceOf(options),
    close: async () => {
      stopWatching();
      media.close();
      transport.close();
      timers.close();
    },
  };
};

const urlFor = ({ account, server }: PlatformRequest): string => {
  const scheme = isSecure(undefined) ? 'wss' : 'ws';
  const host = server?.host ?? account.domain;
  const named = host.includes(':') ? `[${host}]` : host;
  return `${scheme}://${named}${server?.port === undefined ? '' : `:${server.port}`}/`;
};

/** An account of the server is an account of its TURN (RFC 8656). */
const turnServers = (url: string, { account }: PlatformRequest): readonly RTCIceServer[] => {
  const host = new URL(url.replace(/^ws/, 'http')).hostname;
  const username = account.authUsername ?? account.username;
  const urls = ['udp', 'tcp'].map((transport) => `turn:${host}:${TURN_PORT}?transport=${transport}`);
  return [{ urls, username, credential: account.password }];
};

/** One server, reached by WebSocket: what RFC 3263 asks for says so. */
const answerOf = ({ name, type }: DnsQuestion, url: string): DnsAnswer => {
  const of = { name, ttlSeconds: TTL_SECONDS };
  const secure = url.startsWith('wss:');
  const { port } = new URL(url.replace(/^ws/, 'http'));
  switch (type) {
    case 'A':
      return { kind: 'records', records: [{ ...of, type, address: ANY_ADDRESS }] };
    case 'SRV': {
      const target = name.replace(/^(?:_[^.]+\.)+/, '');
      const number = Number(port) || (secure ? 443 : 80);
      return { kind: 'records', records: [{ ...of, type, priority: 0, weight: 0, port: number, target }] };
    }
    case 'NAPTR': {
      const services = secure ? 'SIPS+D2W' : 'SIP+D2W';
      const replacement = `${secure ? '_sips' : '_sip'}._ws.${name}`;
      const record = { ...of, type, order: 0, preference: 0, flags: 's', services, regexp: '', replacement };
      return { kind: 'records', records: [record] };
    }
    default:
      return { kind: 'failed', failure: 'no data' };
  }
};

const instanceOf = ({ storage = safeStorage() }: BrowserOptions): string => {
  const known = storage?.getItem(INSTANCE_KEY);
  if (known?.startsWith('urn:uuid:')) return known;
  const made = `urn:uuid:${uuid()}`;
  storage?.setItem(INSTANCE_KEY, made);
  return made;
};

/** Pages in private windows and frames may not be allowed any. */
const safeStorage = (): Storage | undefined => {
  try {
    return globalThis.localStorage;
  } catch {
    return undefined;
  }
};

/** RFC 9562 §5.4; `crypto.randomUUID` is missing in pages that were not loaded securely. */
const uuid = (): string => {
  const bytes = browserRandom.bytes(16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};

/** The page is online again, the connection is another one, or the device slept. */
const watchNetwork = (moved: (why: string) => Promise<void>): (() => void) => {
  const connection = (navigator as Navigator & { readonly connection?: EventTarget }).connection;
  const online = (): void => void moved('the network is back');
  const changed = (): void => void moved('the network has changed');
  addEventListener('online', online);
  connection?.addEventListener('change', changed);
  let seenAt = Date.now();
  const timer = setInterval(() => {
    const now = Date.now();
    if (now - seenAt > SLEPT_MS + AWAKE_MS) void moved('the device was asleep');
    seenAt = now;
  }, AWAKE_MS);
  return () => {
    removeEventListener('online', online);
    connection?.removeEventListener('change', changed);
    clearInterval(timer);
  };
};
