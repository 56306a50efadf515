import type { BufferedPacket } from './decision.ts';

/** A packet with its numbers unwrapped. */
export interface HeldPacket {
  readonly sequence: number;
  /** In units of the clock, without end. */
  readonly time: number;
  readonly packet: BufferedPacket;
}

/** Packets by their sequence number, in a ring that never grows. */
export class PacketRing {
  readonly #slots: (HeldPacket | undefined)[];
  #count = 0;
  #highest = Number.NEGATIVE_INFINITY;

  constructor(size: number) {
    this.#slots = new Array<HeldPacket | undefined>(size).fill(undefined);
  }

  get count(): number {
    return this.#count;
  }

  get size(): number {
    return this.#slots.length;
  }

  at(sequence: number): HeldPacket | undefined {
    const held = this.#slots[this.#slot(sequence)];
    return held?.sequence === sequence ? held : undefined;
  }

  /** @returns the older packet whose place it took */
  put(held: HeldPacket): HeldPacket | undefined {
    const slot = this.#slot(held.sequence);
    const before = this.#slots[slot];
    this.#slots[slot] = held;
    if (before === undefined) this.#count++;
    this.#highest = Math.max(this.#highest, held.sequence);
    return before;
  }

  take(held: HeldPacket): void {
    this.#slots[this.#slot(held.sequence)] = undefined;
    this.#count--;
  }

  /** The packet from `sequence` on that comes first. */
  firstFrom(sequence: number): HeldPacket | undefined {
    if (this.#count === 0) return undefined;
    const from = Math.max(sequence, this.#highest - this.#slots.length + 1);
    for (let one = from; one <= this.#highest; one++) {
      const held = this.at(one);
      if (held !== undefined) return held;
    }
    return undefined;
  }

  clear(): void {
    this.#slots.fill(undefined);
    this.#count = 0;
    this.#highest = Number.NEGATIVE_INFINITY;
  }

  #slot(sequence: number): number {
    const size = this.#slots.length;
    return ((sequence % size) + size) % size;
  }
}
