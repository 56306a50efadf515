import type { ConnectivityServer } from '@ringdown/connectivity';
import type { Clock, Random, SocketAddress } from '@ringdown/sans-io';
import { isIpv4, isIpv6, orderSrv } from '@ringdown/sip';
import type { DnsLookup } from './dns-lookup.ts';
import type { ServerProbes } from './server-probes.ts';

const STUN_PORT = 3478;
const TURNS_PORT = 5349;
/** More would only make gathering longer. */
const MOST_OF_A_KIND = 2;
const SHORTEST_TTL_SECONDS = 60;
const LONGEST_TTL_SECONDS = 86_400;
/** How long what was guessed is kept, and that the DNS knows nothing. */
const GUESS_TTL_SECONDS = 600;

/** Who may relay: byte strings, prepared by OpaqueString. */
export interface RelayUser {
  readonly username: string;
  readonly password: string;
}

export interface AccountServersOptions {
  readonly domain: string;
  /** Undefined where the account's names are none that TURN takes: then STUN alone is used. */
  readonly user: RelayUser | undefined;
  /** The name that the SIP server was asked for by, where it has one. */
  readonly serverName: string | undefined;
  /** `HOST[:PORT]` of the TURN server, where it was named. */
  readonly turnServer: string | undefined;
}

export interface AccountServersPorts {
  readonly lookup: DnsLookup;
  readonly clock: Clock;
  readonly random: Random;
  readonly probes: Pick<ServerProbes, 'answersBinding' | 'opensTls'>;
}

/**
 * The STUN and TURN servers of an account: the one that was named; else those that the DNS tells of its domain (RFC 5928, RFC
 * 8489 §8); else what answers at its SIP server's own address. They are looked for in the background and kept as long as the
 * DNS says. Who makes a call the moment that the phone is registered may wait until the first look is over; nobody ever waits after.
 */
export class AccountServers {
  readonly #options: AccountServersOptions;
  readonly #ports: AccountServersPorts;
  #known: readonly ConnectivityServer[] = [];
  #staleAt = 0;
  #isLooking = false;
  #isClosed = false;
  #hasLooked = false;
  #waiting: (() => void)[] = [];
  #guess: { readonly address: string; readonly answer: Promise<Answer> } | undefined = undefined;
  /** Where the SIP server answered from. */
  #sipServer: string | undefined = undefined;

  constructor(options: AccountServersOptions, ports: AccountServersPorts) {
    this.#options = options;
    this.#ports = ports;
    this.#staleAt = ports.clock.now();
  }

