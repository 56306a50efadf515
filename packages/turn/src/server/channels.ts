import type { Instant } from '@ringdown/sans-io';
import type { Channel, Peer } from './permission.ts';

/** RFC 8656 §12. */
const CHANNEL_MS = 600_000;
/** After its end neither its number nor its peer is bound to another for so long (RFC 8656 §12). */
const REBIND_MS = 300_000;

/** The channels of an allocation. */
export class Channels {
  readonly #byNumber = new Map<number, Channel>();

  get size(): number {
    return this.#byNumber.size;
  }

  /** The channel with a number, whether it is over or not: `expiresAt` says. */
  get(number: number): Channel | undefined {
    return this.#byNumber.get(number);
  }

  /** Whether one of the two is bound to another, or was until a while ago. */
  conflicts(number: number, peer: Peer | undefined, now: Instant): boolean {
    const other = this.#byNumber.get(number);
    if (other !== undefined && other.peer !== peer && isKept(other, now)) return true;
    const bound = peer?.channel;
    return bound !== undefined && bound.number !== number && isKept(bound, now);
  }

  /** Binds, or binds again. Only where nothing {@link conflicts}. */
  bind(number: number, peer: Peer, now: Instant): void {
    const expiresAt = (now + CHANNEL_MS) as Instant;
    const same = this.#byNumber.get(number);
    if (same !== undefined && same.peer === peer) {
      same.expiresAt = expiresAt;
      return;
    }
    if (same !== undefined) this.#remove(same);
    if (peer.channel !== undefined) this.#remove(peer.channel);
    peer.channel = { number, peer, expiresAt };
    this.#byNumber.set(number, peer.channel);
  }

  /** Takes out those whose numbers are free again. */
  sweep(now: Instant): void {
    for (const channel of this.#byNumber.values()) if (!isKept(channel, now)) this.#remove(channel);
  }

  #remove(channel: Channel): void {
    this.#byNumber.delete(channel.number);
    channel.peer.channel = undefined;
  }
}

const isKept = (channel: Channel, now: Instant): boolean => now < channel.expiresAt + REBIND_MS;
