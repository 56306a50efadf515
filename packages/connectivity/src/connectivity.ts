import {
  type Candidate,
  createIceAgent,
  type IceAgent,
  type IceOutput,
  type IceParameters,
  type IceRole,
  type IceState,
  type PairReport,
} from '@ringdown/ice';
import type { SocketAddress, Sockets, Timer, Timers, TimerTarget } from '@ringdown/sans-io';
import { Bases } from './bases.ts';
import { IPV4_ONLY_NAME, Nat64 } from './nat64.ts';
import {
  type ConnectivityOptions,
  type ConnectivityOutput,
  type ConnectivityPorts,
  type ConnectivitySettings,
  settled,
} from './options.ts';
import { isStun, Paths } from './paths.ts';
import { Turnstile } from './turnstile.ts';

/**
 * A way between this device and a peer, found and kept by ICE over sockets and relays. What the peer is to be told comes as
 * outputs, what it tells is put in here; data goes over the pair that was selected.
 */
export interface Connectivity {
  readonly state: IceState;
  readonly role: IceRole;
  /** Undefined before the output `parameters`. */
  readonly parameters: IceParameters | undefined;
  /** Every pair of the present session, the best first. */
  pairs(): readonly PairReport[];
  /** Opens sockets, asks servers, and begins with what is known of the peer. Once. */
  start(): void;
  /** The peer's parameters; others than before are its restart, which is answered with new ones of ours. */
  setRemote(remote: IceParameters): void;
  addRemoteCandidate(candidate: Candidate): void;
  endOfRemoteCandidates(ufrag?: string): void;
  /** Sends application data. @returns false where there is no way now */
  send(bytes: Uint8Array, component?: number): boolean;
  /**
   * Starts over: new parameters and candidates, of addresses that are new too, while data goes on over the old way. Asks
   * servers again that have failed.
   */
  restart(): void;
  /** The host's addresses may have changed: looks at once, where otherwise it looks now and then. */
  addressesChanged(): void;
  /** Gives everything back. Ends in `closed`, at the latest after 2.5 s. */
  close(): void;
}

/** Puts sockets, STUN, TURN and ICE together for one peer. Throws on servers that lack what they need. */
export const createConnectivity = (options: ConnectivityOptions, ports: ConnectivityPorts): Connectivity =>
  new Composition(settled(options), ports);

class Composition implements Connectivity, TimerTarget {
  readonly #settings: ConnectivitySettings;
  readonly #ports: ConnectivityPorts;
  readonly #turnstile = new Turnstile();
  readonly #timers: Timers;
  readonly #sockets: Sockets;
  readonly #paths = new Paths();
  readonly #bases: Bases;
  /** What was asked for before there was an agent. */
  readonly #early: ((agent: IceAgent) => void)[] = [];
  #agent: IceAgent | undefined;
  #nat64: Nat64 | undefined;
  #namesTimer: Timer | undefined;
  #pollTimer: Timer | undefined;
  #ufrag: string | undefined;
  #remote: (IceParameters & { readonly toldFor: string }) | undefined;
  #life: 'new' | 'started' | 'closing' | 'closed' = 'new';