  /** Those that are known at present. Looks again, for next time, where that is no longer good. */
  get known(): readonly ConnectivityServer[] {
    if (this.#ports.clock.now() >= this.#staleAt) this.look();
    return this.#known;
  }

  /** Resolves when it is known for the first time which there are, also where there are none; undefined from then on. */
  get firstLook(): Promise<void> | undefined {
    return this.#hasLooked ? undefined : new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The SIP server answered from this address: its STUN and TURN may be there, too. */
  serverAt(address: string): void {
    this.#sipServer = address;
    if (this.#known.length > 0) return;
    if (this.#isLooking) this.#guessMeanwhile();
    else this.look();
  }

  look(): void {
    if (this.#isLooking || this.#isClosed) return;
    this.#isLooking = true;
    const from = this.#sipServer;
    void this.#find().then(({ servers, ttlSeconds, isUnsure }) => {
      this.#isLooking = false;
      if (this.#isClosed) return;
      // Without a network nothing is found; what was there before is there again with it.
      if (servers.length > 0 || !isUnsure) this.#known = servers;
      if (servers.length > 0 || (from !== undefined && from === this.#sipServer)) this.#looked();
      const seconds = Math.max(SHORTEST_TTL_SECONDS, Math.min(LONGEST_TTL_SECONDS, ttlSeconds));
      this.#staleAt = this.#ports.clock.now() + seconds * 1_000;
      // The SIP server became known meanwhile.
      if (servers.length === 0 && from !== this.#sipServer) this.look();
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#looked();
  }

  #looked(): void {
    this.#hasLooked = true;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** A DNS that says nothing takes seconds to do so. */
  #guessMeanwhile(): void {
    void this.#guessed().then(({ servers }) => {
      if (this.#isClosed || !this.#isLooking || this.#known.length > 0 || servers.length === 0) return;
      this.#known = servers;
      this.#looked();
    });
  }

  async #find(): Promise<Answer> {
    const { turnServer } = this.#options;
    if (turnServer !== undefined) return this.#named(turnServer);
    const byDns = await this.#byDns();
    return byDns.servers.some(({ kind }) => kind === 'turn') ? byDns : joined([byDns, await this.#guessed()]);
  }

  async #named(text: string): Promise<Answer> {
    const server = readServer(text);
    const found = await this.#addresses(server.host);
    const servers = found.addresses.map((address) => ({ address, port: server.port ?? STUN_PORT }));
    return {
      servers: servers.flatMap((one) => [...this.#turn(one, { serverName: server.host }), stun(one)]),
      ttlSeconds: found.ttlSeconds,
      isUnsure: found.isUnsure,
    };
  }

  async #byDns(): Promise<Answer> {
    const { domain } = this.#options;
    if (isAddress(domain)) return nothing;
    const [udp, tcp, tls, plain] = await Promise.all([
      this.#service('_turn._udp', (one) => this.#turn(one, { transport: 'udp' })),
      this.#service('_turn._tcp', (one) => this.#turn(one, { transport: 'tcp' })),
      // The certificate proves the domain: what the DNS answered may be anybody's word.
      this.#service('_turns._tcp', (one) => this.#turn(one, { transport: 'tls', serverName: domain })),
      this.#service('_stun._udp', (one) => [stun(one)]),
    ]);
    return joined([plain, udp, tcp, tls]);
  }

  async #service(
    service: string,
    written: (server: SocketAddress) => readonly ConnectivityServer[],
  ): Promise<Answer> {
    const { lookup, random } = this.#ports;
    const found = await lookup.find(`${service}.${this.#options.domain}`, 'SRV');
    const usable = found.records.filter(({ target, port }) => target !== '' && target !== '.' && port > 0);
    const answers = await Promise.all(
      orderSrv(usable, random)
        .slice(0, MOST_OF_A_KIND)
        .map(async ({ target, port }): Promise<Answer> => {
          const { addresses, ttlSeconds, isUnsure } = await this.#addresses(target);
          return {
            isUnsure,
            servers: addresses.flatMap((address) => written({ address, port })),
            ttlSeconds: Math.min(ttlSeconds, found.ttlSeconds ?? GUESS_TTL_SECONDS),
          };
        }),
    );
    return joined([...answers, { ...nothing, isUnsure: found.isUnsure }]);
  }

  /** What answers at the SIP server: a guess that answers nobody would only make gathering longer. */
  async #guessed(): Promise<Answer> {
    const address = this.#sipServer;
    if (address === undefined) return nothing;
    if (this.#guess?.address !== address) {
      const answer = this.#probed(address).finally(() => {
        if (this.#guess?.answer === answer) this.#guess = undefined;
      });
      this.#guess = { address, answer };
    }
    return this.#guess.answer;
  }

  async #probed(address: string): Promise<Answer> {
    const usual = { address, port: STUN_PORT };
    const guess = { ttlSeconds: GUESS_TTL_SECONDS, isUnsure: false };
    if (await this.#ports.probes.answersBinding(usual))
      return { servers: [stun(usual), ...this.#turn(usual, {})], ...guess };
    const secure = { address, port: TURNS_PORT };
    const serverName = this.#options.serverName ?? this.#options.domain;
    return (await this.#ports.probes.opensTls(secure, serverName))
      ? { servers: this.#turn(secure, { transport: 'tls', serverName }), ...guess }
      : nothing;
  }

  #turn(
    server: SocketAddress,
    more: Pick<ConnectivityServer, 'transport' | 'serverName'>,
  ): readonly ConnectivityServer[] {
    const { user } = this.#options;
    return user === undefined ? [] : [{ kind: 'turn', ...server, ...user, ...more }];
  }

  async #addresses(
    host: string,
  ): Promise<Omit<Answer, 'servers'> & { readonly addresses: readonly string[] }> {
    if (isAddress(host)) return { addresses: [host], ttlSeconds: LONGEST_TTL_SECONDS, isUnsure: false };
    const { lookup } = this.#ports;
    const both = await Promise.all([lookup.find(host, 'A'), lookup.find(host, 'AAAA')]);
    return {
      // One of each family: a server with many addresses is one server.
      addresses: both.flatMap(({ records: [first] }) => (first === undefined ? [] : [first.address])),
      ttlSeconds: Math.min(...both.map(({ ttlSeconds }) => ttlSeconds ?? GUESS_TTL_SECONDS)),
      isUnsure: both.some(({ isUnsure }) => isUnsure),
    };
  }
}

interface Answer {
  readonly servers: readonly ConnectivityServer[];
  readonly ttlSeconds: number;
  /** The DNS could not be asked for all of it. */
  readonly isUnsure: boolean;
}

const nothing: Answer = Object.freeze({ servers: [], ttlSeconds: SHORTEST_TTL_SECONDS, isUnsure: false });

const joined = (answers: readonly Answer[]): Answer => {
  const found = answers.filter(({ servers }) => servers.length > 0);
  return {
    servers: found.flatMap(({ servers }) => servers),
    ttlSeconds:
      found.length === 0 ? nothing.ttlSeconds : Math.min(...found.map(({ ttlSeconds }) => ttlSeconds)),
    isUnsure: answers.some(({ isUnsure }) => isUnsure),
  };
};

const stun = (server: SocketAddress): ConnectivityServer => ({ kind: 'stun', ...server });

const isAddress = (host: string): boolean => isIpv4(host) || isIpv6(host);

/**
 * `HOST`, `HOST:PORT`, an IPv6 address, or `[IPV6]:PORT`.
 *
 * @throws TypeError for anything else
 */
export const readServer = (text: string): { readonly host: string; readonly port: number | undefined } => {
  if (isIpv6(text)) return { host: text, port: undefined };
  const [, bracketed, name, digits] = /^(?:\[([^\]]+)\]|([\w.-]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? name;
  const port = digits === undefined ? undefined : Number(digits);
  if (
    host === undefined ||
    (bracketed !== undefined && !isIpv6(bracketed)) ||
    port === 0 ||
    (port ?? 1) > 65_535
  )
    throw new TypeError(
      `"${text}" is no server: write HOST, HOST:PORT or [IPV6]:PORT, such as turn.example:3478`,
    );
  return { host, port };
};
