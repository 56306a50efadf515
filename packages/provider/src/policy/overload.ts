import type { Instant } from '@ringdown/sans-io';
import { Authorization, ProxyAuthorization } from '@ringdown/sip';
import { type Incoming, refuse, type Verdict } from '../incoming.ts';

export interface OverloadOptions {
  /** Above this utilization new work is refused; from 0 to 1. */
  readonly busy: number;
  /** What is refused is asked to come back after so many seconds. */
  readonly retryAfterSeconds: number;
}

export const overloadDefaults: OverloadOptions = Object.freeze({ busy: 0.93, retryAfterSeconds: 5 });

/** How the rate of new work follows the load: down by a share at once, up slowly. */
const DECREASE = 0.9;
const INCREASE = 1.03;
const LOWEST_PER_SECOND = 10;

/**
 * Refuses new work while there is too much of it (RFC 3261 §21.5.4): 503 with Retry-After, for as little as an answer
 * costs, so that what was begun is finished. Only the first request of an exchange is refused: one with credentials
 * has had our challenge, and one within a dialog belongs to a call that stands.
 */
export class Overload {
  private readonly options: OverloadOptions;
  /** Undefined while everything is admitted. */
  private perSecond: number | undefined = undefined;
  private admitted = 0;
  private credit = 0;
  private creditAt: Instant | undefined = undefined;
  private observedAt: Instant | undefined = undefined;

  constructor(options: Partial<OverloadOptions> = {}) {
    this.options = { ...overloadDefaults, ...options };
  }

  /** Takes note of how busy the process was since the last call. */
  observe(utilization: number, now: Instant): void {
    const elapsedMs = this.observedAt === undefined ? 0 : now - this.observedAt;
    const rate = elapsedMs <= 0 ? 0 : (this.admitted * 1000) / elapsedMs;
    this.observedAt = now;
    this.admitted = 0;
    if (elapsedMs <= 0) return;
    if (utilization > this.options.busy) {
      this.perSecond = Math.max(LOWEST_PER_SECOND, Math.min(this.perSecond ?? rate, rate) * DECREASE);
    } else if (this.perSecond !== undefined) {
      // Well below the limit nobody has to be refused any more.
      this.perSecond = rate < this.perSecond * 0.5 ? undefined : this.perSecond * INCREASE;
    }
  }

  /** A step of the pipelines. */
  readonly admit = (incoming: Incoming): Incoming | Verdict => {
    if (isBegun(incoming)) return incoming;
    if (this.take(incoming.now)) {
      this.admitted++;
      return incoming;
    }
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
