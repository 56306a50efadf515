import {
  after,
  type Instant,
  instant,
  type Text,
  type Timer,
  type Timers,
  type TimerTarget,
} from '@ringdown/sans-io';
import type { Dialog, HeaderLines, SipRequest } from '@ringdown/sip';
import { type PresenceState, presentTo } from './composition.ts';
import { PIDF_TYPE } from './publications.ts';

/** What a watcher is told at the end (RFC 6665 §4.1.3). */
export type EndReason = 'timeout' | 'deactivated' | 'rejected' | 'noresource';

/** How its SUBSCRIBE reached us, and so how NOTIFY reaches the watcher. */
export interface SubscriptionWay {
  /** The key of the flow. */
  readonly flow: string;
  /** Our Contact in this dialog. */
  readonly contact: string;
}

export interface SubscriptionParts {
  readonly dialog: Dialog;
  /** Addresses-of-record of who watches and who is watched. */
  readonly watcher: string;
  readonly presentity: string;
  /** The URI by which the watcher knows the presentity. */
  readonly uri: string;
  /** The parameter `id` of Event. */
  readonly eventId: string | undefined;
}

/** What calls for a NOTIFY: a change can wait for its turn, an answer to SUBSCRIBE and an end cannot. */
export type Urgency = 'none' | 'change' | 'at once';

/** Who is told of a subscription's timers. */
export interface SubscriptionOwner {
  readonly timers: Timers;
  readonly text: Text;
  expired(subscription: Subscription): void;
  mayNotify(subscription: Subscription): void;
}

/** The notifier's side of one subscription (RFC 6665 §4.2): its dialog, its time and which NOTIFY is under way. */
export class Subscription implements TimerTarget {
  readonly dialog: Dialog;
  readonly watcher: string;
  readonly presentity: string;
  readonly uri: string;
  readonly eventId: string | undefined;
  way: SubscriptionWay;
  /** Why it ended; undefined while it lives. */
  ended: EndReason | undefined = undefined;
  urgency: Urgency = 'none';
  /** A NOTIFY was sent and is not answered: the next one waits. */
  outstanding = false;
  /** The state that the watcher was told last. */
  told: PresenceState | undefined = undefined;
  /** What its last NOTIFY says, where it may say anything. */
  last: PresenceState | undefined = undefined;
  private readonly owner: SubscriptionOwner;
  private expiresAt: Instant = instant(0);
  private expiry: Timer | undefined = undefined;
  private pause: Timer | undefined = undefined;
  /** When as many NOTIFYs as were sent are due at the even pace of one in an interval. */
  private paced: Instant = instant(Number.NEGATIVE_INFINITY);

  constructor(owner: SubscriptionOwner, parts: SubscriptionParts, way: SubscriptionWay) {
    this.owner = owner;
    this.dialog = parts.dialog;
    this.watcher = parts.watcher;
    this.presentity = parts.presentity;
    this.uri = parts.uri;
    this.eventId = parts.eventId;
    this.way = way;
  }

  /** Lets it live so long from now. */
  keep(expiresMs: number, now: Instant): void {
    if (this.expiry !== undefined) this.owner.timers.stop(this.expiry);
    this.expiresAt = after(now, expiresMs);
    this.expiry = this.owner.timers.start(this, 'expired', expiresMs);
  }

  /** No timer of it runs any more. */
  stop(): void {
    if (this.expiry !== undefined) this.owner.timers.stop(this.expiry);
    if (this.pause !== undefined) this.owner.timers.stop(this.pause);
  }

  /** How long a change has to wait, in milliseconds, so that no more than `burst` come at once and one per interval. */
  waitMs(now: Instant, intervalMs: number, burst: number): number {
    return Math.max(0, this.paced - (burst - 1) * intervalMs - now);
  }

  /** Wakes its owner once a change has waited long enough. */
  wait(delayMs: number): void {
    if (this.pause?.running === true) return;
    this.pause = this.owner.timers.start(this, 'paused', delayMs);
  }

  timerFired(name: string): void {
    if (name === 'expired') this.owner.expired(this);
    else this.owner.mayNotify(this);
  }

  /**
   * The next NOTIFY (RFC 6665 §4.2.2), without Via; from now on it is outstanding.
   *
   * @param state undefined where the watcher may no longer be told any
   */
  notify(state: PresenceState | undefined, now: Instant, intervalMs: number): SipRequest {
    this.paced = after(instant(Math.max(this.paced, now)), intervalMs);
    this.urgency = 'none';
    this.outstanding = true;
    this.told = state;
    const headers = this.headers(state !== undefined, now);
    if (state === undefined) return this.dialog.request({ method: 'NOTIFY', headers });
    const body = this.owner.text.utf8Bytes(presentTo(state, this.uri));
    return this.dialog.request({ method: 'NOTIFY', headers, body });
  }

  private headers(hasBody: boolean, now: Instant): HeaderLines {
    const { way, eventId, ended } = this;
    const left = Math.max(0, Math.ceil((this.expiresAt - now) / 1000));
    const headers: (readonly [string, string])[] = [
      ['Contact', way.contact],
      ['Event', eventId === undefined ? 'presence' : `presence;id=${eventId}`],
      ['Subscription-State', ended === undefined ? `active;expires=${left}` : `terminated;reason=${ended}`],
    ];
    if (hasBody) headers.push(['Content-Type', PIDF_TYPE]);
    return headers;
  }
}
