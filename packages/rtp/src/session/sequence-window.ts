import { sequenceDistance } from '../serial.ts';

/** How many sequence numbers behind the newest are remembered; a power of two. */
export const WINDOW_PACKETS = 1_024;

/** What a packet is to those that came before it. */
export type Newness = 'new' | 'duplicate' | 'too old';

/** Which of the last {@link WINDOW_PACKETS} packets have come: what comes twice, or is replayed, is found out here. */
export class SequenceWindow {
  readonly #seen = new Uint8Array(WINDOW_PACKETS);
  #highest: number | undefined = undefined;

  accept(sequence: number): Newness {
    if (this.#highest === undefined) this.reset(sequence);
    const ahead = sequenceDistance(sequence, this.#highest!);
    if (ahead > 0) this.#advance(sequence, ahead);
    else if (ahead <= -WINDOW_PACKETS) return 'too old';
    const slot = sequence & (WINDOW_PACKETS - 1);
    if (this.#seen[slot] === 1) return 'duplicate';
    this.#seen[slot] = 1;
    return 'new';
  }

  /** How many between these two, both included, have not come; of those that are remembered. */
  missing(first: number, last: number): number {
    let count = 0;
    for (let one = Math.max(first, last - WINDOW_PACKETS + 1); one <= last; one++)
      count += 1 - this.#seen[one & (WINDOW_PACKETS - 1)]!;
    return count;
  }

  /** Forgets all; `sequence` is the next that is new. */
  reset(sequence: number): void {
    this.#seen.fill(0);
    this.#highest = sequence;
  }

  #advance(sequence: number, ahead: number): void {
    if (ahead >= WINDOW_PACKETS) this.#seen.fill(0);
    else for (let step = 0; step < ahead; step++) this.#seen[(sequence - step) & (WINDOW_PACKETS - 1)] = 0;
    this.#highest = sequence;
  }
}