  constructor(settings: ConnectivitySettings, ports: ConnectivityPorts) {
    this.#settings = settings;
    this.#ports = ports;
    this.#timers = this.#turnstile.timers(ports.timers);
    this.#sockets = this.#turnstile.sockets(ports.sockets);
    this.#bases = new Bases(
      settings,
      {
        ...ports,
        timers: this.#timers,
        sockets: this.#sockets,
        later: (action) => this.#turnstile.later(action),
      },
      {
        found: (base) => this.#agent?.addBase(base),
        mapped: (baseId, address, server) => this.#agent?.addServerReflexive(baseId, address, server),
        gone: (baseId, why) => this.#agent?.removeBase(baseId, why),
        ended: () => this.#agent?.endOfBases(),
        changed: (why) => this.#deliver({ kind: 'restart-wanted', why }),
        received: (base, bytes, from) => this.#received(base.id, base.component, bytes, from),
        told: (output) => this.#deliver(output),
        empty: () => this.#end(),
      },
    );
  }

  get state(): IceState {
    return this.#life === 'new' || this.#life === 'started' ? (this.#agent?.state ?? 'new') : 'closed';
  }

  get role(): IceRole {
    return this.#agent?.role ?? this.#settings.role;
  }

  get parameters(): IceParameters | undefined {
    return this.#agent?.parameters;
  }

  pairs(): readonly PairReport[] {
    return this.#agent?.pairs() ?? [];
  }

  start(): void {
    if (this.#life !== 'new') throw new Error('connectivity was started before');
    this.#life = 'started';
    this.#turnstile.enter(() => {
      this.#bases.follow(this.#addresses());
      this.#poll();
      const { resolve } = this.#ports;
      if (resolve === undefined || this.#addresses().some((address) => !address.includes(':'))) {
        this.#begin();
        return;
      }
      this.#namesTimer = this.#timers.start(this, 'names', this.#settings.namesMs);
      resolve(IPV4_ONLY_NAME, 'AAAA', (addresses) =>
        this.#turnstile.enter(() => {
          if (this.#agent !== undefined) return;
          this.#nat64 = Nat64.learn(addresses);
          this.#begin();
        }),
      );
    });
  }

  setRemote(remote: IceParameters): void {
    this.#withAgent((agent) => {
      // A restart of the peer's: by itself the agent would go on with the bases that it has, and take no new relay.
      if (this.#isAnother(remote, agent)) agent.restart();
      agent.setRemote(remote);
      this.#remote = { ...remote, toldFor: agent.parameters.ufrag };
      // Where that was a restart of the peer's, ours is to be told though it has no candidate yet.
      this.#turnstile.later(() => this.#announce(agent));
    });
  }

  addRemoteCandidate(candidate: Candidate): void {
    this.#withAgent((agent) => {
      agent.addRemoteCandidate(candidate);
      const reached = this.#nat64?.candidate(candidate);
      if (reached !== undefined) agent.addRemoteCandidate(reached);
    });
  }

  endOfRemoteCandidates(ufrag?: string): void {
    this.#withAgent((agent) => agent.endOfRemoteCandidates(ufrag));
  }

  send(bytes: Uint8Array, component = 1): boolean {
    const way = this.#paths.way(component);
    if (way === undefined || this.#life !== 'started') return false;
    return this.#turnstile.enter(() => this.#bases.send(way.base, bytes, way.remote));
  }

  restart(): void {
    this.#withAgent((agent) => {
      agent.restart();
      this.#turnstile.later(() => this.#announce(agent));
    });
  }

  addressesChanged(): void {
    if (this.#life === 'started') this.#turnstile.enter(() => this.#bases.follow(this.#addresses()));
  }

  close(): void {
    if (this.#life === 'closing' || this.#life === 'closed') return;
    this.#life = 'closing';
    for (const timer of [this.#namesTimer, this.#pollTimer])
      if (timer !== undefined) this.#timers.stop(timer);
    this.#turnstile.enter(() => {
      this.#agent?.close();
      this.#bases.close();
    });
  }

  timerFired(name: string): void {
    if (name === 'names') this.#begin();
    else {
      this.#bases.follow(this.#addresses());
      this.#poll();
    }
  }

  #begin(): void {
    if (this.#agent !== undefined || this.#life !== 'started') return;
    if (this.#namesTimer !== undefined) this.#timers.stop(this.#namesTimer);
    const { role, components, servers, ice } = this.#settings;
    const reach = (address: string): string => this.#nat64?.reach(address) ?? address;
    const agent = createIceAgent(
      {
        ...ice,
        role,
        components,
        stunServers: servers
          .filter(({ kind }) => kind === 'stun')
          .map(({ address, port }) => ({ address: reach(address), port })),
      },
      {
        ...this.#ports,
        timers: this.#timers,
        deliver: (output) => this.#turnstile.later(() => this.#told(agent, output)),
      },
    );
    this.#agent = agent;
    this.#announce(agent, reach);
    for (const action of this.#early.splice(0)) action(agent);
  }

  /** Tells new parameters before anything that belongs to them, and gathers for them. */
  #announce(agent: IceAgent, reach?: (address: string) => string): void {
    if (this.#life !== 'started' || agent.parameters.ufrag === this.#ufrag) return;
    this.#ufrag = agent.parameters.ufrag;
    this.#paths.startOver();
    this.#deliver({ kind: 'parameters', parameters: agent.parameters });
    this.#bases.gather(this.#addresses(), reach);
  }

  #told(agent: IceAgent, output: IceOutput): void {
    this.#announce(agent);
    switch (output.kind) {
      case 'transmit':
        this.#bases.send(output.base, output.bytes, output.to);
        return;
      case 'resolve':
        this.#resolve(agent, output.name);
        return;
      case 'gathering-failed':
        this.#deliver({
          kind: 'server-failed',
          server: { ...output.server, transport: 'udp' },
          why: `STUN server ${output.server.address} does not tell how it sees this device: ${output.why}`,
        });
        return;
      case 'ignored':
        this.#deliver({
          kind: 'ignored',
          why: `${output.candidate.address} of the peer is of no use: ${output.why}`,
        });
        return;
      case 'usable':
      case 'selected':
        this.#paths.take(output.pair);
        if (output.kind === 'selected') this.#bases.settleOn(this.#paths.way(output.component));
        break;
      case 'lost':
        this.#paths.lose(output.component);
        break;
      case 'pair':
        this.#paths.learn(output.pair);
        if (output.pair.state === 'failed') this.#forget(agent);
        break;
      case 'state':
        this.#forget(agent);
    }
    this.#deliver(output);
  }

  /** Once there is a way, relays need not let in those whom they do not reach. Before, they may be about to knock. */
  #forget(agent: IceAgent): void {
    if (agent.state === 'completed') this.#bases.forget(this.#paths.useless(agent.pairs()));
  }

  /** RFC 7983: STUN is the agent's, all else the application's, where it comes from the peer. */
  #received(baseId: string, component: number, bytes: Uint8Array, from: SocketAddress): void {
    if (this.#life !== 'started' || this.#agent === undefined) return;
    if (isStun(bytes)) this.#agent.received(baseId, bytes, from);
    else if (this.#paths.isKnown(baseId, from)) this.#deliver({ kind: 'data', component, bytes });
  }

  #resolve(agent: IceAgent, name: string): void {
    const { resolve } = this.#ports;
    const answered = (address: string | undefined): void => {
      if (this.#life === 'started') agent.resolved(name, address);
    };
    if (resolve === undefined) {
      answered(undefined);
      return;
    }
    // One address of either family: IPv6 where this device has it (RFC 8839 §5.1).
    const hasIpv6 = this.#addresses().some((address) => address.includes(':'));
    const [first, second] = hasIpv6 ? (['AAAA', 'A'] as const) : (['A', 'AAAA'] as const);
    resolve(name, first, ([found]) => {
      if (found !== undefined) this.#turnstile.enter(() => answered(found));
      else resolve(name, second, ([other]) => this.#turnstile.enter(() => answered(other)));
    });
  }

  /** Whether the present session has got other parameters of the peer's than these. */
  #isAnother({ ufrag, pwd }: IceParameters, agent: IceAgent): boolean {
    const known = this.#remote;
    if (known === undefined || known.toldFor !== agent.parameters.ufrag) return false;
    return known.ufrag !== ufrag || known.pwd !== pwd;
  }

  #withAgent(action: (agent: IceAgent) => void): void {
    if (this.#life === 'closing' || this.#life === 'closed') return;
    const agent = this.#agent;
    if (agent === undefined) this.#early.push(action);
    else this.#turnstile.enter(() => action(agent));
  }

  #addresses(): readonly string[] {
    return this.#settings.addresses ?? this.#ports.sockets.addresses();
  }

  #poll(): void {
    const { addressPollMs } = this.#settings;
    if (addressPollMs > 0) this.#pollTimer = this.#timers.start(this, 'poll', addressPollMs);
  }

  #end(): void {
    if (this.#life !== 'closing') return;
    this.#life = 'closed';
    // Behind all that was told before.
    this.#turnstile.later(() => this.#deliver({ kind: 'closed' }));
  }

  #deliver(output: ConnectivityOutput): void {
    this.#turnstile.later(() => this.#ports.deliver(output));
  }
}
