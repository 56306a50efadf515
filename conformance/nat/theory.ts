import type { Dependence, NatDefinition } from '@ringdown/simulator';

/** What stands between a device and the Internet, by definition. A relay is one too: its permissions are a filter. */
export interface Box extends NatDefinition {
  /** Where both sides name the same box they stand behind the same. */
  readonly name: string;
  /** Whether those inside reach each other by their addresses outside (RFC 4787 §6). */
  readonly hairpinning?: boolean;
}

/** One address of a device, and its way out. IPv4 and IPv6 never meet: whom NAT64 translates is in both. */
export interface Way {
  readonly family: 'ipv4' | 'ipv6';
  /** The nearest first; none where the device stands in the Internet. */
  readonly boxes: readonly Box[];
}

/** A device: its own ways for UDP, and whether it has an allocation at a TURN server, however it got it. */
export interface Side {
  readonly ways: readonly Way[];
  readonly relay: boolean;
  /** It tells and uses nothing but the relay. */
  readonly relayOnly?: boolean;
}

export type EndpointType = 'host' | 'srflx' | 'prflx' | 'relay';

/** What two ends of a path are, to one who knows which candidates were told. */
export interface PossiblePair {
  readonly first: EndpointType;
  readonly second: EndpointType;
}

export interface Prediction {
  /** Every pair of endpoints over which a request and its answer get through, the one that ICE prefers first. */
  readonly pairs: readonly PossiblePair[];
  /** Whether one of them has no relay on it. */
  readonly direct: boolean;
}

interface Endpoint {
  readonly address: string;
  readonly port: number;
}

interface Arrival {
  readonly at: Socket;
  /** The source that the receiver sees. */
  readonly from: Endpoint;
}

interface Receiver {
  receive(from: Endpoint, to: Endpoint): Arrival | undefined;
}

interface Socket extends Receiver {
  readonly side: 0 | 1;
  readonly family: Way['family'];
  readonly own: Endpoint;
  readonly network: Network;
  /** Where it sends to: what it was told, and the sources that it has seen. */
  readonly knows: Map<string, Endpoint>;
}

const STUN_SERVER: Endpoint = { address: 'the STUN server', port: 3478 };
const TURN_SERVER: Endpoint = { address: 'the TURN server', port: 3478 };

/** Every allocation is a device behind this box: a mapping of its own, and permissions for addresses (RFC 8656 §9). */
const TURN: Box = {
  name: TURN_SERVER.address,
  translates: true,
  mapping: 'endpoint-independent',
  filtering: 'address-dependent',
  hairpinning: true,
};

/**
 * Two symmetric mappings that meet show each other a new endpoint with every answer, without end and without ever answering
 * from where they were asked. What has not come to be by then does not.
 */
const ROUNDS = 6;

const FAMILIES = ['ipv4', 'ipv6'] as const;

/** What of a remote endpoint counts (RFC 4787 §4.1, §5). */
const partOf = (dependence: Dependence, remote: Endpoint): string =>
  ({
    'endpoint-independent': '',
    'address-dependent': remote.address,
    'address-and-port-dependent': textOf(remote),
  })[dependence];

const textOf = ({ address, port }: Endpoint): string => `${address} ${port}`;

/**
 * What two devices can come to over any path, from the definitions of what stands between them alone: both send to all they
 * know, learn the sources of what arrives, and send there, too, until nothing new is learned (RFC 8445 §7.3.1.3–4). No port is
 * ever guessed. There is neither time nor loss here, nor any agent: nothing that is once open closes, and everything is sent again.
 */
export const predict = (first: Side, second: Side): Prediction => {
  const world = new Definitions();
  const sockets = [...world.socketsOf(first, 0), ...world.socketsOf(second, 1)];
  for (const socket of sockets) {
    for (const { side, family, endpoint } of world.told) {
      if (side !== socket.side && family === socket.family) socket.knows.set(textOf(endpoint), endpoint);
    }
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const socket of sockets) for (const to of [...socket.knows.values()]) exchange(socket, to);
  }
  const pairs = new Map<string, PossiblePair>();
  for (const socket of sockets) {
    for (const to of socket.knows.values()) {
      const arrival = exchange(socket, to);
      if (socket.side !== 0 || arrival === undefined) continue;
      if (!answers(arrival, socket, to)) continue;
      const pair = { first: world.typeOf(arrival.from), second: world.typeOf(to) };
      pairs.set(`${pair.first} ${pair.second}`, pair);
    }
  }
  const all = [...pairs.values()].sort(byPreference);
  return { pairs: all, direct: all.some(isDirect) };
};

/** RFC 8445 §5.1.2.2: the recommended ones. */
const PREFERENCE: Readonly<Record<EndpointType, number>> = { host: 126, prflx: 110, srflx: 100, relay: 0 };

/** By the worse end, then by the better one: that is what the formula of RFC 8445 §6.1.2.3 comes to. */
const byPreference = (left: PossiblePair, right: PossiblePair): number => {
  const [a, b] = [left, right].map(({ first, second }) => [PREFERENCE[first], PREFERENCE[second]] as const);
  return Math.min(...b!) - Math.min(...a!) || Math.max(...b!) - Math.max(...a!);
};

export const isDirect = ({ first, second }: PossiblePair): boolean => first !== 'relay' && second !== 'relay';

const exchange = (socket: Socket, to: Endpoint): Arrival | undefined => {
  const arrival = socket.network.route(socket.own, to);
  if (arrival !== undefined) arrival.at.knows.set(textOf(arrival.from), arrival.from);
  return arrival;
};

