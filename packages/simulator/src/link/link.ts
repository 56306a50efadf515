import type { Random } from '@ringdown/sans-io';
import type { VirtualTime } from '../clock/virtual-time.ts';
import { type Packet, wireSize } from '../network/packet.ts';
import type { Trace } from '../trace/trace.ts';

/** How a link treats what goes over it in one direction. */
export interface LinkDirection {
  /** The time that a packet takes, in milliseconds. */
  readonly latencyMs?: number;
  /** Up to so much is added at random. Order is kept; see {@link LinkDirection.reordering}. */
  readonly jitterMs?: number;
  /** The part of packets that is lost, 0–1. */
  readonly loss?: number;
  /** The part of packets that comes twice, 0–1. */
  readonly duplication?: number;
  /** The part of packets that is held back by `reorderingMs` while others pass, 0–1. */
  readonly reordering?: number;
  readonly reorderingMs?: number;
  /** The rate in bits per second, headers included; no bound without it. */
  readonly bitsPerSecond?: number;
  /** How much may wait for its turn at that rate, in bytes. */
  readonly queueBytes?: number;
}

/** Both directions in one; `up` (away from the host or NAT) and `down` differ from it where they are given. */
export interface LinkOptions extends LinkDirection {
  readonly up?: LinkDirection;
  readonly down?: LinkDirection;
}

export const LINK_DEFAULTS: Required<LinkDirection> = Object.freeze({
  latencyMs: 5,
  jitterMs: 0,
  loss: 0,
  duplication: 0,
  reordering: 0,
  reorderingMs: 20,
  bitsPerSecond: Number.POSITIVE_INFINITY,
  queueBytes: 65_536,
});

/** What everything in a world stands on. */
export interface Surroundings {
  readonly time: VirtualTime;
  readonly trace: Trace;
  /** Randomness of one part, apart from all others', so that one more packet here changes nothing there. */
  randomFor(part: string): Random;
}

/** The way between a host, or a NAT, and its router. Its options may change while packets are on it. */
export class Link {
  readonly up: Pipe;
  readonly down: Pipe;
  #options: LinkOptions;

  constructor(name: string, options: LinkOptions, surroundings: Surroundings) {
    this.#options = options;
    this.up = new Pipe(`${name}, link up`, surroundings);
    this.down = new Pipe(`${name}, link down`, surroundings);
    this.change({});
  }

  /** Changes what is named from now on: `link.change({ loss: 1 })` cuts it. */
  change(options: LinkOptions): void {
    const { up: oldUp, down: oldDown, ...oldBoth } = this.#options;
    const { up, down, ...both } = options;
    this.#options = {
      ...oldBoth,
      ...both,
      up: { ...without(oldUp, both), ...up },
      down: { ...without(oldDown, both), ...down },
    };
    const { up: newUp, down: newDown, ...newBoth } = this.#options;
    this.up.options = { ...LINK_DEFAULTS, ...newBoth, ...newUp };
    this.down.options = { ...LINK_DEFAULTS, ...newBoth, ...newDown };
  }
}

/** What is now said of both directions is no longer what was said of one. */
const without = (direction: LinkDirection | undefined, said: LinkDirection): LinkDirection =>
  Object.fromEntries(Object.entries(direction ?? {}).filter(([key]) => !(key in said)));

/** One direction of a link. */
class Pipe {
  options: Required<LinkDirection> = LINK_DEFAULTS;
  readonly #name: string;
  readonly #time: VirtualTime;
  readonly #trace: Trace;
  readonly #random: Random;
  /** Until when the line is busy with what was sent, and when the last packet in order arrives. */
  #busyUntil = 0;
  #lastArrival = 0;

  constructor(name: string, { time, trace, randomFor }: Surroundings) {
    this.#name = name;
    this.#time = time;
    this.#trace = trace;
    this.#random = randomFor(name);
  }

  /** Brings a packet to the other end, or loses it, or brings it twice. */
  carry(packet: Packet, arrive: (packet: Packet) => void): void {
    const { loss, duplication } = this.options;
    const isCopied = this.#happens(duplication);
    if (this.#happens(loss)) this.#trace.dropped(packet.journey, this.#name, 'lost');
    else this.#send(packet, arrive);
    if (isCopied) this.#send({ ...packet, journey: this.#trace.copy(packet.journey) }, arrive);
  }

  #send(packet: Packet, arrive: (packet: Packet) => void): void {
    const { latencyMs, jitterMs, reordering, reorderingMs, bitsPerSecond, queueBytes } = this.options;
    const now = this.#time.now();
    const size = wireSize(packet);
    const waitMs = Math.max(0, this.#busyUntil - now);
    if ((waitMs * bitsPerSecond) / 8000 + size > queueBytes && waitMs > 0) {
      this.#trace.dropped(packet.journey, this.#name, 'queue full');
      return;
    }
    this.#busyUntil = now + waitMs + (size * 8000) / bitsPerSecond;
    const arrival = this.#busyUntil + latencyMs + (jitterMs > 0 ? jitterMs * this.#random.fraction() : 0);
    const isHeldBack = this.#happens(reordering);
    const at = isHeldBack ? arrival + reorderingMs : Math.max(arrival, this.#lastArrival);
    if (!isHeldBack) this.#lastArrival = at;
    this.#time.later(at - now, () => arrive(packet));
  }

  #happens(probability: number): boolean {
    return probability > 0 && this.#random.fraction() < probability;
  }
}
