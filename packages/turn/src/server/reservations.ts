import type { Random, Timer, Timers, TimerTarget } from '@ringdown/sans-io';
import { byteString } from '@ringdown/stun';
import type { Quota } from './quota.ts';
import type { Relay } from './relay.ts';

/** RFC 8656 §7.2: at least 30 seconds. */
const RESERVATION_MS = 30_000;
const TOKEN_BYTES = 8;

/** A port that is open and belongs to nobody yet. */
interface Reservation {
  readonly relay: Relay;
  readonly user: string;
  readonly source: string;
  readonly timer: Timer;
}

/** The odd ports that were kept for those who asked for a pair. Each counts as an allocation of its user. */
export class Reservations implements TimerTarget {
  readonly #byToken = new Map<string, Reservation>();
  readonly #timers: Timers;
  readonly #random: Random;
  readonly #quota: Quota;

  constructor(timers: Timers, random: Random, quota: Quota) {
    this.#timers = timers;
    this.#random = random;
    this.#quota = quota;
  }

  /** Keeps a relay that was counted already. @returns its token */
  keep(relay: Relay, user: string, source: string): Uint8Array {
    const token = this.#random.bytes(TOKEN_BYTES);
    const key = byteString(token);
    const timer = this.#timers.start(this, key, RESERVATION_MS);
    this.#byToken.set(key, { relay, user, source, timer });
    return token;
  }

  /** Whether a token of this user's is good. */
  has(token: Uint8Array, user: string): boolean {
    return this.#byToken.get(byteString(token))?.user === user;
  }

  /** Hands over what was kept; it is counted no more. Only where it {@link has} it. */
  claim(token: Uint8Array): Relay {
    const key = byteString(token);
    const { relay, timer, user, source } = this.#byToken.get(key)!;
    this.#timers.stop(timer);
    this.#byToken.delete(key);
    this.#quota.release(user, source);
    return relay;
  }

  timerFired(key: string): void {
    this.#discard(key);
  }

  /** Closes those of a user, or all. */
  forget(user?: string): void {
    for (const [key, one] of [...this.#byToken])
      if (user === undefined || one.user === user) this.#discard(key);
  }

  #discard(key: string): void {
    const reservation = this.#byToken.get(key);
    if (reservation === undefined) return;
    this.#timers.stop(reservation.timer);
    this.#byToken.delete(key);
    this.#quota.release(reservation.user, reservation.source);
    reservation.relay.close();
  }
}
