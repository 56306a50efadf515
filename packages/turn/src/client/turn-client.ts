import type { SocketAddress, Timer, TimerTarget } from '@ringdown/sans-io';
import { Malformed, parseStun, StunMessage } from '@ringdown/stun';
import { XorPeerAddress } from '../attributes/addresses.ts';
import { channelData, parseChannelData } from '../attributes/channel-data.ts';
import { Data } from '../attributes/data.ts';
import { Icmp } from '../attributes/icmp.ts';
import { canonicalAddress } from '../server/canonical-address.ts';
import { AllocationRequests } from './allocation-requests.ts';
import {
  type AllocationAction,
  type AllocationState,
  type AllocationStimulus,
  allocationTable,
} from './allocation-states.ts';
import { Channels } from './channels.ts';
import { isReliable, type Link, nameOf, openLink, sharedLink, type TurnServerAddress } from './link.ts';
import { Permissions } from './permissions.ts';
import {
  bindingIndication,
  canonicalPeer,
  isChannelMessage,
  isDataIndication,
  LARGEST_DATA,
  sendIndication,
} from './relayed-data.ts';
import {
  type Allocation,
  defaultTurnClientOptions,
  type TurnClientOptions,
  type TurnClientOutput,
  type TurnClientPorts,
} from './turn-client-options.ts';
import { failure, type TurnFailure } from './turn-failure.ts';

/** RFC 8656 §7.4: as many local addresses are tried where an old allocation is in the way. */
const LOCAL_ADDRESSES = 3;
/** How many servers a redirection may lead through. */
const REDIRECTIONS = 5;
/** An owner who leaves does not wait long for the server. */
const LEAVING_MS = 2_500;

/** One allocation at one TURN server. */
export interface TurnClient {
  readonly state: AllocationState;
  readonly allocation: Allocation | undefined;
  /** Begins. Ends in `allocated` or `failed`. */
  allocate(): void;
  /**
   * Lets the peers at an address send (RFC 8656 §10): tells `permitted` or `refused`. Nothing happens without allocation.
   * The port says nothing, but at servers that know their own relays by it.
   */
  permit(peer: SocketAddress): void;
  /** Lets permission and channels of an address lapse. */
  forget(address: string): void;
  /** Binds a channel for a peer that much will be sent to; others get theirs once a few datagrams went to them. */
  bind(peer: SocketAddress): void;
  /**
   * Sends a datagram to a peer. A permission that is missing is asked for, and the first few datagrams wait for it.
   *
   * @returns false where it cannot go: no allocation, no permission, or more than 65,504 bytes
   */
  send(bytes: Uint8Array, peer: SocketAddress): boolean;
  /**
   * Takes what came by the shared socket, where it is the server's and for this client. The bytes must be left as they are.
   *
   * @returns false for everything else: it is for whoever shares the socket
   */
  received(bytes: Uint8Array, from: SocketAddress): boolean;
  /** Gives the allocation back. Ends in `closed`, at the latest after 2.5 s. */
  close(): void;
}

/** Makes a client of one TURN server; `allocate` begins. Throws where it is given no way to the server. */
export const createTurnClient = (options: TurnClientOptions, ports: TurnClientPorts): TurnClient => {
  if (ports.sockets === undefined && (ports.socket === undefined || isReliable(options.server)))
    throw new TypeError('a TURN client needs a UDP socket, or sockets to open its own');
  return new Client(options, ports);
};

type Options = TurnClientOptions & typeof defaultTurnClientOptions;

class Client implements TurnClient, TimerTarget {
  readonly #options: Options;
  readonly #ports: TurnClientPorts;
  readonly #permissions: Permissions;
  readonly #channels: Channels;
  readonly #tried = new Set<string>();
  readonly #timers = new Map<string, Timer>();
  #state: AllocationState = 'idle';
  #server: TurnServerAddress;
  #localAddresses = 1;
  #link: Link | undefined;
  #requests: AllocationRequests | undefined;
  #allocation: Allocation | undefined;
  #lifetimeMs = 0;
  #failure: TurnFailure | undefined;
  #idle = true;
  #delivering = false;

