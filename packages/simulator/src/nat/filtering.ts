import type { SocketAddress } from '@ringdown/sans-io';
import { countingPart, type Dependence } from './behaviour.ts';

/** So many remotes are remembered for one mapping; then the one that was written to longest ago is forgotten. */
const MOST_REMOTES = 4096;

/**
 * Who may answer through one mapping (RFC 4787 §5): a remote gets in as long as something was sent to it, or to its
 * address, from this mapping within the lifetime.
 */
export class Filter {
  readonly #dependence: Dependence | 'none';
  readonly #until = new Map<string, number>();

  constructor(dependence: Dependence | 'none') {
    this.#dependence = dependence;
  }

  remember(remote: SocketAddress, until: number): void {
    if (this.#dependence === 'none') return;
    const part = countingPart(this.#dependence, remote);
    this.#until.delete(part);
    this.#until.set(part, until);
    if (this.#until.size > MOST_REMOTES) {
      for (const oldest of this.#until.keys()) {
        this.#until.delete(oldest);
        break;
      }
    }
  }

  letsIn(remote: SocketAddress, now: number): boolean {
    if (this.#dependence === 'none') return true;
    const until = this.#until.get(countingPart(this.#dependence, remote));
    return until !== undefined && until > now;
  }
}
