import type { Candidate } from './candidate.ts';

const MOST_SESSIONS = 4;

interface Kept {
  readonly candidates: Candidate[];
  ended: boolean;
}

/** Candidates that have overtaken the parameters of their session (RFC 8838 §4.1.1.2), by its username fragment. */
export class EarlyCandidates {
  readonly #limit: number;
  readonly #kept = new Map<string, Kept>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @returns false where there are too many already */
  keep(ufrag: string, candidate: Candidate): boolean {
    const kept = this.#of(ufrag);
    if (kept.candidates.length >= this.#limit) return false;
    kept.candidates.push(candidate);
    return true;
  }

  end(ufrag: string): void {
    this.#of(ufrag).ended = true;
  }

  /** Those of a session that begins, and those that named none. All others have waited in vain. */
  take(ufrag: string): Kept {
    const named = this.#kept.get(ufrag);
    const unnamed = this.#kept.get('');
    this.#kept.clear();
    return {
      candidates: [...(named?.candidates ?? []), ...(unnamed?.candidates ?? [])],
      ended: (named?.ended ?? false) || (unnamed?.ended ?? false),
    };
  }

  #of(ufrag: string): Kept {
    const known = this.#kept.get(ufrag);
    if (known !== undefined) return known;
    const oldest = this.#kept.keys().next();
    if (this.#kept.size >= MOST_SESSIONS && oldest.done !== true) this.#kept.delete(oldest.value);
    const kept: Kept = { candidates: [], ended: false };
    this.#kept.set(ufrag, kept);
    return kept;
  }
}
