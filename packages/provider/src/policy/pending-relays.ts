import { sourceOf } from './source.ts';

/** How many branches of forked requests may wait for their final answers; each costs about 3 kB. */
export interface PendingLimits {
  readonly all: number;
  /** Of those, how many strangers may have: the rest is for our users. */
  readonly ofStrangers: number;
  /** Of those, how many one source may have (an IPv4 address, an IPv6 /64). */
  readonly ofOneStranger: number;
}

export const pendingDefaults: PendingLimits = Object.freeze({
  all: 200_000,
  ofStrangers: 50_000,
  ofOneStranger: 5_000,
});

/** What a request takes of the limits. */
export interface PendingPlace {
  readonly branches: number;
  /** Undefined for our users. */
  readonly source: string | undefined;
  ended: boolean;
}

/**
 * Counts the branches that wait for an answer, which a phone that is not there gives after half a minute and one that
 * rings after three: so many requests to it could fill the memory. Strangers fill their part only, and one source of them
 * a part of that.
 */
export class PendingRelays {
  private readonly limits: PendingLimits;
  private readonly bySource = new Map<string, number>();
  private ofStrangers = 0;
  private all = 0;

  constructor(limits: Partial<PendingLimits> = {}) {
    this.limits = { ...pendingDefaults, ...limits };
  }

  /**
   * Takes the branches of one request into account, until {@link end} is told of what this returns.
   *
   * @param stranger the address of a sender who has not proved who it is
   * @returns undefined, and counts nothing, where they are too many
   */
  begin(branches: number, stranger: string | undefined): PendingPlace | undefined {
    const { all, ofStrangers, ofOneStranger } = this.limits;
    if (this.all + branches > all) return undefined;
    const source = stranger === undefined ? undefined : sourceOf(stranger);
    if (source !== undefined) {
      const own = (this.bySource.get(source) ?? 0) + branches;
      if (own > ofOneStranger || this.ofStrangers + branches > ofStrangers) return undefined;
      this.bySource.set(source, own);
      this.ofStrangers += branches;
    }
    this.all += branches;
    return { branches, source, ended: false };
  }

  /** The request has its final answer. */
  end(place: PendingPlace): void {
    if (place.ended) return;
    place.ended = true;
    const { branches, source } = place;
    this.all -= branches;
    if (source === undefined) return;
    this.ofStrangers -= branches;
    const left = (this.bySource.get(source) ?? 0) - branches;
    if (left > 0) this.bySource.set(source, left);
    else this.bySource.delete(source);
  }
}
