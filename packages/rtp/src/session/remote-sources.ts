import type { Instant } from '@ringdown/sans-io';
import { RemoteSource } from './remote-source.ts';
import type { SourceSequence } from './source-sequence.ts';

/** Those who have been heard, and which of them is heard now. */
export class RemoteSources {
  readonly #most: number;
  readonly #sources = new Map<number, RemoteSource>();
  /** Who only reports, and when it did so last. */
  readonly #listeners = new Map<number, Instant>();
  #active: RemoteSource | undefined = undefined;

  constructor(most: number) {
    this.#most = most;
  }

  get active(): RemoteSource | undefined {
    return this.#active;
  }

  /** All but us (RFC 3550 §6.3). */
  get members(): number {
    return this.#sources.size + this.#listeners.size;
  }

  get senders(): number {
    return this.#sources.size;
  }

  get(ssrc: number): RemoteSource | undefined {
    return this.#active?.ssrc === ssrc ? this.#active : this.#sources.get(ssrc);
  }

  /** A source that has proved itself is the one that is heard. The longest silent one goes where they are too many. */
  add(ssrc: number, sequence: SourceSequence, now: Instant): RemoteSource {
    if (this.#sources.size >= this.#most) {
      let oldest: RemoteSource | undefined;
      for (const source of this.#sources.values())
        if (oldest === undefined || source.heardAt < oldest.heardAt) oldest = source;
      this.#sources.delete(oldest!.ssrc);
    }
    const source = new RemoteSource(ssrc, sequence, now);
    this.#sources.set(ssrc, source);
    this.#listeners.delete(ssrc);
    this.#active = source;
    return source;
  }

  /** Somebody reported who may not send. */
  reported(ssrc: number, now: Instant): void {
    const source = this.get(ssrc);
    if (source !== undefined) source.heardAt = now;
    else if (this.#listeners.has(ssrc) || this.#listeners.size < this.#most) this.#listeners.set(ssrc, now);
  }

  /** @returns whether it was a source */
  remove(ssrc: number): boolean {
    this.#listeners.delete(ssrc);
    if (this.#active?.ssrc === ssrc) this.#active = undefined;
    return this.#sources.delete(ssrc);
  }

  /** Removes who was silent for so long (RFC 3550 §6.3.5). @returns the sources among them */
  removeSilent(forMs: number, now: Instant): readonly number[] {
    for (const [ssrc, at] of this.#listeners) if (now - at >= forMs) this.#listeners.delete(ssrc);
    const silent = [...this.#sources.values()].filter(({ heardAt }) => now - heardAt >= forMs);
    for (const { ssrc } of silent) this.remove(ssrc);
    return silent.map(({ ssrc }) => ssrc);
  }

  /** Those that were heard after `since`, for a report: 31 at most. */
  heardSince(since: Instant): readonly RemoteSource[] {
    return [...this.#sources.values()].filter(({ heardAt }) => heardAt >= since).slice(0, 31);
  }

  [Symbol.iterator](): Iterator<RemoteSource> {
    return this.#sources.values();
  }
}
