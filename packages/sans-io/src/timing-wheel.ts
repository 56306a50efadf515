import type { Instant } from './clock.ts';
import type { Timer, Timers, TimerTarget } from './timers.ts';

const SLOT_BITS = 6;
const SLOTS = 1 << SLOT_BITS;
const LEVELS = 6;
const SPAN_TICKS = 2 ** (SLOT_BITS * LEVELS);

/** One timer, and a link of the ring of its slot; a ring's own head is an entry without target. */
class Entry implements Timer {
  target: TimerTarget;
  name: string;
  dueTick: number;
  level = 0;
  slot = 0;
  next: Entry;
  previous: Entry;

  constructor(target: TimerTarget, name: string, dueTick: number) {
    this.target = target;
    this.name = name;
    this.dueTick = dueTick;
    this.next = this;
    this.previous = this;
  }

  get running(): boolean {
    return this.next !== this;
  }
}

const nobody: TimerTarget = { timerFired: () => undefined };

/**
 * A hierarchical timing wheel: starting and stopping a timer cost the same however many run. Six levels of 64 slots; a
 * timer moves one level down each time its slot is reached, until it fires. Delays are rounded up to whole ticks, so a
 * timer never fires early.
 */
export class TimingWheel implements Timers {
  readonly #tickMs: number;
  readonly #origin: Instant;
  readonly #rings: readonly Entry[];
  /** Timers in each slot: a level with none is passed over in one step. */
  readonly #counts: number[];
  readonly #levelCounts: number[] = new Array(LEVELS).fill(0);
  #tick = 0;
  #nowMs: number;
  #size = 0;
  /** The next tick with work, or one before it; undefined until it is looked for. */
  #soonest: number | undefined = undefined;

  constructor(now: Instant, options: { readonly tickMs?: number } = {}) {
    this.#tickMs = options.tickMs ?? 1;
    this.#origin = now;
    this.#nowMs = now;
    this.#rings = Array.from({ length: LEVELS * SLOTS }, () => new Entry(nobody, '', 0));
    this.#counts = new Array(LEVELS * SLOTS).fill(0);
  }

  /** How many timers run. */
  get size(): number {
    return this.#size;
  }

  /** Tells the time, so that delays count from it. Fires nothing; `expire` does. */
  advance(now: Instant): void {
    if (now > this.#nowMs) this.#nowMs = now;
  }

  start(target: TimerTarget, name: string, delayMs: number): Timer {
    const due = Math.ceil((this.#nowMs + Math.max(0, delayMs) - this.#origin) / this.#tickMs);
    const entry = new Entry(
      target,
      name,
      Math.min(Math.max(due, this.#tick + 1), this.#tick + SPAN_TICKS - 1),
    );
    this.#insert(entry);
    this.#size++;
    return entry;
  }

  stop(timer: Timer): void {
    const entry = timer as Entry;
    if (!entry.running) return;
    this.#unlink(entry);
    this.#size--;
  }

  deadline(): Instant | undefined {
    if (this.#size === 0) return undefined;
    this.#soonest ??= this.#nextTick();
    return (this.#origin + this.#soonest * this.#tickMs) as Instant;
  }

  expire(now: Instant): void {
    this.advance(now);
    const target = Math.floor((this.#nowMs - this.#origin) / this.#tickMs);
    while (this.#tick < target && this.#size > 0) {
      this.#soonest ??= this.#nextTick();
      const next = this.#soonest;
      if (next > target) break;
      this.#soonest = undefined;
      this.#tick = next;
      this.#turn(now);
    }
    if (this.#tick < target) this.#tick = target;
  }

  /** The first tick at which a slot, of whatever level, has to be emptied. */
  #nextTick(): number {
    let best = Number.POSITIVE_INFINITY;
    for (let level = 0; level < LEVELS; level++) {
      if (this.#levelCounts[level] === 0) continue;
      const width = SLOTS ** level;
      const current = Math.floor(this.#tick / width);
      for (let step = 1; step <= SLOTS; step++) {
        if (this.#counts[level * SLOTS + ((current + step) % SLOTS)] === 0) continue;
        best = Math.min(best, (current + step) * width);
        break;
      }
    }
    return best;
  }

  /** Empties every slot that the present tick reaches: higher levels move down, the lowest fires. */
  #turn(now: Instant): void {
    for (let level = LEVELS - 1; level > 0; level--) {
      const width = SLOTS ** level;
      if (this.#tick % width === 0) this.#cascade(level, (this.#tick / width) % SLOTS);
    }
    const ring = this.#rings[this.#tick % SLOTS]!;
    while (ring.next !== ring) {
      const entry = ring.next;
      this.#unlink(entry);
      this.#size--;
      entry.target.timerFired(entry.name, now);
    }
  }

  #cascade(level: number, slot: number): void {
    const ring = this.#rings[level * SLOTS + slot]!;
    while (ring.next !== ring) {
      const entry = ring.next;
      this.#unlink(entry);
      this.#insert(entry);
    }
  }

  /** Links an entry at the lowest level whose turn reaches its tick. A tick that is due now goes to the slot now turning. */
  #insert(entry: Entry): void {
    const ahead = entry.dueTick - this.#tick;
    let level = 0;
    let width = 1;
    while (level < LEVELS - 1 && ahead >= width * SLOTS) {
      level++;
      width *= SLOTS;
    }
    entry.level = level;
    entry.slot = level * SLOTS + (Math.floor(entry.dueTick / width) % SLOTS);
    const reached = Math.floor(entry.dueTick / width) * width;
    if (this.#soonest !== undefined && reached < this.#soonest) this.#soonest = reached;
    const ring = this.#rings[entry.slot]!;
    entry.previous = ring.previous;
    entry.next = ring;
    ring.previous.next = entry;
    ring.previous = entry;
    this.#counts[entry.slot]!++;
    this.#levelCounts[level]!++;
  }

  #unlink(entry: Entry): void {
    entry.previous.next = entry.next;
    entry.next.previous = entry.previous;
    entry.next = entry;
    entry.previous = entry;
    this.#counts[entry.slot]!--;
    this.#levelCounts[entry.level]!--;
  }
}
