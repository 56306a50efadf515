/** How many packets in a row make a source (RFC 3550 Appendix A.1). */
const MIN_SEQUENTIAL = 2;
/** What may be missing at once. */
const MAX_DROPOUT = 3_000;
const SEQUENCES = 65_536;

/** What the sequence number of a packet says of it. */
export type SequenceVerdict = 'probation' | 'validated' | 'valid' | 'jumped' | 'restarted';

/**
 * The sequence numbers of one source, by RFC 3550 Appendix A.1: nothing counts before two packets stood in a row, and a jump
 * is believed only where a second packet continues it.
 */
export class SourceSequence {
  readonly #maxMisorder: number;
  #highest: number;
  #cycles = 0;
  #base = 0;
  #bad = SEQUENCES + 1;
  #probation = MIN_SEQUENTIAL;
  #received = 0;
  #expectedBefore = 0;
  #receivedBefore = 0;

  /** @param maxMisorder how far behind the newest a packet may come: 100, more where packets are sent twice with a delay */
  constructor(first: number, maxMisorder: number) {
    this.#maxMisorder = maxMisorder;
    this.#highest = (first - 1) & 0xffff;
  }

  get validated(): boolean {
    return this.#probation === 0;
  }

  /** With the cycles above its 16 bits; 32 bits. */
  get extendedHighest(): number {
    return (this.#cycles + this.#highest) >>> 0;
  }

  get received(): number {
    return this.#received;
  }

  get expected(): number {
    return this.#received === 0 ? 0 : this.#cycles + this.#highest - this.#base + 1;
  }

  /** Negative where duplicates outnumber losses. */
  get lost(): number {
    return this.expected - this.#received;
  }

  /** The part that was lost since the last call, in 256ths (Appendix A.3). */
  takeFractionLost(): number {
    const { expected } = this;
    const expectedNow = expected - this.#expectedBefore;
    const lostNow = expectedNow - (this.#received - this.#receivedBefore);
    this.#expectedBefore = expected;
    this.#receivedBefore = this.#received;
    return expectedNow <= 0 || lostNow <= 0 ? 0 : Math.min(255, Math.floor((lostNow * 256) / expectedNow));
  }

  accept(sequence: number): SequenceVerdict {
    if (this.#probation > 0) return this.#prove(sequence);
    const ahead = (sequence - this.#highest) & 0xffff;
    if (ahead < MAX_DROPOUT) {
      if (sequence < this.#highest) this.#cycles += SEQUENCES;
      this.#highest = sequence;
    } else if (ahead <= SEQUENCES - this.#maxMisorder) {
      if (sequence !== this.#bad) {
        this.#bad = (sequence + 1) & 0xffff;
        return 'jumped';
      }
      this.#restart(sequence);
      // The packet before this one came, too, though it was not believed.
      this.#base = sequence;
      this.#received = 1;
      return 'restarted';
    }
    this.#received++;
    return 'valid';
  }

  #prove(sequence: number): SequenceVerdict {
    if (sequence === ((this.#highest + 1) & 0xffff)) {
      this.#highest = sequence;
      this.#probation--;
      if (this.#probation > 0) return 'probation';
      this.#restart(sequence);
      this.#base = sequence - 1;
      this.#received = MIN_SEQUENTIAL;
      return 'validated';
    }
    this.#probation = MIN_SEQUENTIAL - 1;
    this.#highest = sequence;
    return 'probation';
  }

  #restart(sequence: number): void {
    this.#base = sequence;
    this.#highest = sequence;
    this.#bad = SEQUENCES + 1;
    this.#cycles = 0;
    this.#received = 0;
    this.#receivedBefore = 0;
    this.#expectedBefore = 0;
  }
}
