import type { Instant } from '@ringdown/sans-io';
import type { RtpPacket } from '../packet/rtp-packet.ts';
import { sequenceDistance } from '../serial.ts';
import type { SourceStatistics } from './remote-source.ts';
import type { RemoteSources } from './remote-sources.ts';
import { SequenceWindow, WINDOW_PACKETS } from './sequence-window.ts';

/** A stream that has been silent for so long says nothing of what is still under way on it. */
const LATELY_MS = 1_000;

interface Twin {
  /** Of the numbers that all of them share, without wraps. */
  highest: number;
  at: Instant;
}

/** Sources of the peer's that carry the same (RFC 7198): of each packet the first that comes is taken. */
export class MergedStream {
  readonly #window = new SequenceWindow();
  readonly #twins = new Map<number, Twin>();
  #ssrcs: readonly number[] = [];
  #begun = false;
  /** The first and the last number, without wraps. */
  #base = 0;
  #highest = 0;
  #received = 0;
  #octets = 0;

  /** @param ssrcs those that carry the same from now on, the original first; none: each stands for itself */
  use(ssrcs: readonly number[]): void {
    if (ssrcs.length === this.#ssrcs.length && ssrcs.every((one, at) => one === this.#ssrcs[at])) return;
    this.#ssrcs = [...ssrcs];
    this.#begun = false;
    this.#twins.clear();
  }

  includes(ssrc: number): boolean {
    return this.#ssrcs.includes(ssrc);
  }

  /** Whether two sources carry the same: neither replaces the other. */
  areTwins(ssrc: number, other: number | undefined): boolean {
    return other !== undefined && this.includes(ssrc) && this.includes(other);
  }

  /** Whether a packet stands among those that have come: what jumped there has only followed another. */
  hasReached({ ssrc, sequence }: RtpPacket): boolean {
    const ahead = sequenceDistance(sequence, this.#highest & 0xffff);
    return this.#begun && this.includes(ssrc) && Math.abs(ahead) < WINDOW_PACKETS;
  }

  /** Forgets what came; `sequence` is the next that is new. */
  begin(sequence: number): void {
    this.#window.reset(sequence);
    this.#twins.clear();
    this.#begun = true;
    this.#base = sequence;
    this.#highest = sequence;
    this.#received = 0;
    this.#octets = 0;
  }

  /** @returns whether this packet is the first of its number to come */
  accept({ ssrc, sequence, payload }: RtpPacket, now: Instant): boolean {
    if (!this.#begun) this.begin(sequence);
    const isOriginal = ssrc === this.#ssrcs[0];
    const ahead = sequenceDistance(sequence, this.#highest & 0xffff);
    // A copy is later than its original: one far ahead of it is of something else, and must not silence it.
    if (!isOriginal && ahead >= WINDOW_PACKETS && this.#isHeardLately(this.#ssrcs[0], now)) return false;
    if (isOriginal && ahead <= -WINDOW_PACKETS) this.begin(sequence);
    const newness = this.#window.accept(sequence);
    if (newness === 'too old') return false;
    this.#reached(ssrc, sequence, now);
    if (newness === 'duplicate') return false;
    this.#received++;
    this.#octets += payload.length;
    return true;
  }

  /** What has come of the source that is heard: whichever way, where it comes more than once. Undefined before the first. */
  statistics(sources: RemoteSources, now: Instant): SourceStatistics | undefined {
    const { active } = sources;
    const [ssrc] = this.#ssrcs;
    if (!this.#begun || active === undefined || ssrc === undefined || !this.includes(active.ssrc))
      return active?.statistics;
    const known = this.#ssrcs.flatMap((one) => sources.get(one)?.statistics ?? []);
    const expected = this.#highest - this.#base + 1 - this.#underWay(now);
    const cumulativeLost = expected - this.#received;
    return {
      ssrc,
      packets: this.#received,
      octets: this.#octets,
      cumulativeLost,
      lossRatio: expected <= 0 ? 0 : Math.max(0, cumulativeLost / expected),
      jitterMs: known[0]?.jitterMs ?? 0,
      duplicates: known.reduce((sum, { duplicates }) => sum + duplicates, 0),
    };
  }

  #reached(ssrc: number, sequence: number, now: Instant): void {
    const at = this.#highest + sequenceDistance(sequence, this.#highest & 0xffff);
    this.#highest = Math.max(this.#highest, at);
    this.#base = Math.min(this.#base, at);
    const twin = this.#twins.get(ssrc);
    this.#twins.set(ssrc, { highest: Math.max(twin?.highest ?? at, at), at: now });
  }

  #isHeardLately(ssrc: number | undefined, now: Instant): boolean {
    const twin = ssrc === undefined ? undefined : this.#twins.get(ssrc);
    return twin !== undefined && now - twin.at < LATELY_MS;
  }

  /** Packets that have not come, and whose copies are still to be expected: they are no loss yet. */
  #underWay(now: Instant): number {
    const alive = this.#ssrcs.flatMap((one) => {
      const twin = this.#twins.get(one);
      return twin !== undefined && this.#isHeardLately(one, now) ? [twin.highest] : [];
    });
    return alive.length < 2 ? 0 : this.#window.missing(Math.min(...alive) + 1, this.#highest);
  }
}
