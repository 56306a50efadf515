import {
  type Connectivity,
  type ConnectivityOutput,
  type ConnectivityServer,
  createConnectivity,
  type ResolveName,
} from '@ringdown/connectivity';
import {
  type IceDescription,
  iceDescriptionLines,
  type LocalCandidate,
  parseTrickleFragment,
  readIceDescription,
  trickleFragmentText,
} from '@ringdown/ice';
import type {
  Clock,
  Hashes,
  Instant,
  Random,
  SocketAddress,
  Sockets,
  Timer,
  Timers,
  TimerTarget,
  UdpSocket,
} from '@ringdown/sans-io';
import type { PairRow } from '@ringdown/user-agent';
import { advertised } from './advertised.ts';
import { defaultDestination, type Toward } from './default-destination.ts';
import { Gathering } from './gathering.ts';
import { LentSockets } from './lent-sockets.ts';
import { noWay } from './no-way.ts';
import { pathOf, rowOf } from './pair-report.ts';
import { isSomewhere } from './somewhere.ts';
import type { LocalEnd, RemoteIce, Way, WayUser } from './way.ts';

export interface IceWayOptions {
  /** We made the offer (RFC 8445 §6.1.1). */
  readonly controlling: boolean;
  readonly servers: readonly ConnectivityServer[];
  readonly addresses?: readonly string[];
  readonly relayOnly: boolean;
  readonly toward: () => Toward | undefined;
  readonly advertise: (local: SocketAddress) => SocketAddress;
  readonly gatherMs: number;
  readonly mendMs: number;
  /** Nothing of ICE is told: it is only asked how others see us. */
  readonly plain: boolean;
}

export interface IceWayPorts {
  readonly sockets: Sockets;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly hashes: Hashes;
  readonly resolve?: ResolveName;
}

/** Candidates that come one after the other go into one fragment. */
const FRAGMENT_MS = 20;
/** A peer that takes no candidates later may still be reached by those that it knows: so long they have. */
const UNTOLD_MS = 1_000;
/** So long a peer that hears nothing of us asks whether we are there (RFC 7675 §5.1), before it looks for another way. */
const CONSENT_MS = 30_000;
/** Sentences about servers that are kept. */
const MOST_FAILURES = 8;
/** Where what ICE delivers comes from: it has proved that it is the peer's. */
const PEER: SocketAddress = Object.freeze({ address: '0.0.0.0', port: 9 });

/** The way that ICE finds and keeps; without it where the peer does not speak it, on the socket that it was told of. */
export class IceWay implements Way, TimerTarget {
  readonly #options: IceWayOptions;
  readonly #timers: Timers;
  readonly #clock: Clock;
  readonly #user: WayUser;
  readonly #sockets: LentSockets;
  readonly #connectivity: Connectivity;
  readonly #gathering: Gathering;
  readonly #failures: string[] = [];
  readonly #running = new Map<string, Timer>();
  #default: LocalCandidate | undefined = undefined;
  #remote: { readonly text: string; readonly ufrag: string; readonly trickles: boolean } | undefined;
  #mid: string | undefined = undefined;
  #selected: string | undefined = undefined;
  #isUsable = false;
  #wasUsable = false;
  /** When something of the peer's came last. */
  #heardAt: Instant;
  /** The socket that is used without ICE. */
  #plain: UdpSocket | undefined = undefined;
  #isPlain = false;
  #isClosed = false;
  readonly #closed: Promise<void>;
  #end: () => void = () => {};

  constructor(options: IceWayOptions, ports: IceWayPorts, user: WayUser) {
    const { servers, addresses, relayOnly, controlling, gatherMs } = options;
    this.#options = options;
    this.#timers = ports.timers;
    this.#clock = ports.clock;
    this.#heardAt = ports.clock.now();
    this.#user = user;
    this.#sockets = new LentSockets(ports.sockets);
    this.#gathering = new Gathering(ports.timers);
    this.#closed = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#gathering.wait(gatherMs);
    this.#connectivity = createConnectivity(
      {
        role: controlling ? 'controlling' : 'controlled',
        servers,
        policy: relayOnly ? 'relay' : 'all',
        ...(addresses === undefined ? {} : { addresses }),
        ice: { resolveNames: ports.resolve !== undefined },
      },
      { ...ports, sockets: this.#sockets, deliver: (output) => this.#told(output) },
    );
    this.#connectivity.start();
  }

  get speaksIce(): boolean {
    return !this.#isPlain;
  }

