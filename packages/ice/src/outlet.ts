import type { IceOutput } from './output.ts';

/** The one way out: sees to it that nobody comes back in by it. */
export class Outlet {
  readonly #deliver: (output: IceOutput) => void;
  #delivering = false;
  #closed = false;

  constructor(deliver: (output: IceOutput) => void) {
    this.#deliver = deliver;
  }

  emit(output: IceOutput): void {
    if (this.#closed) return;
    this.#delivering = true;
    try {
      this.#deliver(output);
    } finally {
      this.#delivering = false;
    }
  }

  /** Throws where `deliver` calls the agent that has called it, or where somebody calls one that is closed. */
  enter(): void {
    if (this.#delivering)
      throw new Error('deliver must not call the ICE agent that has called it: queue the input');
    if (this.#closed) throw new Error('the ICE agent is closed');
  }

  close(): void {
    this.#closed = true;
  }
}
