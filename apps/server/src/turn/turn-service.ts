import {
  type ByteStream,
  type ByteTransport,
  type Certificate,
  createByteTransport,
  ListenError,
  type Listener,
  nodeClock,
  nodeHashes,
  nodeRandom,
  nodeSockets,
  type UdpPort,
} from '@ringdown/net';
import type { Domain } from '@ringdown/provider';
import type { SocketAddress, Timers } from '@ringdown/sans-io';
import type { PasswordAlgorithmName } from '@ringdown/stun';
import { type TurnCredentials, TurnServer } from '@ringdown/turn';
import type { Configuration } from '../config/configuration.ts';
import { listenRefusal } from '../network/listen-refusal.ts';
import { ownAddresses } from '../network/own-addresses.ts';
import { tellTransport } from '../network/tell-transport.ts';
import { guarded } from '../operations/guarded.ts';
import type { Log } from '../operations/log.ts';
import { type BehaviourPorts, openBehaviourPorts } from './behaviour-ports.ts';
import { relayAddresses } from './relay-address.ts';
import { relaySockets } from './relay-sockets.ts';
import { StreamPaths } from './stream-paths.ts';
import { TurnTally, turnJournal } from './turn-journal.ts';
import { UdpPath } from './udp-path.ts';

export interface TurnServiceParts {
  readonly configuration: Configuration;
  readonly certificate: Certificate;
  /** The first domain: its realm is that of TURN, and its order of algorithms. */
  readonly domain: Domain;
  readonly credentials: TurnCredentials;
  readonly timers: Timers;
  /** What the world reaches this machine at, as far as it is known now. */
  readonly advertised: string | undefined;
  /** What nonces are signed with; outlives the process. */
  readonly nonceKey: Uint8Array;
  readonly log: Log;
}

/** STUN and TURN of a provider. */
export interface TurnService {
  readonly listeners: readonly Listener[];
  readonly tally: TurnTally;
  /** Relays that are there. */
  readonly allocations: number;
  /** Connections of TURN clients. */
  readonly connections: number;
  /** Takes a TLS connection that came to another port and speaks STUN. */
  accept(stream: ByteStream, first: Buffer): void;
  /** The world sees this machine at another address. */
  setAdvertised(address: string): void;
  /** Ends what an account (`user@domain`) has. */
  forget(user: string): void;
  reloadCertificates(certificate: Certificate): void;
  close(): Promise<void>;
}

/** The type of a Binding request (RFC 8489 §5). */
const BINDING_REQUEST = 0x0001;

/**
 * Binds STUN and TURN: UDP and TCP on one port, TLS on the other, RFC 5780 where a second address is configured.
 *
 * @throws Refusal where an address or port cannot be had
 */
export const startTurnService = async (parts: TurnServiceParts): Promise<TurnService> => {
  const { configuration, log, certificate } = parts;
  const { hosts, ports, stun } = configuration;
  const tally = new TurnTally();
  const journal = turnJournal(log, tally);
  let server: TurnServer | undefined;
  let streams: StreamPaths | undefined;
  let behaviour: BehaviourPorts | undefined;
  const receive = (bytes: Buffer, remote: SocketAddress, port: UdpPort): void => {
    if (behaviour !== undefined && isBinding(bytes) && behaviour.answer(bytes, remote, port)) return;
    server?.received(new UdpPath(port, remote), bytes);
  };
  const options = {
    certificate,
    report: (event: Parameters<typeof tellTransport>[1]) => {
      tellTransport(log, event);
      if (event.kind === 'listening' || event.kind === 'not listening') follow();
    },
    limits: {
      maxConnections: configuration.limits.connections,
      maxConnectionsPerSource: configuration.limits.connectionsPerAddress,
    },
  };
  let advertised = parts.advertised;
  const transport: ByteTransport = await createByteTransport(
    { ...options, hosts, port: ports.turn, tlsPort: ports.turns },
    {
      datagram: guarded(log, receive),
      accepted: guarded(log, (stream) => {
        if (streams === undefined) stream.close('not ready');
        else streams.accept(stream);
      }),
    },
  ).catch((error: unknown) => {
    throw error instanceof ListenError
      ? listenRefusal(error, error.transport === 'tls' ? '--turns-port' : '--turn-port')
      : error;
  });
  const follow = (): void => {
    if (server === undefined) return;
    server.setRelayAddresses(relayAddresses(transport.addresses, advertised));
    server.setOwnAddresses(ownAddresses(advertised));
  };
  try {
    if (stun.otherAddress !== undefined)
      behaviour = await openBehaviourPorts(transport, stun.otherAddress, options);
    server = new TurnServer(
      {
        realm: parts.domain.realm,
        passwordAlgorithms: passwordAlgorithms(parts.domain),
        relayAddresses: relayAddresses(transport.addresses, advertised),
        ownAddresses: ownAddresses(advertised),
        ...serverOptions(configuration),
      },
      {
        clock: nodeClock,
        timers: parts.timers,
        random: nodeRandom,
        hashes: nodeHashes,
        credentials: parts.credentials,
        relays: relaySockets(nodeSockets(), log),
        key: parts.nonceKey,
        observe: journal,
      },
    );
  } catch (error) {
    await transport.close();
    throw error instanceof ListenError ? listenRefusal(error, 'stun.other_address') : error;
  }
  const running = server;
  const paths = new StreamPaths(running, log);
  streams = paths;
  return {
    listeners: [...transport.listeners, ...(behaviour?.listeners ?? [])],
    tally,
    get allocations() {
      return running.size;
    },
    get connections() {
      return paths.size;
    },
    accept: (stream, first) => paths.accept(stream, first),
    setAdvertised: (address) => {
      advertised = address;
      follow();
    },
    forget: (user) => running.forget(user),
    reloadCertificates: (renewed) => transport.reloadCertificates(renewed),
    close: async () => {
      running.close();
      await Promise.all([transport.close(), behaviour?.close()]);
    },
  };
};

const isBinding = (bytes: Buffer): boolean => bytes.length >= 2 && bytes.readUInt16BE(0) === BINDING_REQUEST;

/**
 * What is offered (RFC 8489 §9.2.4): nothing where the domain asks for MD5 alone, as RFC 5389 has it, which every client knows.
 * TURN has no SHA-512/256.
 */
const passwordAlgorithms = ({ algorithms }: Domain): readonly PasswordAlgorithmName[] => {
  const offered = algorithms.filter((one) => one === 'MD5' || one === 'SHA-256');
  return offered.includes('SHA-256') ? offered : [];
};

const serverOptions = ({ turn }: Configuration) => ({
  allowedPeers: turn.allowPeers,
  relayPorts: { first: turn.minPort, last: turn.maxPort },
  limits: {
    allocations: turn.maxAllocations,
    allocationsPerUser: turn.maxAllocationsPerUser,
    allocationsPerAddress: turn.maxAllocationsPerAddress,
    bitsPerSecond: turn.maxKilobitsPerSecond * 1000,
    packetsPerSecond: turn.maxPacketsPerSecond,
  },
});
