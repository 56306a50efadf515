const SLAB_BYTES = 65_536;

/**
 * Memory for what is written once and sent: cut from larger pieces, because a small array of its own costs more than what
 * is written into it. A piece goes when nothing cut from it is used any more.
 */
export class Slab {
  #piece = new Uint8Array(SLAB_BYTES);
  #used = 0;

  take(length: number): Uint8Array {
    if (length > SLAB_BYTES >> 2) return new Uint8Array(length);
    if (this.#used + length > SLAB_BYTES) {
      this.#piece = new Uint8Array(SLAB_BYTES);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used = start + length;
    return this.#piece.subarray(start, start + length);
  }
}
