import type { Retransmission } from '../client-transaction.ts';
import { type AddressFamily, familyOf, localAddressFor } from '../local-address.ts';
import { bindingRequest, type StunClientPorts } from '../stun-client.ts';
import type { TransportAddress } from '../transport-address.ts';
import { filteringOf } from './filtering.ts';
import { hairpinningOf } from './hairpinning.ts';
import { type LifetimeOptions, lifetimeDefaults, lifetimeOf } from './lifetime.ts';
import { mappingOf, type Observation } from './mapping.ts';
import {
  type MappingLifetime,
  type NatFindings,
  type NatReport,
  nothingFound,
  sameAddress,
} from './nat-report.ts';
import { type ProbeAnswer, type ProbeSocket, pause } from './probe-socket.ts';
import { Prober } from './prober.ts';
import { reportOf } from './words.ts';

export interface NatDiscoveryOptions {
  /**
   * Binding servers, of one family or both. One with two addresses (RFC 5780) can show everything; two without show the
   * mapping; one without shows the address only.
   */
  readonly servers: readonly TransportAddress[];
  /** The addresses of this device to come from; the first of each family without them. */
  readonly localAddresses?: readonly string[];
  /** How requests are sent again. What gets no answer has to be waited for, so this says how long all takes. */
  readonly retransmission?: Retransmission;
  /** Measures how long idle mappings live, too: this takes minutes. */
  readonly lifetime?: Partial<LifetimeOptions>;
  /** Told what goes on, in sentences. */
  progress?(sentence: string): void;
}

/** At 0, 0.25, 0.75, 1.75 and 3.75 s; given up at 4.75 s. */
export const discoveryRetransmission: Retransmission = Object.freeze({ rtoMs: 250, rc: 5, rm: 4 });

/** How long a server may take to answer over TCP that did not over UDP. */
const TCP_MS = 5_000;
/** Sockets that only show which ports are given. */
const PORT_SAMPLES = 3;

/**
 * Finds out what stands between this device and the Internet (RFC 5780 §4): address, mapping, filtering, hairpinning and ports,
 * and on request how long mappings live. Never guesses: what the servers cannot show is `unknown`, and a sentence says what
 * it would take. A NAT may behave otherwise the next minute (§1): ICE does not decide by this, people may.
 *
 * @returns one report for each family among the servers, IPv4 first; about 10 s without `lifetime`. Never rejects.
 * @throws RangeError where no server is given
 */
export const discoverNat = async (
  options: NatDiscoveryOptions,
  ports: StunClientPorts,
): Promise<readonly NatReport[]> => {
  if (options.servers.length === 0) throw new RangeError('discoverNat needs a server to ask');
  const families = (['IPv4', 'IPv6'] as const).flatMap((family) => {
    const servers = options.servers.filter(({ address }) => familyOf(address) === family);
    return servers.length === 0 ? [] : [explore(family, servers, options, ports)];
  });
  return (await Promise.all(families)).map(reportOf);
};

const explore = async (
  family: AddressFamily,
  servers: readonly TransportAddress[],
  options: NatDiscoveryOptions,
  ports: StunClientPorts,
): Promise<NatFindings> => {
  const chosen = options.localAddresses?.find((one) => familyOf(one) === family);
  const address = chosen ?? localAddressFor(ports.sockets, servers[0]!.address);
  if (address === undefined) return nothingFound(family, 'no address');
  const progress = (sentence: string): void => options.progress?.(`${family}: ${sentence}`);
  const prober = new Prober(ports, address, options.retransmission ?? discoveryRetransmission);
  try {
    progress('Asking where this device is seen.');
    const answers = await Promise.all(servers.map((server) => greet(prober, server)));
    const greeted = answers.filter((one) => one !== undefined);
    const seeing = greeted.filter((one): one is Seeing => one.mapped !== undefined);
    const best = seeing.find(({ other }) => other !== undefined) ?? seeing[0];
    if (best !== undefined) {
      const others = seeing.filter((one) => one !== best).map(({ server }) => server);
      const found = {
        ...nothingFound(family, 'works'),
        ...(await behaviourOf(prober, best, others, progress)),
      };
      return { ...found, lifetime: await lifetimeIfAsked(prober, found, options, progress) };
    }
    if (greeted[0] !== undefined) return { ...nothingFound(family, 'works'), server: greeted[0].server };
    progress('No answer over UDP; trying TCP.');
    return nothingFound(family, (await answersOverTcp(servers, ports)) ? 'blocked' : 'no answer');
  } finally {
    prober.close();
  }
};

