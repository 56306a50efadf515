import {
  type Instant,
  instant,
  type Random,
  type SocketAddress,
  seededRandom,
  TimingWheel,
  wallTime,
} from '@ringdown/sans-io';
import { RtpSession, type RtpSessionOptions, type SessionOutput } from '../src/index.ts';

/** What a path does to packets. Every packet takes its own time, so that they overtake each other. */
export interface PathOptions {
  readonly latencyMs?: number;
  /** Up to so much more, evenly spread. */
  readonly jitterMs?: number;
  /** So much more, for a chance from 0 to 1. */
  readonly lateMs?: (chance: number) => number;
  readonly loss?: number;
  readonly duplication?: number;
}

/** Time that is moved by hand, and what is to happen in it. */
export class Stage {
  readonly random: Random;
  readonly timers: TimingWheel;
  #now: Instant = instant(0);
  readonly clock = { now: () => this.#now, wallTime: () => wallTime(1_000_000 + this.#now) };

  constructor(seed: number) {
    this.random = seededRandom(seed);
    this.timers = new TimingWheel(this.#now, { tickMs: 0.25 });
  }

  get now(): Instant {
    return this.#now;
  }

  /** Does something after so many milliseconds. */
  later(delayMs: number, act: () => void): void {
    this.timers.start({ timerFired: act }, 'act', delayMs);
  }

  /** Does something at each `periodMs`, as a clock of its own has it. */
  every(periodMs: number, act: (count: number) => void, count = Number.POSITIVE_INFINITY): void {
    const start = this.#now;
    const step = (index: number): void => {
      if (index >= count) return;
      act(index);
      this.later(start + (index + 1) * periodMs - this.#now, () => step(index + 1));
    };
    step(0);
  }

  run(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const next = this.timers.deadline();
      if (next === undefined || next > end) break;
      this.#now = next;
      this.timers.expire(next);
    }
    this.#now = instant(end);
    this.timers.expire(this.#now);
  }

  /** Hands something over as a path would. @returns whether it got onto its way */
  carry(path: PathOptions, arrive: () => void): boolean {
    const { latencyMs = 20, jitterMs = 0, lateMs = (chance) => chance * jitterMs } = path;
    const { loss = 0, duplication = 0 } = path;
    if (this.random.fraction() < loss) return false;
    const copies = this.random.fraction() < duplication ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) this.later(latencyMs + lateMs(this.random.fraction()), arrive);
    return true;
  }
}

/** A session at an address, and what it told. */
export class Party {
  readonly address: SocketAddress;
  readonly session: RtpSession;
  readonly told: SessionOutput[] = [];
  readonly #stage: Stage;
  #reach: (output: SessionOutput & { kind: 'transmit' }) => void = () => {};

  constructor(stage: Stage, address: SocketAddress, options: Partial<RtpSessionOptions> = {}) {
    this.#stage = stage;
    this.address = address;
    this.session = new RtpSession(
      { payloadTypes: { 0: { clockRateHz: 8_000 } }, ...options },
      {
        clock: stage.clock,
        timers: stage.timers,
        random: stage.random,
        deliver: (output) => {
          this.told.push(output);
          if (output.kind === 'transmit') this.#reach(output);
        },
      },
    );
  }

  /** Whatever it sends goes this way, from whatever address the other is to see. */
  connect(other: Party, path: PathOptions = {}, seenAs: () => SocketAddress = () => this.address): void {
    this.#reach = ({ bytes, to }) => {
      if (to.address !== other.address.address || to.port !== other.address.port) return;
      const from = seenAs();
      this.#stage.carry(path, () => other.session.received(bytes.slice(), from));
    };
  }

  /** Speaks: a packet of 20 ms at each 20 ms. */
  speak(packets = Number.POSITIVE_INFINITY): void {
    this.#stage.every(
      20,
      (index) => {
        const payload = new Uint8Array(160).fill(index);
        this.session.send({ payloadType: 0, payload, timestamp: 160 * index, marker: index === 0 });
      },
      packets,
    );
  }

  of<Kind extends SessionOutput['kind']>(kind: Kind): (SessionOutput & { kind: Kind })[] {
    return this.told.filter((output): output is SessionOutput & { kind: Kind } => output.kind === kind);
  }

  /** The sequence numbers of the packets that were handed out. */
  get heard(): number[] {
    return this.of('packet').map(({ packet }) => packet.sequence);
  }
}

export const at = (address: string, port = 4_000): SocketAddress => ({ address, port });

/** Alice and Bob, each told where the other is. */
export const call = (
  seed: number,
  path: PathOptions = {},
  options: Partial<RtpSessionOptions> = {},
): { stage: Stage; alice: Party; bob: Party } => {
  const stage = new Stage(seed);
  const alice = new Party(stage, at('192.0.2.1'), { remote: at('192.0.2.2'), ...options });
  const bob = new Party(stage, at('192.0.2.2'), { remote: at('192.0.2.1'), ...options });
  alice.connect(bob, path);
  bob.connect(alice, path);
  return { stage, alice, bob };
};
