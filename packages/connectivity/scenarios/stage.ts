import { nodeHashes } from '@ringdown/net/ports';
import { type Host, type HostOptions, simulate, type World, type WorldOptions } from '@ringdown/simulator';
import { answerBinding, longTermKey } from '@ringdown/stun';
import { type TurnEvent, TurnServer } from '@ringdown/turn';
import {
  type Connectivity,
  type ConnectivityOptions,
  type ConnectivityOutput,
  type ConnectivityServer,
  createConnectivity,
} from '../src/index.ts';

export const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (one) => one.charCodeAt(0));
export const textOf = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

const PORT = 3478;
const TLS_PORT = 5349;
/** Open where hardly anything else is. */
const HTTPS_PORT = 443;
const SIGNALLING_MS = 40;

/** The simulator's public addresses are those of documentation, which TURN servers do not relay to by themselves. */
const PUBLIC = ['203.0.113.0/24', '198.51.100.0/24', '192.0.2.0/24', '2001:db8::/32'];

/** Any output of one kind. */
export type Output<Kind extends ConnectivityOutput['kind']> = Extract<ConnectivityOutput, { kind: Kind }>;

/** A world with a STUN and a TURN server, where two phones look for a way. */
export class Stage {
  readonly world: World;
  readonly stunHost: Host;
  readonly turnHost: Host;
  readonly turn: TurnServer;
  readonly turnEvents: TurnEvent[] = [];

  constructor(seed = 1, options: WorldOptions = {}) {
    this.world = simulate({ seed, ...options });
    this.stunHost = this.world.host('stun');
    this.turnHost = this.world.host('turn', { families: ['ipv4', 'ipv6'] });
    this.#serveStun();
    this.turn = this.#serveTurn();
  }

  get stunServer(): ConnectivityServer {
    return { kind: 'stun', address: this.stunHost.address, port: PORT };
  }

  get turnServer(): ConnectivityServer {
    return {
      kind: 'turn',
      address: this.turnHost.address,
      port: PORT,
      transport: 'udp',
      username: 'alice',
      password: 'secret',
    };
  }

  get turnServerTls(): ConnectivityServer {
    return { ...this.turnServer, port: TLS_PORT, transport: 'tls', serverName: 'turn.example.org' };
  }

  get turnServerHttps(): ConnectivityServer {
    return { ...this.turnServerTls, port: HTTPS_PORT };
  }

  /** Allocations that live. */
  get allocations(): number {
    return this.turn.size;
  }

  #serveStun(): void {
    this.stunHost.sockets.openUdp(
      { address: this.stunHost.address, port: PORT },
      {
        opened: (socket) => {
          user.answer = (bytes, to) => socket.send(bytes, to);
        },
        failed: (why) => {
          throw new Error(why);
        },
        received: (bytes, from) => {
          const answer = answerBinding(bytes, from);
          if (answer !== undefined) user.answer?.(answer, from);
        },
      },
    );
    const user: { answer?: (bytes: Uint8Array, to: { address: string; port: number }) => void } = {};
  }

  #serveTurn(): TurnServer {
    const { world, turnHost } = this;
    const credential = { username: 'alice', realm: 'example.org', password: 'secret' };
    const alice = {
      name: 'alice',
      keys: {
        MD5: longTermKey('MD5', credential, nodeHashes),
        'SHA-256': longTermKey('SHA-256', credential, nodeHashes),
      },
    };
    const server = new TurnServer(
      {
        realm: 'example.org',
        passwordAlgorithms: ['SHA-256', 'MD5'],
        relayAddresses: turnHost.addresses.map((address) => ({ address })),
        allowedPeers: PUBLIC,
      },
      {
        clock: world.clock,
        timers: world.timers,
        random: world.random,
        hashes: nodeHashes,
        credentials: { find: (name) => (name === 'alice' ? alice : undefined) },
        relays: turnHost.sockets,
        observe: (event) => this.turnEvents.push(event),
      },
    );
    for (const address of turnHost.addresses) this.#serveDatagrams(server, address);
    for (const port of [PORT, TLS_PORT, HTTPS_PORT]) this.#serveStreams(server, port);
    return server;
  }

  #serveDatagrams(server: TurnServer, address: string): void {
    const local = { address, port: PORT };
    this.turnHost.sockets.openUdp(local, {
      opened: (socket) => {
        opened.send = (bytes, to) => socket.send(bytes, to);
      },
      failed: (why) => {
        throw new Error(why);
      },
      received: (bytes, remote) =>
        server.received(
          {
            transport: 'udp',
            local,
            remote,
            send: (answer) => opened.send?.(answer, remote),
            close: () => undefined,
          },
          bytes,
        ),
    });
    const opened: { send?: (bytes: Uint8Array, to: { address: string; port: number }) => void } = {};
  }

  #serveStreams(server: TurnServer, port: number): void {
    this.turnHost.listen({ port }, (stream) => {
      const client = {
        transport: stream.tls === undefined ? 'tcp' : 'tls',
        local: stream.local,
        remote: stream.remote,
        send: (bytes: Uint8Array) => stream.send(bytes),
        close: () => stream.close(),
      } as const;
      return {
        opened: () => undefined,
        received: (bytes) => server.received(client, bytes),
        closed: () => server.closed(client),
      };
    });
  }
}