  constructor(options: TurnClientOptions, ports: TurnClientPorts) {
    this.#options = { ...defaultTurnClientOptions, ...options } as Options;
    this.#ports = ports;
    this.#server = options.server;
    this.#permissions = new Permissions(ports.timers, this.#options.maxPermissions, {
      createPermission: (peer, done) => this.#requests?.createPermission(peer, this.#noticing(done)),
      permitted: (address) => this.#deliver({ kind: 'permitted', address }),
      refused: (address, why) => this.#deliver({ kind: 'refused', address, failure: why }),
      flush: (bytes, peer) => this.#relay(bytes, peer),
    });
    this.#channels = new Channels(ports.timers, {
      channelBind: (number, peer, done) => this.#requests?.channelBind(number, peer, this.#noticing(done)),
    });
  }

  get state(): AllocationState {
    return this.#state;
  }

  get allocation(): Allocation | undefined {
    return this.#allocation;
  }

  allocate(): void {
    this.#enter();
    this.#step('allocate');
  }

  permit(peer: SocketAddress): void {
    this.#enter();
    if (this.#state === 'allocated') this.#permissions.permit(canonicalPeer(peer));
  }

  forget(address: string): void {
    this.#enter();
    const canonical = canonicalAddress(address);
    this.#permissions.forget(canonical);
    this.#channels.forget(canonical);
  }

  bind(peer: SocketAddress): void {
    this.#enter();
    if (this.#state === 'allocated') this.#channels.bind(canonicalPeer(peer));
  }

  send(bytes: Uint8Array, to: SocketAddress): boolean {
    this.#enter();
    if (this.#state !== 'allocated' || bytes.length > LARGEST_DATA) return false;
    const peer = this.#permissions.holds(to.address) ? to : canonicalPeer(to);
    const admitted = this.#permissions.admit(bytes, peer);
    if (admitted === true) this.#relay(bytes, peer);
    return admitted !== false;
  }

  received(bytes: Uint8Array, from: SocketAddress): boolean {
    this.#enter();
    if (this.#ports.socket === undefined || isReliable(this.#server)) return false;
    if (from.port !== this.#server.port || from.address !== this.#server.address) return false;
    return this.#message(bytes);
  }

  close(): void {
    this.#enter();
    this.#step('close');
  }

  timerFired(name: string): void {
    this.#timers.delete(name);
    if (name === 'keep alive') this.#keepAlive();
    else if (name === 'refresh') this.#step('refresh due');
    else if (name === 'leave') this.#step('released');
    else {
      this.#failure = failure(
        'expired',
        `TURN server ${nameOf(this.#server)} let the allocation expire without an answer to its refresh`,
        'look whether the network changed, and allocate anew',
      );
      this.#step('expired');
    }
  }

  #step(stimulus: AllocationStimulus): void {
    const transition = allocationTable[this.#state][stimulus];
    if (transition === undefined) return;
    const [next, ...actions] = transition;
    this.#state = next;
    for (const action of actions) this.#acts[action]();
  }

  /** What a transition lists, and how it is done. */
  readonly #acts: Readonly<Record<AllocationAction, () => void>> = {
    connect: () => this.#connect(),
    'ask for an allocation': () => this.#ask(),
    'schedule the refresh': () => this.#schedule(),
    refresh: () => this.#refresh(),
    'wait a moment': () => this.#start('leave', LEAVING_MS),
    release: () => this.#requests?.release(() => this.#step('released')),
    'forget the peers': () => {
      this.#permissions.close();
      this.#channels.close();
    },
    disconnect: () => this.#disconnect(),
    'report the allocation': () => this.#deliver({ kind: 'allocated', allocation: this.#allocation! }),
    'report the failure': () => this.#deliver({ kind: 'failed', failure: this.#failure! }),
    'report the loss': () => this.#deliver({ kind: 'lost', failure: this.#failure! }),
    'report the end': () => this.#deliver({ kind: 'closed' }),
  };

  #connect(): void {
    const { socket, sockets } = this.#ports;
    const server = this.#server;
    this.#tried.add(nameOf(server));
    this.#requests = new AllocationRequests(server, this.#options, this.#ports, (bytes) =>
      // A copy: what is sent again must not be in a socket's hands.
      this.#send(bytes.slice()),
    );
    if (socket !== undefined && !isReliable(server)) {
      this.#link = sharedLink(server, socket);
      this.#step('connected');
      return;
    }
    const requests = this.#requests;
    const whileOurs = (action: () => void): void => {
      if (this.#requests === requests) action();
    };
    const link = openLink(server, this.#options.localAddress, sockets!, {
      connected: () => whileOurs(() => this.#step('connected')),
      lost: (why) => whileOurs(() => this.#lost(why)),
      received: (message) => whileOurs(() => void this.#message(message)),
    });
    whileOurs(() => {
      this.#link = link;
    });
  }

  #ask(): void {
    this.#requests?.allocate((outcome) => {
      switch (outcome.kind) {
        case 'granted':
          this.#allocation = {
            relayed: outcome.relayed,
            mapped: outcome.mapped,
            server: this.#server,
            local: this.#link!.local!,
          };
          this.#lifetimeMs = outcome.lifetimeMs;
          this.#step('granted');
          break;
        case 'redirected':
          this.#redirected(outcome.server, outcome.failure);
          break;
        case 'refused':
          this.#failure = outcome.failure;
          this.#step(this.#mayComeFromElsewhere(outcome.failure) ? 'address taken' : 'refused');
      }
    });
  }

  /** An old allocation of this address is in the way: another local port has none (RFC 8656 §7.4). */
  #mayComeFromElsewhere({ cause }: TurnFailure): boolean {
    const ours = this.#ports.socket === undefined || isReliable(this.#server);
    return cause === 'allocation mismatch' && ours && this.#localAddresses++ < LOCAL_ADDRESSES;
  }

  #redirected(server: TurnServerAddress, why: TurnFailure): void {
    this.#failure = why;
    const known = this.#tried.has(nameOf(server)) || this.#tried.size > REDIRECTIONS;
    if (!known) this.#server = server;
    this.#step(known ? 'refused' : 'redirected');
  }

  #schedule(): void {
    this.#start('refresh', refreshDelayMs(this.#lifetimeMs));
    this.#start('expired', this.#lifetimeMs);
    if (!this.#timers.has('keep alive')) this.#keepAlive();
  }

  #refresh(): void {
    this.#requests?.refresh((outcome) => {
      if (outcome.kind === 'refreshed') {
        this.#lifetimeMs = outcome.lifetimeMs;
        this.#step('refreshed');
      } else {
        this.#failure = outcome.failure;
        this.#step('refused');
      }
    });
  }

  /** Any request may be what tells that the allocation is no more. */
  #noticing(done: (why: TurnFailure | undefined) => void): (why: TurnFailure | undefined) => void {
    return (why) => {
      if (why?.cause === 'allocation mismatch') {
        this.#failure = why;
        this.#step('refused');
      } else done(why);
    };
  }

  #lost(why: string): void {
    const server = `TURN server ${nameOf(this.#server)}`;
    const what = this.#allocation === undefined ? `${server} cannot be reached` : `${server} is lost`;
    this.#failure = failure(
      'unreachable',
      `${what}: ${why}`,
      'look at its address, its port and the firewalls between, and allocate anew',
    );
    this.#step('server lost');
  }

  #disconnect(): void {
    this.#requests?.close();
    this.#link?.close();
    this.#allocation = undefined;
    this.#requests = undefined;
    this.#link = undefined;
    for (const timer of this.#timers.values()) this.#ports.timers.stop(timer);
    this.#timers.clear();
  }

  /** A message of the server's. @returns whether it was for this client */
  #message(bytes: Uint8Array): boolean {
    if (isChannelMessage(bytes)) return this.#channelData(bytes);
    const message = parseStun(bytes);
    if (!(message instanceof StunMessage)) return false;
    if (isDataIndication(message)) return this.#indication(message);
    return this.#requests?.received(message) ?? false;
  }

  /** Through a channel: what is of none of ours, or of a peer that may not send any more, is let fall. */
  #channelData(bytes: Uint8Array): true {
    const read = parseChannelData(bytes);
    const peer = read instanceof Malformed ? undefined : this.#channels.peerOf(read.channel);
    if (read instanceof Malformed || peer === undefined || !this.#permissions.holds(peer.address))
      return true;
    this.#deliver({ kind: 'data', bytes: read.data, peer });
    return true;
  }

  /** By an indication, which anybody could forge who can forge the server's address (RFC 8656 §11.4). */
  #indication(message: StunMessage): true {
    const peer = message.get(XorPeerAddress);
    if (peer === undefined || !this.#permissions.holds(peer.address)) return true;
    const bytes = message.get(Data);
    const icmp = message.get(Icmp);
    if (bytes !== undefined) this.#deliver({ kind: 'data', bytes, peer });
    else if (icmp !== undefined) {
      this.#deliver({ kind: 'unreachable', peer, type: icmp.type, code: icmp.code });
    }
    return true;
  }

  #relay(bytes: Uint8Array, peer: SocketAddress): void {
    const channel = this.#channels.numberFor(peer);
    this.#send(
      channel === undefined
        ? sendIndication(bytes, peer, this.#ports.random)
        : channelData(channel, bytes, isReliable(this.#server)),
    );
  }

  #start(name: string, delayMs: number): void {
    const running = this.#timers.get(name);
    if (running !== undefined) this.#ports.timers.stop(running);
    this.#timers.set(name, this.#ports.timers.start(this, name, delayMs));
  }

  #keepAlive(): void {
    if (isReliable(this.#server) || this.#link === undefined) return;
    if (this.#idle) this.#link.send(bindingIndication(this.#ports.random));
    this.#idle = true;
    this.#start('keep alive', this.#options.keepAliveMs);
  }

  #send(bytes: Uint8Array): void {
    this.#idle = false;
    this.#link?.send(bytes);
  }

  #deliver(output: TurnClientOutput): void {
    this.#delivering = true;
    try {
      this.#ports.deliver(output);
    } finally {
      this.#delivering = false;
    }
  }

  #enter(): void {
    if (this.#delivering) throw new Error('a TURN client was called from its own deliver');
  }
}

/** A minute before the end (RFC 8656 §8); earlier where the lifetime is short. */
const refreshDelayMs = (lifetimeMs: number): number => Math.max(lifetimeMs - 60_000, lifetimeMs / 2);
