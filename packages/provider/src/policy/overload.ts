import type { Instant } from '@ringdown/sans-io';
import { type HeaderLines, hasCredentials, type SipRequest, To, tagOf } from '@ringdown/sip';
import { type Incoming, refuse, type Verdict } from '../incoming.ts';

export interface OverloadOptions {
  /** How long a datagram may wait to be read before there is too much of them. Senders repeat theirs after 500 ms. */
  readonly enterAboveMs: number;
  /** In how many looks running it must, before anything is refused: a burst, or a stall of the machine, is seen in few. */
  readonly patienceLooks: number;
  /** How long it is to wait while something is refused: never idle, and short enough that no sender repeats himself. */
  readonly holdMs: number;
  /** What is refused is asked to come back after so many seconds. */
  readonly retryAfterSeconds: number;
  /** Whether a request with credentials answers a challenge of ours; asked under overload only. */
  readonly answersChallenge: (incoming: Incoming) => boolean;
}

export const overloadDefaults: OverloadOptions = Object.freeze({
  enterAboveMs: 100,
  patienceLooks: 20,
  holdMs: 30,
  retryAfterSeconds: 5,
  answersChallenge: () => true,
});

/** Why a request was turned away: thousands a second may be, and need no line in the log each. */
export const OVERLOADED = 'more is asked of this server than it can do';

/** A wait that grows says more than one that a stall has left behind: a look at it counts so often. */
const GROWING_WEIGHT = 3;
/** Below this share of {@link OverloadOptions.holdMs} the server may have had nothing to do: what it carried then is no measure of what it can. */
const BUSY_SHARE = 0.5;
/** While that is not known the estimate grows by this much each time, and is else moved this part of the way to what was measured. */
const GROWTH = 1.08;
const PART = 0.2;
/** Above so many times {@link OverloadOptions.holdMs} little is admitted on purpose, and what is read was begun before: that measures little. */
const FAR = 2;
const PART_FAR = 0.03;
/** A wait that grows faster, or shrinks faster, in milliseconds a millisecond, is that of a stall. */
const STEEPEST = 0.5;
/** What is admitted now is waited for again with each of its messages: the rate follows where the wait will be by then. */
const AHEAD_MS = 100;
/** In so long the wait is to be what it should: the rate is the estimate, more or less by the share that this takes. */
const HORIZON_MS = 60;
const GREATEST_SHARE = 1.1;
/** Less is never admitted. */
const LOWEST_PER_SECOND = 50;
/** After so long without a refusal everything is admitted again. */
const QUIET_MS = 2_000;