/** One phone: what it tells its peer arrives there by signalling, what it tells its user is kept. */
export class Party {
  readonly name: string;
  readonly host: Host;
  readonly connectivity: Connectivity;
  readonly outputs: ConnectivityOutput[] = [];
  /** What its peer has said over the way that was found. */
  readonly heard: string[] = [];
  /** Signalling that is lost does not come back. */
  mute = false;
  peer: Party | undefined;
  /** What its user does about an output, at once. */
  answering: (output: ConnectivityOutput) => void = () => undefined;
  readonly #world: World;

  constructor(
    stage: Stage,
    name: string,
    place: HostOptions,
    options: ConnectivityOptions,
    host = stage.world.host(name, place),
  ) {
    this.#world = stage.world;
    this.name = name;
    this.host = host;
    this.connectivity = createConnectivity(options, {
      sockets: this.host.sockets,
      timers: stage.world.timers,
      clock: stage.world.clock,
      random: stage.world.random,
      hashes: nodeHashes,
      resolve: (query, type, answered) => this.host.resolve(query, type, answered),
      deliver: (output) => this.#told(output),
    });
  }

  of<Kind extends ConnectivityOutput['kind']>(kind: Kind): Output<Kind>[] {
    return this.outputs.filter((output): output is Output<Kind> => output.kind === kind);
  }

  /** Types of the candidates and the address of the pair that data goes over, for a line in a test. */
  get way(): string | undefined {
    const selected = this.of('selected').at(-1)?.pair;
    return selected === undefined ? undefined : `${selected.local.type} to ${selected.remote.type}`;
  }

  say(text: string, component?: number): boolean {
    return this.connectivity.send(bytesOf(text), component);
  }

  #told(output: ConnectivityOutput): void {
    this.outputs.push(output);
    if (output.kind === 'data') this.heard.push(textOf(output.bytes));
    this.answering(output);
    const { peer } = this;
    if (peer === undefined || this.mute) return;
    if (output.kind === 'parameters') this.#signal(() => peer.connectivity.setRemote(output.parameters));
    if (output.kind === 'candidate')
      this.#signal(() => peer.connectivity.addRemoteCandidate(output.candidate));
    if (output.kind === 'gathered') this.#signal(() => peer.connectivity.endOfRemoteCandidates(output.ufrag));
  }

  #signal(action: () => void): void {
    this.#world.timers.start({ timerFired: action }, 'signalling', SIGNALLING_MS);
  }
}

export interface PairOptions {
  readonly alice?: HostOptions;
  readonly bob?: HostOptions;
  readonly servers?: readonly ConnectivityServer[];
  /** For both, or for one of them. */
  readonly options?: Partial<ConnectivityOptions>;
  readonly aliceOptions?: Partial<ConnectivityOptions>;
  readonly bobOptions?: Partial<ConnectivityOptions>;
}

/** Alice offers, Bob answers. */
export const twoParties = (stage: Stage, pair: PairOptions = {}): { alice: Party; bob: Party } => {
  const servers = pair.servers ?? [stage.stunServer, stage.turnServer];
  const alice = new Party(stage, 'alice', pair.alice ?? {}, {
    role: 'controlling',
    servers,
    ...pair.options,
    ...pair.aliceOptions,
  });
  const bob = new Party(stage, 'bob', pair.bob ?? {}, {
    role: 'controlled',
    servers,
    ...pair.options,
    ...pair.bobOptions,
  });
  alice.peer = bob;
  bob.peer = alice;
  return { alice, bob };
};

/** Starts both and lets time pass until each has selected its way. */
export const connect = async (
  stage: Stage,
  { alice, bob }: { alice: Party; bob: Party },
  withinMs = 30_000,
): Promise<void> => {
  alice.connectivity.start();
  bob.connectivity.start();
  await stage.world.run({
    until: () => [alice, bob].every(({ connectivity }) => connectivity.state === 'completed'),
    withinMs,
    what: 'both have completed',
  });
};

/** Each says something, and hears the other. */
export const talk = async (stage: Stage, { alice, bob }: { alice: Party; bob: Party }): Promise<void> => {
  const texts = [`from alice at ${stage.world.clock.now()}`, `from bob at ${stage.world.clock.now()}`];
  expectSent(alice.say(texts[0]!));
  expectSent(bob.say(texts[1]!));
  await stage.world.run({
    until: () => bob.heard.includes(texts[0]!) && alice.heard.includes(texts[1]!),
    withinMs: 2_000,
    what: 'each hears the other',
  });
};

const expectSent = (sent: boolean): void => {
  if (!sent) throw new Error('there was no way to send');
};
