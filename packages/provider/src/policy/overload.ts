import type { Instant } from '@ringdown/sans-io';
import { Authorization, ProxyAuthorization } from '@ringdown/sip';
import { type Incoming, refuse, type Verdict } from '../incoming.ts';

export interface OverloadOptions {
  /** How long a datagram may wait to be read before there is too much of them. Senders repeat theirs after 500 ms. */
  readonly maxDelayMs: number;
  /** How long that must last before anything is refused: a burst waits in the sockets. */
  readonly patienceMs: number;
  /** What is refused is asked to come back after so many seconds. */
  readonly retryAfterSeconds: number;
  /** Whether a request with credentials answers a challenge of ours; asked under overload only. */
  readonly answersChallenge: (incoming: Incoming) => boolean;
}

export const overloadDefaults: OverloadOptions = Object.freeze({
  maxDelayMs: 200,
  patienceMs: 500,
  retryAfterSeconds: 5,
  answersChallenge: () => true,
});

/** How the admitted rate follows the queue, each time that it is looked at: down while it is long, up while it is short. */
const DECREASE = 0.92;
const INCREASE = 1.06;
/** Of the best rate that was carried: less is never admitted. */
const FLOOR = 0.5;
const LOWEST_PER_SECOND = 50;
/** After so long without a refusal everything is admitted again. */
const QUIET_MS = 2_000;

/**
 * Refuses new work while more of it comes than can be done (RFC 3261 §21.5.4): 503 with Retry-After, for as little as an
 * answer costs, so that what was begun is finished. A process that is merely busy refuses nothing: what counts is how long
 * messages wait. Only the first request of an exchange is refused: one with credentials has had our challenge, and one
 * within a dialog belongs to a call that stands.
 */
export class Overload {
  private readonly options: OverloadOptions;
  /** Undefined while everything is admitted. */
  private perSecond: number | undefined = undefined;
  private best = 0;
  private admitted = 0;
  private refused = 0;
  private credit = 0;
  private creditAt: Instant | undefined = undefined;
  private observedAt: Instant | undefined = undefined;
  private longMs = 0;
  private quietMs = 0;

  constructor(options: Partial<OverloadOptions> = {}) {
    this.options = { ...overloadDefaults, ...options };
  }

  /** Takes note of how long messages wait to be read; to be called about every 100 ms. */
  observe(delayMs: number, now: Instant): void {
    const elapsedMs = this.observedAt === undefined ? 0 : now - this.observedAt;
    const rate = elapsedMs <= 0 ? 0 : (this.admitted * 1000) / elapsedMs;
    const isLong = delayMs > this.options.maxDelayMs;
    this.longMs = isLong ? this.longMs + elapsedMs : 0;
    this.quietMs = isLong || this.refused > 0 ? 0 : this.quietMs + elapsedMs;
    this.observedAt = now;
    this.admitted = 0;
    this.refused = 0;
    if (this.perSecond !== undefined) this.adjust(delayMs, rate);
    else if (this.longMs > this.options.patienceMs && rate > LOWEST_PER_SECOND) {
      this.perSecond = rate;
      this.best = rate;
    }
  }

  private adjust(delayMs: number, rate: number): void {
    this.best = Math.max(this.best, rate);
    const floor = Math.max(LOWEST_PER_SECOND, this.best * FLOOR);
    const change =
      delayMs > this.options.maxDelayMs ? DECREASE : delayMs < this.options.maxDelayMs / 2 ? INCREASE : 1;
    this.perSecond = this.quietMs > QUIET_MS ? undefined : Math.max(floor, (this.perSecond ?? rate) * change);
  }

  /** A step of the pipelines. */
  readonly admit = (incoming: Incoming): Incoming | Verdict => {
    if (hasCredentials(incoming) && (this.perSecond === undefined || this.options.answersChallenge(incoming)))
      return incoming;
    if (this.take(incoming.now)) {
      this.admitted++;
      return incoming;
    }
    this.refused++;
    return refuse(503, 'more is asked of this server than it can do', [
      ['Retry-After', String(this.options.retryAfterSeconds)],
    ]);
  };

  private take(now: Instant): boolean {
    if (this.perSecond === undefined) {
      this.creditAt = now;
      return true;
    }
    const burst = Math.max(1, this.perSecond / 20);
    const elapsedMs = now - (this.creditAt ?? now);
    this.creditAt = now;
    this.credit = Math.min(burst, this.credit + (elapsedMs * this.perSecond) / 1000);
    if (this.credit < 1) return false;
    this.credit--;
    return true;
  }
}

const hasCredentials = ({ request }: Incoming): boolean =>
  request.indexOf(ProxyAuthorization.header) >= 0 || request.indexOf(Authorization.header) >= 0;
