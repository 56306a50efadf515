import {
  type Clock,
  type Random,
  seededRandom,
  type Timers,
  type WallTime,
  wallTime,
} from '@ringdown/sans-io';
import { VirtualTime } from '../clock/virtual-time.ts';
import { Dns } from '../dns/dns.ts';
import { Host, type HostBehaviour } from '../host/host.ts';
import type { Places } from '../host/place.ts';
import type { Surroundings } from '../link/link.ts';
import type { NatType } from '../nat/behaviour.ts';
import type { Nat, NatOptions } from '../nat/nat.ts';
import type { Network } from '../network/network.ts';
import { type Counters, Trace, type TraceEntry, traceText } from '../trace/trace.ts';
import { Topology } from './topology.ts';

export interface WorldOptions {
  /** The same seed and the same scenario: the same trace. */
  readonly seed?: number;
  /** What wall clocks show at the beginning. */
  readonly startsAt?: WallTime;
  /** So many packets are remembered in the trace; counters count all. */
  readonly traceLimit?: number;
  /** How long the resolver takes for an answer. */
  readonly dnsLatencyMs?: number;
}

export const WORLD_DEFAULTS: Required<WorldOptions> = Object.freeze({
  seed: 1,
  /** 2026-01-01T00:00:00Z */
  startsAt: wallTime(1_767_225_600_000),
  traceLimit: 10_000,
  dnsLatencyMs: 20,
});

export interface HostOptions extends Places, Partial<HostBehaviour> {}

export const HOST_DEFAULTS: HostBehaviour = Object.freeze({
  icmp: false,
  streamGiveUpMs: 30_000,
});

export interface RunOptions {
  /** Looked at after every event; without it the world runs until nothing is left to happen. */
  readonly until?: () => boolean;
  /** Virtual milliseconds from now; 60,000 without it. */
  readonly withinMs?: number;
  /** What is waited for, in words for the failure. */
  readonly what?: string;
}

const RUN_DEFAULT_MS = 60_000;

/**
 * After each event promises get so many turns, so that what awaits a callback of the world goes on at its moment; and so
 * many before it is said that nothing is left to happen. Nobody can ask whether a promise still waits for its turn.
 */
const PROMISE_TURNS = Object.freeze({ afterEvent: 100, beforeIdle: 1000 });

/** Packets that a failure shows. */
const SHOWN = 20;

/** A network in memory, its clock, its chance. */
export class World {
  readonly clock: Clock;
  readonly timers: Timers;
  /** For the machines under test. Links and NATs have randomness of their own. */
  readonly random: Random;
  readonly dns: Dns;
  readonly #time: VirtualTime;
  readonly #trace: Trace;
  readonly #surroundings: Surroundings;
  readonly #topology: Topology;
  readonly #hosts = new Map<string, Host>();

  constructor(options: WorldOptions = {}) {
    const { seed, startsAt, traceLimit, dnsLatencyMs } = { ...WORLD_DEFAULTS, ...options };
    const time = new VirtualTime(startsAt);
    this.#time = time;
    this.clock = time;
    this.timers = time;
    this.random = seededRandom(seed);
    this.dns = new Dns(time, dnsLatencyMs);
    this.#trace = new Trace(() => time.now(), traceLimit);
    const randomFor = (part: string): Random => seededRandom(seedFor(seed, part));
    this.#surroundings = { time, trace: this.#trace, randomFor };
    this.#topology = new Topology(this.#surroundings);
  }

  /** The network outside of every NAT. */
  get internet(): Network {
    return this.#topology.internet;
  }

  /** How many events wait: running timers, packets under way, callbacks to come. */
  get waiting(): number {
    return this.#time.waiting;
  }

  /** A new host. Throws if there is one of that name. */
  host(name: string, options: HostOptions = {}): Host {
    if (this.#hosts.has(name)) throw new Error(`there is a host called ${name} already`);
    const { settle } = this.#topology;
    const host = new Host(name, { ...HOST_DEFAULTS, ...options }, this.#surroundings, this.dns, settle);
    host.move(options);
    this.#hosts.set(name, host);
    return host;
  }

  /** A NAT to put one host, or several, behind: `nat: home`, `nat: [home, carrier]`. */
  nat(choice: NatType | NatOptions = {}): Nat {
    return this.#topology.nat(choice);
  }

  /**
   * Lets time pass until something is true, and gives promises their turns between events. Rejects with what did not
   * happen and the last packets, if it did not.
   */
  async run({ until, withinMs = RUN_DEFAULT_MS, what }: RunOptions = {}): Promise<void> {
    const begin = this.#time.now();
    const end = begin + withinMs;
    for (;;) {
      await turns(this.#time.next === undefined ? PROMISE_TURNS.beforeIdle : PROMISE_TURNS.afterEvent);
      if (until?.()) return;
      if (!this.#time.step(end)) break;
    }
    const isIdle = this.#time.next === undefined;
    if (until === undefined && isIdle) return;
    this.#time.moveTo(end);
    if (until !== undefined) throw new Error(this.#failure(what ?? String(until), withinMs, isIdle));
  }

  /** Lets so much time pass, at once and without turns for promises. */
  advance(ms: number): void {
    const end = this.#time.now() + ms;
    while (this.#time.step(end));
    this.#time.moveTo(end);
  }

  /** The last packets and what became of each, in the order in which they were sent. */
  trace(): readonly TraceEntry[] {
    return this.#trace.entries();
  }

  counters(): Counters {
    return this.#trace.counters();
  }

  #failure(what: string, withinMs: number, isIdle: boolean): string {
    const entries = this.trace().slice(-SHOWN);
    const rest = isIdle ? '; nothing is left to happen' : '';
    const packets = entries.length === 0 ? 'no packet was sent' : `the last packets:\n${traceText(entries)}`;
    return `did not happen within ${withinMs} virtual ms: ${what}${rest}; ${packets}`;
  }
}

/** A world with nobody in it. */
export const simulate = (options: WorldOptions = {}): World => new World(options);

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await undefined;
};

/** FNV-1a over the name, from the seed on. */
const seedFor = (seed: number, part: string): number => {
  let hash = 0x811c9dc5 ^ seed;
  for (let index = 0; index < part.length; index++) {
    hash = Math.imul(hash ^ part.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
};
