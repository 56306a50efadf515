import type { CandidateType } from './candidate.ts';

/** What candidates have to share to have one foundation (RFC 8445 §5.1.1.3). */
export interface Origin {
  readonly type: CandidateType;
  /** The IP address of the base. */
  readonly base: string;
  /** The IP address of the server that gave it; empty for host and peer-reflexive ones. */
  readonly server: string;
  readonly transport: string;
}

/** Numbers the origins in the order in which they are met. */
export class Foundations {
  readonly #known = new Map<string, string>();

  of({ type, base, server, transport }: Origin): string {
    const key = `${type} ${base} ${server} ${transport}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const foundation = String(this.#known.size + 1);
    this.#known.set(key, foundation);
    return foundation;
  }
}
