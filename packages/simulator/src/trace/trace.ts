import type { SocketAddress } from '@ringdown/sans-io';
import { endpointText } from '../address/endpoint.ts';

/** One translation of a packet on its way. */
export interface Passage {
  /** The NAT's name. */
  readonly nat: string;
  readonly direction: 'out' | 'in' | 'hairpin';
  /** Source and destination as they were behind it. */
  readonly from: SocketAddress;
  readonly to: SocketAddress;
}

/** What became of one packet. A copy that a link made has an entry of its own. */
export interface TraceEntry {
  /** When it was sent, and when its way ended, in virtual milliseconds. */
  readonly sentAt: number;
  readonly endedAt: number | undefined;
  readonly protocol: 'udp' | 'tcp' | 'icmp';
  /** What it is: `datagram`, `syn`, `data`, … */
  readonly kind: string;
  /** The host that sent it. */
  readonly sender: string;
  /** As the sender sees them. */
  readonly from: SocketAddress;
  readonly to: SocketAddress;
  /** What it carries; without headers. */
  readonly bytes: Uint8Array;
  readonly via: readonly Passage[];
  readonly outcome: 'under way' | 'delivered' | 'dropped';
  /** The host that got it, or the place where it was dropped. */
  readonly where: string | undefined;
  /** Why it was dropped. */
  readonly why: string | undefined;
}

/** A trace entry while its packet travels. */
export type Journey = { -readonly [Key in keyof TraceEntry]: TraceEntry[Key] } & { via: Passage[] };

export interface Counters {
  /** Packets that hosts sent and links copied. */
  readonly sent: number;
  readonly delivered: number;
  readonly dropped: number;
  /** How many were dropped for which reason. */
  readonly reasons: Readonly<Record<string, number>>;
}

/** The last packets and what became of them, and counters of all. */
export class Trace {
  readonly #limit: number;
  readonly #journeys: Journey[] = [];
  readonly #reasons = new Map<string, number>();
  readonly #now: () => number;
  #sent = 0;
  #delivered = 0;
  #dropped = 0;

  constructor(now: () => number, limit: number) {
    this.#now = now;
    this.#limit = limit;
  }

  begin(start: Pick<TraceEntry, 'protocol' | 'kind' | 'sender' | 'from' | 'to' | 'bytes'>): Journey {
    const journey: Journey = {
      ...start,
      sentAt: this.#now(),
      endedAt: undefined,
      via: [],
      outcome: 'under way',
      where: undefined,
      why: undefined,
    };
    return this.#keep(journey);
  }

  /** The way of a second copy of a packet. */
  copy(journey: Journey): Journey {
    return this.#keep({
      ...journey,
      via: [...journey.via],
      outcome: 'under way',
      where: undefined,
      why: undefined,
    });
  }

  delivered(journey: Journey, where: string): void {
    this.#delivered++;
    this.#end(journey, 'delivered', where);
  }

  dropped(journey: Journey, where: string, why: string): void {
    this.#dropped++;
    this.#reasons.set(why, (this.#reasons.get(why) ?? 0) + 1);
    journey.why = why;
    this.#end(journey, 'dropped', where);
  }

  /** The last packets, in the order in which they were sent. */
  entries(): readonly TraceEntry[] {
    return this.#limit === 0 ? [] : this.#journeys.slice(-this.#limit);
  }

  counters(): Counters {
    return {
      sent: this.#sent,
      delivered: this.#delivered,
      dropped: this.#dropped,
      reasons: Object.fromEntries(this.#reasons),
    };
  }

  #keep(journey: Journey): Journey {
    this.#sent++;
    this.#journeys.push(journey);
    if (this.#journeys.length > 2 * this.#limit) {
      this.#journeys.splice(0, this.#journeys.length - this.#limit);
    }
    return journey;
  }

  #end(journey: Journey, outcome: 'delivered' | 'dropped', where: string): void {
    journey.outcome = outcome;
    journey.where = where;
    journey.endedAt = this.#now();
  }
}

/** A trace for people, one line a packet. */
export const traceText = (entries: readonly TraceEntry[]): string => entries.map(entryText).join('\n');

const entryText = (entry: TraceEntry): string => {
  const way = entry.via.map(
    ({ nat, direction, from, to }) => ` [${nat} ${direction}: ${endpointText(from)} → ${endpointText(to)}]`,
  );
  const end =
    entry.outcome === 'under way'
      ? 'under way'
      : entry.outcome === 'delivered'
        ? `delivered to ${entry.where} at ${round(entry.endedAt ?? 0)}`
        : `DROPPED at ${entry.where}, ${round(entry.endedAt ?? 0)}: ${entry.why}`;
  const what = `${entry.protocol} ${entry.kind}, ${entry.bytes.length} bytes`;
  return `${round(entry.sentAt)} ${entry.sender}: ${endpointText(entry.from)} → ${endpointText(entry.to)} (${what})${way.join('')} ${end}`;
};

const round = (ms: number): string => `${Math.round(ms * 1000) / 1000} ms`;