const lifetimeIfAsked = async (
  prober: Prober,
  { server, translated, filtering }: NatFindings,
  { lifetime }: NatDiscoveryOptions,
  progress: (sentence: string) => void,
): Promise<MappingLifetime | undefined> => {
  // Where everything comes in nothing closes.
  const open = translated === false && filtering === 'endpoint-independent';
  if (lifetime === undefined || server === undefined || open) return undefined;
  return lifetimeOf(prober, server, { ...lifetimeDefaults, ...lifetime }, progress);
};

/** A server that has answered, and the socket that has asked it and nobody else. */
interface Greeted {
  readonly socket: ProbeSocket;
  readonly server: TransportAddress;
  readonly mapped: TransportAddress | undefined;
  readonly other: TransportAddress | undefined;
}

interface Seeing extends Greeted {
  readonly mapped: TransportAddress;
}

const greet = async (prober: Prober, server: TransportAddress): Promise<Greeted | undefined> => {
  const opened = await prober.openAsking(server);
  if (opened === undefined) return undefined;
  const { socket, answer } = opened;
  if (answer.kind === 'silence') {
    socket.close();
    return undefined;
  }
  return answer.kind === 'error'
    ? { socket, server, mapped: undefined, other: undefined }
    : { socket, server, mapped: answer.mapped, other: alternateOf(server, answer) };
};

/** What a server calls its other address, where it can be one. */
const alternateOf = (
  server: TransportAddress,
  { other }: Extract<ProbeAnswer, { kind: 'mapped' }>,
): TransportAddress | undefined => {
  if (other === undefined || other.port === 0 || familyOf(other.address) !== familyOf(server.address))
    return undefined;
  return other.address === server.address || /^(?:0\.0\.0\.0|::)$/.test(other.address) ? undefined : other;
};

const behaviourOf = async (
  prober: Prober,
  { socket, server, mapped, other }: Seeing,
  others: readonly TransportAddress[],
  progress: (sentence: string) => void,
): Promise<Partial<NatFindings>> => {
  progress('Finding out whether others see the same.');
  const alternates =
    other === undefined
      ? []
      : [other, { ...server, port: other.port }, { ...other, port: server.port }].filter(
          (one) => !sameAddress(one, server),
        );
  const asked = await Promise.all(
    [...alternates, ...others].map(async (to): Promise<Observation | undefined> => {
      const answer = await prober.ask(socket, to);
      return answer.kind === 'mapped' ? { server: to, mapped: answer.mapped } : undefined;
    }),
  );
  const seen = [{ server, mapped }, ...asked.filter((one) => one !== undefined)];
  const translated = seen.some((one) => !sameAddress(one.mapped, socket.local));
  const mapping = mappingOf(seen);
  const isSeen = (to: TransportAddress): boolean => seen.some((one) => sameAddress(one.server, to));
  progress('Finding out who is let in.');
  const [filtering, hairpinning] = await Promise.all([
    other === undefined
      ? ('unknown' as const)
      : filteringOf(prober, server, {
          otherAddress: isSeen(other),
          otherPort: isSeen({ ...server, port: other.port }),
        }),
    translated ? hairpinningOf(prober, server, mapping) : undefined,
    ...(translated ? Array.from({ length: PORT_SAMPLES }, () => samplePort(prober, server)) : []),
  ]);
  const given = translated ? prober.portsGiven() : {};
  return {
    server,
    local: socket.local,
    mapped,
    translated,
    mapping,
    filtering,
    hairpinning,
    ...given,
  };
};

const samplePort = async (prober: Prober, server: TransportAddress): Promise<void> => {
  const socket = await prober.open(server);
  socket?.close();
};

const answersOverTcp = async (
  servers: readonly TransportAddress[],
  ports: StunClientPorts,
): Promise<boolean> => {
  const asked = servers.map(async (server) => {
    const outcome = await bindingRequest({ server: { ...server, transport: 'tcp' } }, ports);
    // Whatever it says: it is there.
    if (outcome.kind === 'failed') throw new Error(outcome.why);
    return true;
  });
  const anyAnswers = Promise.any(asked).catch(() => false);
  return Promise.race([anyAnswers, pause(ports.timers, TCP_MS).then(() => false)]);
};