/** An answer has to come from where the request went to (RFC 8445 §7.2.5.2.1), to where it came from. */
const answers = ({ at, from }: Arrival, asker: Socket, asked: Endpoint): boolean => {
  const back = at.network.route(at.own, from);
  return back?.at === asker && textOf(back.from) === textOf(asked);
};

/** All that stands somewhere, and the candidates that are told. */
class Definitions {
  readonly told: { side: 0 | 1; family: Way['family']; endpoint: Endpoint; type: EndpointType }[] = [];
  readonly #internets = { ipv4: new Network(), ipv6: new Network() };
  readonly #boxes = new Map<string, BoxState>();
  #devices = 0;

  *socketsOf({ ways, relay, relayOnly = false }: Side, side: 0 | 1): Generator<Socket> {
    for (const way of relayOnly ? [] : ways) {
      const socket = this.#socket(side, way);
      this.#tell(socket, 'host', socket.own);
      for (const server of [STUN_SERVER, TURN_SERVER])
        this.#tell(socket, 'srflx', this.#seenAt(server, socket));
      yield socket;
    }
    // A server has addresses of both families, so that a device of one reaches, by it, peers of the other.
    for (const family of relay ? FAMILIES : []) {
      const socket = this.#socket(side, { family, boxes: [TURN] });
      this.#tell(socket, 'relay', this.#seenAt(STUN_SERVER, socket));
      yield socket;
    }
  }

  typeOf(endpoint: Endpoint): EndpointType {
    return this.told.find((one) => textOf(one.endpoint) === textOf(endpoint))?.type ?? 'prflx';
  }

  #tell({ side, family }: Socket, type: EndpointType, endpoint: Endpoint | undefined): void {
    if (endpoint !== undefined) this.told.push({ side, family, endpoint, type });
  }

  #socket(side: 0 | 1, { family, boxes }: Way): Socket {
    let network = this.#internets[family];
    for (const box of [...boxes].reverse()) network = this.#behind(box, family, network);
    const own = { address: `device ${++this.#devices}`, port: 5000 };
    const socket: Socket = {
      side,
      family,
      own,
      network,
      knows: new Map(),
      receive: (from) => ({ at: socket, from }),
    };
    network.claim(own.address, socket);
    return socket;
  }

  #behind(box: Box, family: Way['family'], outside: Network): Network {
    const key = `${family} ${box.name}`;
    const standing = this.#boxes.get(key) ?? new BoxState(box, outside);
    this.#boxes.set(key, standing);
    return standing.inside;
  }

  /** Where a server sees a socket; undefined where nothing gets there. */
  #seenAt(server: Endpoint, { family, own, network }: Socket): Endpoint | undefined {
    const internet = this.#internets[family];
    let seen: Endpoint | undefined;
    const standing = internet.claim(server.address, {
      receive: (from) => {
        seen = from;
        return undefined;
      },
    });
    network.route(own, server);
    if (standing !== undefined) internet.claim(server.address, standing);
    return seen;
  }
}

/** Those who reach each other by their addresses, and the box that leads out. */
class Network {
  readonly #members = new Map<string, Receiver>();
  readonly #box: BoxState | undefined;

  constructor(box?: BoxState) {
    this.#box = box;
  }

  /** @returns who had the address before */
  claim(address: string, who: Receiver): Receiver | undefined {
    const before = this.#members.get(address);
    this.#members.set(address, who);
    // What is not translated is known outside as it is.
    if (this.#box?.box.translates === false) this.#box.outside.claim(address, this.#box);
    return before;
  }

  route(from: Endpoint, to: Endpoint): Arrival | undefined {
    const member = this.#members.get(to.address);
    return member === undefined ? this.#box?.outbound(from, to) : member.receive(from, to);
  }

  deliver(from: Endpoint, to: Endpoint): Arrival | undefined {
    return this.#members.get(to.address)?.receive(from, to);
  }
}

interface Mapping {
  readonly internal: Endpoint;
  readonly external: Endpoint;
  /** What counts of those who may answer. */
  readonly answerers: Set<string>;
}

/** A box and what it remembers: for ever. */
class BoxState implements Receiver {
  readonly box: Box;
  readonly inside: Network;
  readonly outside: Network;
  readonly #mappings = new Map<string, Mapping>();

  constructor(box: Box, outside: Network) {
    this.box = box;
    this.outside = outside;
    this.inside = new Network(this);
    outside.claim(box.name, this);
  }

  outbound(from: Endpoint, to: Endpoint): Arrival | undefined {
    const { internal: _, external, answerers } = this.#mapping(from, to);
    if (this.box.filtering !== 'none') answerers.add(partOf(this.box.filtering, to));
    if (to.address !== this.box.name) return this.outside.route(external, to);
    return this.box.hairpinning === true ? this.receive(external, to) : undefined;
  }

  receive(from: Endpoint, to: Endpoint): Arrival | undefined {
    const { filtering } = this.box;
    if (filtering === 'none') return this.inside.deliver(from, to);
    const mapping = [...this.#mappings.values()].find(({ external }) => textOf(external) === textOf(to));
    if (mapping === undefined || !mapping.answerers.has(partOf(filtering, from))) return undefined;
    return this.inside.deliver(from, mapping.internal);
  }

  #mapping(internal: Endpoint, to: Endpoint): Mapping {
    const key = `${textOf(internal)} ${partOf(this.box.mapping, to)}`;
    const standing = this.#mappings.get(key);
    if (standing !== undefined) return standing;
    const external = this.box.translates
      ? { address: this.box.name, port: this.#mappings.size + 1 }
      : internal;
    const mapping = { internal, external, answerers: new Set<string>() };
    this.#mappings.set(key, mapping);
    return mapping;
  }
}
