import type { Random, Timer, Timers, TimerTarget } from '@ringdown/sans-io';

/** RFC 7675 §5.1: every 5 seconds, give or take a fifth; never sooner than 4. */
const PERIOD_MS = 5_000;
const EXPIRY_MS = 30_000;
/** RFC 8445 §11. */
const KEEPALIVE_MS = 15_000;
/** Requests in a row that have to go unanswered before others pairs are tried. */
const STALE_AFTER = 2;

export interface ConsentUser {
  /** Send a check now; tell `answered` when it is. */
  ask(): void;
  /** Consent is not asked for: keep the NATs' bindings. */
  keepAlive(): void;
  /** It has not answered for a while. */
  stale(): void;
  /** It answers again. */
  fresh(): void;
  /** Nothing may be sent any more. */
  expired(): void;
}

/** Whether the peer goes on agreeing to what one pair sends it (RFC 7675). */
export class Consent implements TimerTarget {
  readonly #timers: Timers;
  readonly #random: Random;
  readonly #required: boolean;
  readonly #user: ConsentUser;
  #period: Timer | undefined = undefined;
  #expiry: Timer | undefined = undefined;
  #unanswered = 0;
  #stale = false;

  constructor(timers: Timers, random: Random, required: boolean, user: ConsentUser) {
    this.#timers = timers;
    this.#random = random;
    this.#required = required;
    this.#user = user;
  }

  get stale(): boolean {
    return this.#stale;
  }

  /** Starts over for a pair that has just answered a check, which is a consent (RFC 7675 §5.1). */
  begin(): void {
    this.stop();
    this.#nextPeriod();
    if (this.#required) this.#expiry = this.#timers.start(this, 'expiry', EXPIRY_MS);
  }

  /** The pair has answered a check, with integrity. */
  answered(): void {
    if (this.#expiry === undefined) return;
    this.#timers.stop(this.#expiry);
    this.#expiry = this.#timers.start(this, 'expiry', EXPIRY_MS);
    this.#unanswered = 0;
    if (!this.#stale) return;
    this.#stale = false;
    this.#user.fresh();
  }

  timerFired(name: string): void {
    if (name === 'expiry') {
      this.stop();
      this.#user.expired();
      return;
    }
    this.#nextPeriod();
    if (!this.#required) {
      this.#user.keepAlive();
      return;
    }
    const hasGoneStale = !this.#stale && this.#unanswered >= STALE_AFTER;
    this.#unanswered++;
    this.#user.ask();
    if (!hasGoneStale) return;
    this.#stale = true;
    this.#user.stale();
  }

  stop(): void {
    for (const timer of [this.#period, this.#expiry]) if (timer !== undefined) this.#timers.stop(timer);
    this.#period = undefined;
    this.#expiry = undefined;
    this.#unanswered = 0;
    this.#stale = false;
  }

  #nextPeriod(): void {
    const delayMs = this.#required ? PERIOD_MS * (0.8 + 0.4 * this.#random.fraction()) : KEEPALIVE_MS;
    this.#period = this.#timers.start(this, 'period', delayMs);
  }
}
