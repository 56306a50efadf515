import {
  createDnsResolver,
  createLiveTimers,
  nodeClock,
  nodeHashes,
  nodeRandom,
  nodeSockets,
  nodeText,
  parseDnsRecord,
  type SipTransport,
} from '@ringdown/net';
import type { Sockets, Timers } from '@ringdown/sans-io';
import {
  CSeq,
  type DnsRecord,
  type Flow,
  Malformed,
  prepareOpaqueString,
  type SipMessage,
  SipResponse,
  type TransportName,
} from '@ringdown/sip';
import type {
  Account,
  MediaWishes,
  OpenPlatform,
  Platform,
  PlatformRequest,
  PlatformUser,
} from '@ringdown/user-agent';
import type { NodeSound } from '../audio/sound.ts';
import { isPrivateAddress } from '../way/private-address.ts';
import { AccountServers, type RelayUser, readServer } from './account-servers.ts';
import { type DnsLookup, openDnsLookup } from './dns-lookup.ts';
import { keptInstance, newInstance } from './instance-file.ts';
import { LOOK_MS, Moves } from './moves.ts';
import { loadNodeMedia } from './node-media.ts';
import type { NodePlatformOptions } from './node-options.ts';
import { openNodeTransport } from './node-transport.ts';
import type { MediaPlace, OpenMedia } from './open-media.ts';
import { patient, type Wait } from './patient-media.ts';
import { ServerProbes } from './server-probes.ts';

/** STUN and TURN servers that are there have answered the second question by then. */
const PATIENCE_MS = 1_000;
/** Where SIP is not spoken over UDP, that may be closed: TURN over TLS is looked for when nobody answers otherwise. */
const BLOCKED_PATIENCE_MS = 2_500;

interface ServerPlace {
  readonly transport: TransportName;
  readonly address: string;
  /** Ours toward it. */
  readonly local: string;
}

const serverPlace = ({ transport, remote, local }: Flow): ServerPlace => ({
  transport,
  address: remote.address,
  local: local.address,
});

/** An address that only a default route leads to (RFC 5737). Nothing is sent there. */
const OUTSIDE = '198.51.100.1';

/**
 * This machine as the platform of phones: its network, its clock, and a media engine for sound from files, tones and devices.
 *
 * @throws TypeError that names the option which cannot be meant
 */
export const node = (options: NodePlatformOptions = {}): Platform<NodeSound> =>
  nodePlatform(options, async (place, ports) => (await loadNodeMedia())(place, ports));

/** This machine as the platform of phones whose sound is made by `openMedia`. */
export const nodePlatform = (options: NodePlatformOptions, openMedia: OpenMedia): Platform<NodeSound> => {
  if (options.turnServer !== undefined) readServer(options.turnServer);
  const records = recordsOf(options);
  checkPorts(options.rtpPorts);
  return {
    transports: ['tls', 'tcp', 'udp', 'wss', 'ws'],
    open: async (request, user) => {
      const device = new NodeDevice(options, records, request, user);
      try {
        return await device.open(openMedia);
      } catch (error) {
        await device.close();
        throw error;
      }
    },
  };
};

/** What one phone has of this machine. */
class NodeDevice {
  readonly #options: NodePlatformOptions;
  readonly #request: PlatformRequest;
  readonly #user: PlatformUser;
  readonly #records: readonly DnsRecord[];
  readonly #ending: (() => void | Promise<void>)[] = [];
  #transport: SipTransport | undefined = undefined;
  #servers: AccountServers | undefined = undefined;
  /** Where the server was when it took our registration last, and where we were. */
  #server: ServerPlace | undefined = undefined;
  #moves: Moves | undefined = undefined;
  #isClosed = false;

  constructor(
    options: NodePlatformOptions,
    records: readonly DnsRecord[],
    request: PlatformRequest,
    user: PlatformUser,
  ) {
    this.#options = options;
    this.#records = records;
    this.#request = request;
    this.#user = user;
  }