/** Whether a request begins something, for certain: it answers no challenge and is within no dialog. */
export const isBeginning = (request: SipRequest): boolean =>
  !hasCredentials(request) && tagOf(request.get(To)) === undefined;

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
  /** How many first requests a second can be carried, with all that follows from each. */
  private carried = 0;
  private lastDelayMs = 0;
  /** The last wait that was measured, for how long no other has been, and how fast it grew, in milliseconds a millisecond. */
  private measuredMs = 0;
  private sinceMs = 0;
  private growth = 0;
  /** First requests since then. */
  private admitted = 0;
  private refused = 0;
  private credit = 0;
  private creditAt: Instant | undefined = undefined;
  private observedAt: Instant | undefined = undefined;
  private longLooks = 0;
  private quietMs = 0;
  private readonly retryAfter: HeaderLines;

  constructor(options: Partial<OverloadOptions> = {}) {
    this.options = { ...overloadDefaults, ...options };
    this.retryAfter = [['Retry-After', String(this.options.retryAfterSeconds)]];
  }

  /**
   * Takes note of how long messages wait to be read; to be called about every 20 ms.
   *
   * @param isMeasured false where nothing has told since the last look: a message waits so long already, or as long as before
   */
  observe(delayMs: number, now: Instant, isMeasured = true): void {
    const elapsedMs = this.observedAt === undefined ? 0 : now - this.observedAt;
    const { enterAboveMs, patienceLooks } = this.options;
    const isLong = delayMs > enterAboveMs;
    const weight = delayMs > this.lastDelayMs ? GROWING_WEIGHT : 1;
    this.longLooks = isLong ? this.longLooks + weight : 0;
    this.quietMs = isLong || this.refused > 0 ? 0 : this.quietMs + elapsedMs;
    this.observedAt = now;
    this.lastDelayMs = delayMs;
    this.refused = 0;
    this.sinceMs += elapsedMs;
    if (isMeasured) this.measure(delayMs);
    if (this.perSecond !== undefined)
      this.perSecond = this.quietMs > QUIET_MS ? undefined : this.aim(delayMs);
    else if (this.longLooks >= patienceLooks && this.carried > LOWEST_PER_SECOND)
      this.perSecond = this.aim(delayMs);
  }

  /**
   * What came in a while is known, and by how much the wait grew or shrank tells how much of it was not carried, or what was
   * carried besides: that is the estimate. Following the wait alone, up and down by steps, swings about it, and each swing
   * down is a call not carried, each swing up a queue that makes senders repeat themselves.
   */
  private measure(delayMs: number): void {
    if (this.sinceMs <= 0) return;
    this.growth = (delayMs - this.measuredMs) / this.sinceMs;
    const rate = (this.admitted * 1000) / this.sinceMs / (1 + Math.max(-STEEPEST, this.growth));
    const { holdMs } = this.options;
    if (this.perSecond === undefined) this.carried += PART * (rate - this.carried);
    else if (Math.max(delayMs, this.measuredMs) < holdMs * BUSY_SHARE)
      this.carried *= this.quietMs > 0 ? 1 : GROWTH;
    else if (Math.abs(this.growth) < STEEPEST)
      this.carried += (delayMs > holdMs * FAR ? PART_FAR : PART) * (rate - this.carried);
    this.admitted = 0;
    this.sinceMs = 0;
    this.measuredMs = delayMs;
  }

  /** The rate that brings the wait to where it is held. */
  private aim(delayMs: number): number {
    const aheadMs = delayMs + Math.max(-1, Math.min(1, this.growth)) * AHEAD_MS;
    const share = 1 + (this.options.holdMs - aheadMs) / HORIZON_MS;
    return Math.max(LOWEST_PER_SECOND, this.carried * Math.min(GREATEST_SHARE, share));
  }

  /**
   * Whether a request that {@link isBeginning} is turned away as it comes, before anything else in it is read or judged. One
   * that is not has paid for all that follows from it. The others are left to {@link admit}.
   */
  turnsAway(now: Instant): boolean {
    if (this.perSecond === undefined) return false;
    if (this.take(now)) {
      this.admitted++;
      return false;
    }
    this.refused++;
    return true;
  }

  /** Whether anything is turned away at present. */
  get isStrained(): boolean {
    return this.perSecond !== undefined;
  }

  /** What the answer to a request that is turned away says besides its status. */
  get refusal(): HeaderLines {
    return this.retryAfter;
  }

  /** A step of the pipelines, for what {@link turnsAway} has not been asked about, or has let in. */
  readonly admit = (incoming: Incoming): Incoming | Verdict => {
    const { request } = incoming;
    const isStrained = this.perSecond !== undefined;
    if (isStrained && isBeginning(request)) return incoming;
    if (hasCredentials(request) && (!isStrained || this.options.answersChallenge(incoming))) return incoming;
    if (this.take(incoming.now)) {
      this.admitted++;
      return incoming;
    }
    this.refused++;
    return refuse(503, OVERLOADED, this.retryAfter);
  };

  private take(now: Instant): boolean {
    if (this.perSecond === undefined) {
      this.creditAt = now;
      return true;
    }
    const earned = ((now - (this.creditAt ?? now)) * this.perSecond) / 1000;
    this.credit = Math.min(Math.max(1, this.perSecond / 20), this.credit + earned);
    this.creditAt = now;
    if (this.credit < 1) return false;
    this.credit--;
    return true;
  }
}