  async ready(): Promise<string | undefined> {
    if (this.#isPlain) return undefined;
    await this.#gathering.ready();
    if (this.#gathering.candidates.length > 0) return undefined;
    const reasons = this.#failures.length === 0 ? '' : `: ${this.#failures.join('; ')}`;
    return this.#options.relayOnly ? `no relay is to be had${reasons}` : `no address is to be had${reasons}`;
  }

  describe(): LocalEnd {
    const { candidates, parameters, hasEnded } = this.#gathering;
    const { advertise, toward } = this.#options;
    if (!this.#isPlain) {
      const kept = candidates.find(
        ({ base, type }) => base.id === this.#default?.base.id && type === this.#default.type,
      );
      this.#default = kept ?? defaultDestination(candidates, toward());
    }
    const own = this.#default;
    if (own === undefined) throw new Error('the way is not ready');
    const { address, port } = own.type === 'host' ? advertise(own) : own;
    if (this.#isPlain || this.#options.plain) return { address, port };
    this.#gathering.describe();
    const told = advertised(candidates, advertise);
    return {
      address,
      port,
      ice: iceDescriptionLines({ parameters, candidates: told, ended: hasEnded }),
    };
  }

  setRemote(ice: RemoteIce | undefined): void {
    if (this.#isPlain || this.#isClosed) return;
    const description = ice === undefined ? undefined : readIceDescription(ice.media, ice.session);
    const parameters = description?.mismatch === false ? description.parameters : undefined;
    if (ice === undefined || description === undefined || parameters === undefined) {
      this.#goPlain();
      return;
    }
    const text = JSON.stringify(ice);
    if (text === this.#remote?.text) return;
    const { ufrag, options = [] } = parameters;
    const trickles = options.includes('trickle');
    this.#remote = { text, ufrag, trickles };
    this.#mid = ice.mid;
    // Whoever takes candidates later need not wait for them now.
    if (trickles) this.#gathering.wait(0);
    this.#connectivity.setRemote(parameters);
    // The peer is there, and begins anew with us.
    if (this.#running.has('mend')) this.#start('mend', this.#options.mendMs);
    this.#takeCandidates(trickles ? description : { ...description, ended: true }, ufrag);
    this.#tellFragment();
  }

  takeFragment(fragment: string): void {
    if (this.#isPlain || this.#isClosed) return;
    const { session, media } = parseTrickleFragment(fragment);
    const own = media.find(({ mid }) => mid === this.#mid) ?? media[0];
    const description = own?.description ?? session;
    this.#takeCandidates(description, description.parameters?.ufrag);
  }

  restart(): void {
    if (this.#isPlain) return;
    this.#connectivity.restart();
  }

  send(bytes: Uint8Array, to: SocketAddress): void {
    if (!this.#isPlain) this.#connectivity.send(bytes);
    else if (isSomewhere(to)) this.#plain?.send(bytes, to);
  }

  pairs(): readonly PairRow[] {
    if (this.#isPlain) return [];
    return this.#connectivity.pairs().map((pair) => rowOf(pair, this.#selected));
  }

  close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      for (const name of [...this.#running.keys()]) this.#stop(name);
      this.#gathering.close();
      this.#plain?.close();
      this.#connectivity.close();
    }
    return this.#closed;
  }

  timerFired(name: string): void {
    this.#running.delete(name);
    if (name === 'fragment') this.#sendFragment();
    else if (name === 'untold') this.#tellBySignalling();
    else if (!this.#isUsable) this.#fail();
  }

  #told(output: ConnectivityOutput): void {
    switch (output.kind) {
      case 'parameters':
        this.#gathering.begin(
          output.parameters,
          this.#remote?.trickles === true ? 0 : this.#options.gatherMs,
        );
        break;
      case 'candidate':
        this.#gathering.found(output.candidate);
        this.#tellFragment();
        break;
      case 'gathered':
        this.#gathering.end(output.ufrag);
        this.#tellFragment();
        break;
      case 'data':
        if (this.#isPlain) break;
        this.#heardAt = this.#clock.now();
        this.#user.received(output.bytes, PEER);
        break;
      case 'usable':
      case 'selected':
        this.#selected = output.pair.id;
        this.#isUsable = true;
        this.#wasUsable = true;
        this.#stop('mend');
        this.#user.path(pathOf(output.pair));
        this.#user.usable(true);
        break;
      case 'lost':
        this.#lost(output.why);
        break;
      case 'restart-wanted':
        if (this.#remote !== undefined && !this.#isPlain) this.#user.restartWanted(output.why);
        break;
      case 'state':
        if (output.state === 'failed') this.#mend();
        break;
      case 'server-failed':
      case 'socket-failed':
        if (this.#failures.length < MOST_FAILURES) this.#failures.push(output.why);
        break;
      case 'closed':
        this.#end();
        break;
      case 'pair':
      case 'role':
      case 'peer-refused':
      case 'ignored':
    }
  }

  #takeCandidates({ candidates, ended }: IceDescription, ufrag: string | undefined): void {
    for (const candidate of candidates)
      this.#connectivity.addRemoteCandidate(
        ufrag === undefined || candidate.ufrag !== undefined ? candidate : { ...candidate, ufrag },
      );
    if (ended) this.#connectivity.endOfRemoteCandidates(ufrag);
  }

  /** The peer has been asked by signalling for another way; there is not much time left for it. */
  #lost(why: string): void {
    const wasUsable = this.#isUsable;
    this.#isUsable = false;
    if (this.#isPlain || this.#isClosed) return;
    this.#user.usable(false);
    if (wasUsable) this.#user.broken(why);
    this.#mend();
  }

  /**
   * A way that was there may come back by a restart; one that never was does not. Who has just lost his network has as long as the
   * peer waits for him.
   */
  #mend(): void {
    if (this.#isPlain || this.#isClosed) return;
    const { mendMs } = this.#options;
    const waitedMs = this.#clock.now() - this.#heardAt;
    if (!this.#wasUsable) this.#fail();
    else if (!this.#running.has('mend')) this.#start('mend', mendMs + Math.max(0, CONSENT_MS - waitedMs));
  }

  #fail(): void {
    if (this.#wasUsable) {
      this.#user.failed(
        'The other side does not answer any more: no packets get through, and no other way was found.',
        'Call again: its network is gone, or the device is.',
      );
      return;
    }
    const { servers, relayOnly } = this.#options;
    const { why, next } = noWay({
      pairs: this.#connectivity.pairs(),
      servers,
      failures: this.#failures,
      types: new Set(this.#gathering.candidates.map(({ type }) => type)),
      relayOnly,
    });
    this.#user.failed(why, next);
  }

  /** Whoever takes candidates later gets them; of others only another offer makes them known. */
  #tellFragment(): void {
    const remote = this.#remote;
    if (remote === undefined || this.#isPlain) return;
    const isTold = remote.trickles && this.#mid !== undefined;
    const [name, ms] = isTold ? (['fragment', FRAGMENT_MS] as const) : (['untold', UNTOLD_MS] as const);
    if (!this.#running.has(name)) this.#start(name, ms);
  }

  #tellBySignalling(): void {
    if (
      this.#isUsable ||
      this.#default === undefined ||
      (this.#gathering.untold()?.candidates ?? []).length === 0
    )
      return;
    this.#user.restartWanted('more addresses of this device were found than the peer was told of');
  }

  #sendFragment(): void {
    const [parameters, mid] = [this.#gathering.parameters, this.#mid];
    const untold = this.#default === undefined ? undefined : this.#gathering.untold();
    if (untold === undefined || parameters === undefined || mid === undefined || this.#isPlain) return;
    const candidates = advertised(untold.candidates, this.#options.advertise);
    const media = [{ media: 'audio', mid, candidates, ended: untold.ended }];
    this.#user.fragment(trickleFragmentText(parameters, media));
  }

  /** The peer speaks no ICE: packets go from the socket that it was told of. */
  #goPlain(): void {
    this.#isPlain = true;
    for (const name of [...this.#running.keys()]) this.#stop(name);
    const base = this.#default?.type === 'relay' ? undefined : this.#default?.base;
    this.#plain =
      base === undefined
        ? undefined
        : this.#sockets.keep(base, (bytes, from) => this.#user.received(bytes, from));
    this.#gathering.close();
    this.#connectivity.close();
    if (this.#plain !== undefined) this.#user.usable(true);
    else
      this.#user.failed(
        'The peer does not speak ICE, and only relays are allowed.',
        'Allow direct ways for this call: a relay lets nobody in who is not known to it.',
      );
  }

  #start(name: string, ms: number): void {
    this.#stop(name);
    this.#running.set(name, this.#timers.start(this, name, ms));
  }

  #stop(name: string): void {
    const timer = this.#running.get(name);
    if (timer !== undefined) this.#timers.stop(timer);
    this.#running.delete(name);
  }
}
