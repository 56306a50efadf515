/** Packets behind the newest that may still come, each once (RFC 3711 §3.3.2 asks for 64 or more). */
export const REPLAY_WINDOW = 1_024;
const HALF = 0x8000;
const WHOLE = 0x1_0000;

/** Which packets of one source have come, by their whole index: 48 bits in RTP, 31 in RTCP. */
export class ReplayWindow {
  readonly #seen = new Uint8Array(REPLAY_WINDOW);
  #highest = -1;

  get highest(): number {
    return this.#highest;
  }

  isNew(index: number): boolean {
    if (index > this.#highest) return true;
    return index > this.#highest - REPLAY_WINDOW && this.#seen[index % REPLAY_WINDOW] === 0;
  }

  /** To be called for what is authentic alone. */
  add(index: number): void {
    if (index > this.#highest) {
      const passed = Math.min(REPLAY_WINDOW, index - this.#highest);
      for (let step = 0; step < passed; step++) this.#seen[(index - step) % REPLAY_WINDOW] = 0;
      this.#highest = index;
    }
    this.#seen[index % REPLAY_WINDOW] = 1;
  }
}

/**
 * The index of a packet whose header holds its lower 16 bits: the one that is nearest to the highest that came
 * (RFC 3711 §3.3.1, appendix A). Undefined for one from before the beginning.
 *
 * @param highest below 0 where nothing has come
 */
export const packetIndex = (sequence: number, highest: number): number | undefined => {
  if (highest < 0) return sequence;
  const rollOver = Math.floor(highest / WHOLE);
  const last = highest % WHOLE;
  const index =
    rollOver * WHOLE + sequence + (sequence - last > HALF ? -WHOLE : last - sequence > HALF ? WHOLE : 0);
  return index < 0 ? undefined : index;
};
