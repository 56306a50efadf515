import type { Instant } from '@ringdown/sans-io';
import { Authorization, ProxyAuthorization } from '@ringdown/sip';
import { type Incoming, refuse, type Verdict } from '../incoming.ts';

export interface OverloadOptions {
  /** Above this utilization the process counts as saturated; from 0 to 1. */
  readonly busy: number;
  /** How long it must have been saturated before anything is refused: a burst waits in the sockets. */
  readonly patienceMs: number;
  /** What is refused is asked to come back after so many seconds. */
  readonly retryAfterSeconds: number;
}

export const overloadDefaults: OverloadOptions = Object.freeze({
  busy: 0.95,
  patienceMs: 1_500,
  retryAfterSeconds: 5,
});

/** How the admitted rate follows the load, each time that it is looked at. */
const DECREASE = 0.97;
const INCREASE = 1.02;
/** Of the best rate that was carried: less is never admitted, for refusing costs, too, and can itself fill the time. */
const FLOOR = 0.65;
const LOWEST_PER_SECOND = 50;

/**
 * Refuses new work while there is more of it than can be done (RFC 3261 §21.5.4): 503 with Retry-After, for as little as
 * an answer costs, so that what was begun is finished. Only the first request of an exchange is refused: one with
 * credentials has had our challenge, and one within a dialog belongs to a call that stands.
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
  private saturatedMs = 0;
  private quietMs = 0;

  constructor(options: Partial<OverloadOptions> = {}) {
    this.options = { ...overloadDefaults, ...options };
  }

  /** Takes note of how busy the process was since the last call; to be called about every 100 ms. */
  observe(utilization: number, now: Instant): void {
    const elapsedMs = this.observedAt === undefined ? 0 : now - this.observedAt;
    const rate = elapsedMs <= 0 ? 0 : (this.admitted * 1000) / elapsedMs;
    const isSaturated = utilization > this.options.busy;
    this.saturatedMs = isSaturated ? this.saturatedMs + elapsedMs : 0;
    this.quietMs = isSaturated || this.refused > 0 ? 0 : this.quietMs + elapsedMs;
    this.observedAt = now;
    this.admitted = 0;
    this.refused = 0;
    if (this.perSecond !== undefined) this.adjust(isSaturated, rate);
    else if (this.saturatedMs > this.options.patienceMs && rate > LOWEST_PER_SECOND) {
      this.perSecond = rate;
      this.best = rate;
    }
  }

  private adjust(isSaturated: boolean, rate: number): void {
    this.best = Math.max(this.best, rate);
    const floor = Math.max(LOWEST_PER_SECOND, this.best * FLOOR);
    const wanted = (this.perSecond ?? rate) * (isSaturated ? DECREASE : INCREASE);
    this.perSecond = this.quietMs > this.options.patienceMs ? undefined : Math.max(floor, wanted);
  }

  /** A step of the pipelines. */
  readonly admit = (incoming: Incoming): Incoming | Verdict => {
    if (isBegun(incoming)) return incoming;
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

const isBegun = ({ request }: Incoming): boolean =>
  request.indexOf(ProxyAuthorization.header) >= 0 || request.indexOf(Authorization.header) >= 0;
