import type { Clock, Instant, Random, Timer, Timers, TimerTarget } from '@ringdown/sans-io';
import { reportIntervalMs } from './report-interval.ts';

export interface ReportScheduleOptions {
  readonly rtcpBytesPerSecond: number;
  readonly minimumMs: number;
}

/** Who takes part, as it is at the moment when it is asked. */
export interface Membership {
  readonly members: number;
  readonly senders: number;
  readonly weSent: boolean;
}

/** UDP and IPv4, which count into the average (RFC 3550 §6.3.3). */
const LOWER_HEADERS = 28;
/** How much one packet's size weighs in the average (§6.3.3). */
const WEIGHT = 1 / 16;
const FIRST_AVERAGE_BYTES = 128;

/**
 * When reports go out (RFC 3550 §6.3): a timer, reconsidered when it fires (§6.3.6) and when somebody has left (§6.3.4).
 */
export class ReportSchedule implements TimerTarget {
  readonly #options: ReportScheduleOptions;
  readonly #ports: { readonly clock: Clock; readonly timers: Timers; readonly random: Random };
  readonly #membership: () => Membership;
  readonly #report: () => void;
  #timer: Timer | undefined = undefined;
  #initial = true;
  #lastAt: Instant;
  #nextAt: Instant;
  #pastMembers = 1;
  #averageBytes = FIRST_AVERAGE_BYTES;

  constructor(
    options: ReportScheduleOptions,
    ports: { readonly clock: Clock; readonly timers: Timers; readonly random: Random },
    membership: () => Membership,
    report: () => void,
  ) {
    this.#options = options;
    this.#ports = ports;
    this.#membership = membership;
    this.#report = report;
    this.#lastAt = ports.clock.now();
    this.#nextAt = this.#lastAt;
  }

  start(): void {
    this.#lastAt = this.#ports.clock.now();
    this.#schedule(this.#lastAt + this.#intervalMs());
  }

  stop(): void {
    if (this.#timer !== undefined) this.#ports.timers.stop(this.#timer);
    this.#timer = undefined;
  }

  /** A compound was sent or received. */
  passed(bytes: number): void {
    this.#averageBytes += WEIGHT * (bytes + LOWER_HEADERS - this.#averageBytes);
  }

  /** Members have left: the next report comes sooner, in the measure in which they are fewer (§6.3.4). */
  membersLeft(): void {
    const { members } = this.#membership();
    if (members >= this.#pastMembers || this.#timer === undefined) return;
    const now = this.#ports.clock.now();
    const part = members / this.#pastMembers;
    this.#lastAt = (now - part * (now - this.#lastAt)) as Instant;
    this.#schedule(now + part * (this.#nextAt - now));
  }

  timerFired(_name: string, now: Instant): void {
    const intervalMs = this.#intervalMs();
    const due = this.#lastAt + intervalMs;
    if (due > now) {
      this.#schedule(due);
      return;
    }
    this.#lastAt = now;
    this.#initial = false;
    this.#report();
    // Another draw, so that the interval to come is not the one that was let pass (Appendix A.7).
    this.#schedule(now + this.#intervalMs());
  }

  #intervalMs(): number {
    const { rtcpBytesPerSecond, minimumMs } = this.#options;
    return reportIntervalMs(
      {
        ...this.#membership(),
        rtcpBytesPerSecond,
        minimumMs,
        averageRtcpBytes: this.#averageBytes,
        initial: this.#initial,
      },
      this.#ports.random,
    );
  }

  #schedule(at: number): void {
    this.stop();
    this.#pastMembers = this.#membership().members;
    this.#nextAt = at as Instant;
    this.#timer = this.#ports.timers.start(this, 'report', at - this.#ports.clock.now());
  }
}