  async open(openMedia: OpenMedia): Promise<OpenPlatform<NodeSound>> {
    const { home, dnsServers: servers } = this.#options;
    const instance = home === undefined ? newInstance(nodeRandom) : keptInstance(home, nodeRandom);
    const timers = createLiveTimers(nodeClock);
    this.#ending.push(() => timers.close());
    const dnsOptions = { ...(servers !== undefined && { servers }), records: this.#records };
    const dns = createDnsResolver({
      ...dnsOptions,
      deliver: (id, answer) => this.#user.dnsAnswered(id, answer),
    });
    this.#ending.push(() => dns.close());
    const lookup = openDnsLookup(dnsOptions);
    this.#ending.push(() => lookup.close());
    const sockets = this.#sockets();
    this.#servers = this.#accountServers(lookup, sockets, timers);
    const stunReceived = (bytes: Uint8Array, flow: Flow): void => this.#user.stunReceived(bytes, flow);
    const transport = await openNodeTransport(this.#options, this.#request.transports, stunReceived, {
      messageReceived: (message, flow) => {
        if (isRegistered(message)) this.#serverAt(serverPlace(flow));
        this.#user.messageReceived(message, flow);
      },
      flowFailed: (flow, failure) => this.#user.flowFailed(flow, failure),
    });
    this.#transport = transport;
    this.#ending.push(() => transport.close());
    const media = await openMedia(this.#place(), {
      ...{ clock: nodeClock, timers, random: nodeRandom, hashes: nodeHashes },
      sockets: { ...sockets, addresses: () => [...sockets.addresses(), ...this.#loopback()] },
      resolve: (name, type, answered) =>
        void lookup.find(name, type).then(({ records }) => answered(records.map(({ address }) => address))),
      answered: (id, answer) => this.#later(() => this.#user.mediaAnswered(id, answer)),
      told: (event) => this.#later(() => this.#user.mediaTold(event)),
    });
    this.#ending.push(() => media.close());
    const patientMedia = patient(media, ({ wishes }) => this.#serversFor(wishes), timers);
    this.#watchMoves();
    return {
      ...{ clock: nodeClock, timers, random: nodeRandom, hashes: nodeHashes, text: nodeText },
      ...{ transport, dns, media: patientMedia, instance },
      stun: { send: (flow, bytes) => transport.sendStun(flow, bytes) },
      close: () => this.close(),
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#servers?.close();
    for (const end of this.#ending.splice(0).reverse()) await end();
  }

  /** Never from within a call to the engine. */
  #later(act: () => void): void {
    queueMicrotask(() => {
      if (!this.#isClosed) act();
    });
  }

  #sockets(): Sockets {
    const { addresses, authorities } = this.#options;
    return nodeSockets({
      ...(addresses !== undefined && { hosts: addresses, loopback: true }),
      ...(authorities !== undefined && { authorities }),
    });
  }

  #accountServers(lookup: DnsLookup, sockets: Sockets, timers: Timers): AccountServers | undefined {
    const { servers, turnServer } = this.#options;
    if (servers !== undefined) return undefined;
    const { account, server } = this.#request;
    const probes = new ServerProbes({
      ...{ sockets, timers, random: nodeRandom, hashes: nodeHashes },
      localAddressToward: (address) => this.#transport?.addressToward(address),
    });
    this.#ending.push(() => probes.close());
    const found = new AccountServers(
      { domain: account.domain, user: relayUser(account), serverName: server?.host, turnServer },
      { lookup, clock: nodeClock, random: nodeRandom, probes },
    );
    found.look();
    return found;
  }

  /** Nobody waits for servers that nothing would come of: for who is on this machine, and without ICE where no NAT is on the way. */
  #serversFor(wishes: MediaWishes = {}): Wait | undefined {
    const server = this.#server;
    const isNear = server !== undefined && isLoopback(server.address);
    const isOpen =
      server !== undefined && (isPrivateAddress(server.address) || !isPrivateAddress(server.local));
    const isNeedless = isNear || (wishes.ice === false && isOpen);
    const known = this.#servers?.firstLook;
    if (known === undefined || (isNeedless && wishes.relayOnly !== true)) return undefined;
    return { known, patienceMs: server?.transport === 'udp' ? PATIENCE_MS : BLOCKED_PATIENCE_MS };
  }

  #serverAt(server: ServerPlace): void {
    this.#server = server;
    this.#servers?.serverAt(server.address);
    this.#moves?.knownAt(server.local);
  }

  #place(): MediaPlace {
    const { addresses, servers, rtpPorts } = this.#options;
    return {
      ...(addresses !== undefined && { addresses }),
      ...(rtpPorts !== undefined && { rtpPorts }),
      servers: () => servers ?? this.#servers?.known ?? [],
      // Before the server is known, toward the world.
      localAddressToward: () => {
        const server = this.#server?.address ?? OUTSIDE;
        const local = this.#transport?.addressToward(server) ?? this.#server?.local;
        return local === undefined ? undefined : { local, server };
      },
    };
  }

  /** A server on this very machine: who is reached through it may be here as well, and there may be no other network. */
  #loopback(): readonly string[] {
    const local = this.#server?.local;
    const isTold = this.#options.addresses !== undefined || local === undefined || !isLoopback(local);
    return isTold ? [] : [local];
  }

  #watchMoves(): void {
    const place = () => ({
      addresses: this.#transport?.addresses ?? [],
      towardServer: this.#server && this.#transport?.addressToward(this.#server.address),
    });
    const moves = new Moves(nodeClock, place, (why) => {
      this.#servers?.look();
      this.#user.moved(why);
    });
    this.#moves = moves;
    const timer = setInterval(() => moves.look(), LOOK_MS);
    timer.unref();
    this.#ending.push(() => clearInterval(timer));
  }
}

const isLoopback = (address: string): boolean => address === '::1' || address.startsWith('127.');

const isRegistered = (message: SipMessage): boolean =>
  message instanceof SipResponse &&
  message.status >= 200 &&
  message.status < 300 &&
  message.get(CSeq)?.method === 'REGISTER';

/** Undefined where the account's words are none of RFC 8265: TURN could not be spoken with them. */
const relayUser = ({ username, authUsername, password }: Account): RelayUser | undefined => {
  const [name, secret] = [authUsername ?? username, password].map(prepareOpaqueString);
  return typeof name === 'string' && typeof secret === 'string'
    ? { username: byteString(name), password: byteString(secret) }
    : undefined;
};

/** One character for each byte of UTF-8, as STUN's strings are. */
const byteString = (text: string): string => nodeText.latin1(nodeText.utf8Bytes(text));

const recordsOf = ({ dnsRecords = [] }: NodePlatformOptions): readonly DnsRecord[] =>
  dnsRecords.map((line) => {
    const record = parseDnsRecord(line);
    if (record instanceof Malformed) throw new TypeError(record.why);
    return record;
  });

const checkPorts = (ports: NodePlatformOptions['rtpPorts']): void => {
  const [lowest, highest] = ports ?? [1, 65_535];
  const isRange = [lowest, highest].every((port) => Number.isInteger(port) && port > 0 && port <= 65_535);
  if (!isRange || lowest > highest)
    throw new TypeError(
      `rtpPorts ${lowest} to ${highest} is no range of ports: give the lowest, then the highest, such as [40000, 40199]`,
    );
};
