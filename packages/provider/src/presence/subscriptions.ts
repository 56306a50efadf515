import type { Instant, Random, Text, Timers, TimerTarget } from '@ringdown/sans-io';
import {
  Accept,
  contactScheme,
  Dialog,
  dialogIdOf,
  dialogOfRequest,
  Event,
  type Flow,
  flowKey,
  formatHost,
  isSecure,
  isSipUri,
  isToken,
  Malformed,
  type SipRequest,
  type SipUri,
  To,
  tagOf,
} from '@ringdown/sip';
import { type Authenticated, refuse, type Verdict } from '../incoming.ts';
import type { PresenceState } from './composition.ts';
import { grantedSeconds, type PresenceExpiry } from './expiry.ts';
import { PIDF_TYPE } from './publications.ts';
import {
  type EndReason,
  Subscription,
  type SubscriptionOwner,
  type SubscriptionWay,
} from './subscription.ts';
import { SubscriptionTable } from './subscription-table.ts';

export interface SubscriptionLimits extends PresenceExpiry {
  /** In all, ended ones whose last NOTIFY is not answered included; one more gets 503. */
  readonly maxSubscriptions: number;
  /** Of one watcher; one more gets 403. */
  readonly maxSubscriptionsPerUser: number;
  /** Changes reach a watcher at most once in this time (RFC 3856 §6.10: 5 s) … */
  readonly notifyIntervalMs: number;
  /** … but so many may come at once after a quiet time. */
  readonly notifyBurst: number;
}

/**
 * Sends a request of ours in a client transaction over a flow, its Via added.
 *
 * @param flow the key of the flow; where it is gone, the request has failed
 * @param done called once: with the final status, or where none came (timeout, transport error)
 */
export type SendRequest = (
  request: SipRequest,
  flow: string,
  done: (outcome: number | 'failed') => void,
) => void;

export interface SubscriptionPorts {
  readonly timers: Timers;
  readonly random: Random;
  readonly text: Text;
  readonly request: SendRequest;
}

/** How many NOTIFYs leave in one turn: a user whom thousands watch must not stop the rest. */
const NOTIFIES_PER_TURN = 100;
const TURN_MS = 10;
const LOCAL_TAG_LENGTH = 12;
const RETRY_AFTER_SECONDS = '60';

/** Answers to NOTIFY that end the subscription (RFC 6665 §4.2.2), and 408, which says that nobody was there. */
const ENDING: ReadonlySet<number> = new Set([
  404, 405, 408, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604,
]);

/** The notifier of RFC 6665 §4.2 for the package presence (RFC 3856). */
export class Subscriptions implements SubscriptionOwner, TimerTarget {
  readonly timers: Timers;
  readonly text: Text;
  private readonly table = new SubscriptionTable();
  private readonly limits: SubscriptionLimits;
  private readonly ports: SubscriptionPorts;
  private readonly stateNow: (presentity: string) => PresenceState;
  /** Whose NOTIFY goes out in the next turn, in that order. */
  private readonly due = new Set<Subscription>();
  private isTurnSet = false;
  private count = 0;

  /** @param stateNow what is known of a presentity at the moment */
  constructor(
    limits: SubscriptionLimits,
    ports: SubscriptionPorts,
    stateNow: (presentity: string) => PresenceState,
  ) {
    this.limits = limits;
    this.ports = ports;
    this.timers = ports.timers;
    this.text = ports.text;
    this.stateNow = stateNow;
  }

  /** How many there are, ended ones whose last NOTIFY is not answered included. */
  get size(): number {
    return this.count;
  }

  /** The subscription whose dialog a SUBSCRIBE is in. */
  find(request: SipRequest): Subscription | undefined {
    if (tagOf(request.get(To)) === undefined) return undefined;
    const id = dialogIdOf(request);
    return id === undefined ? undefined : this.table.ofDialog(id);
  }

  /** A SUBSCRIBE that begins a subscription to a user of ours; with Expires 0 it asks once (§4.4.3). */
  begin(incoming: Authenticated, watcher: string, presentity: string): Verdict {
    const { request, flow, now, target } = incoming;
    const seconds = this.examine(request);
    if (typeof seconds !== 'number') return seconds;
    const own = this.table.ofWatcher(watcher).size;
    if (own >= this.limits.maxSubscriptionsPerUser)
      return refuse(403, `${watcher} has ${own} subscriptions, which is the limit`);
    if (this.count >= this.limits.maxSubscriptions)
      return refuse(503, `${this.count} subscriptions are kept, which is the limit`, [
        ['Retry-After', RETRY_AFTER_SECONDS],
      ]);
    const dialog = dialogOfRequest(request, {
      localTag: this.ports.random.token(LOCAL_TAG_LENGTH),
      state: 'confirmed',
      overTls: isSecure(flow.transport),
    });
    if (!(dialog instanceof Dialog)) return refuse(400, dialog.why);
    const eventId = request.get(Event)?.parameters.get('id');
    const to = request.get(To)?.uri ?? target;
    const parts = {
      dialog,
      watcher,
      presentity,
      uri: this.copy(addressOf(isSipUri(to) && to.user !== undefined ? to : target)),
      eventId: eventId === undefined ? undefined : this.copy(eventId),
    };
    const subscription = new Subscription(this, parts, wayOf(request, flow));
    this.table.add(subscription, this.stateNow(presentity));
    this.count++;
    return this.accept(subscription, seconds, now);
  }

  /** A SUBSCRIBE within a dialog of ours: refreshes the subscription, or ends it (§4.2.1.3, §4.2.1.4). */
  refresh(subscription: Subscription, incoming: Authenticated, watcher: string): Verdict {
    const { request, flow, now } = incoming;
    const { dialog, eventId } = subscription;
    if (subscription.watcher !== watcher) return refuse(481, `the subscription is not one of ${watcher}`);
    if (request.get(Event)?.parameters.get('id') !== eventId)
      return refuse(403, 'one dialog carries one subscription');
    const seconds = this.examine(request);
    if (typeof seconds !== 'number') return seconds;
    if (!dialog.receive(request)) return refuse(500, 'CSeq is not higher than that of the last SUBSCRIBE');
    const malformed = dialog.refresh(request);
    if (malformed instanceof Malformed) return refuse(400, malformed.why);
    subscription.way = wayOf(request, flow);
    return this.accept(subscription, seconds, now);
  }

  /** What is known of a presentity may be another thing now. */
  changed(presentity: string): void {
    const watchers = this.table.watchersOf(presentity);
    if (watchers.size === 0 || !this.table.setState(presentity, this.stateNow(presentity))) return;
    for (const subscription of watchers) this.want(subscription, 'change');
  }

  /** Ends all subscriptions to a presentity. */
  endWatchersOf(presentity: string, reason: EndReason): void {
    for (const subscription of [...this.table.watchersOf(presentity)]) this.end(subscription, reason);
  }

  /** Ends all subscriptions of a watcher. */
  endThoseOf(watcher: string, reason: EndReason): void {
    for (const subscription of [...this.table.ofWatcher(watcher)]) this.end(subscription, reason);
  }

  expired(subscription: Subscription): void {
    this.end(subscription, 'timeout');
  }

  mayNotify(subscription: Subscription): void {
    this.enqueue(subscription);
  }

  timerFired(_name: string, now: Instant): void {
    this.isTurnSet = false;
    let left = NOTIFIES_PER_TURN;
    for (const subscription of this.due) {
      if (left-- === 0) break;
      this.due.delete(subscription);
      this.takeTurn(subscription, now);
    }
    if (this.due.size > 0) this.setTurn(TURN_MS);
  }

  /** What is wrong with a SUBSCRIBE, or the seconds that it gets. */
  private examine(request: SipRequest): number | Verdict {
    const accepted = request.all(Accept);
    if (accepted instanceof Malformed) return refuse(400, accepted.why);
    const isPidfTaken =
      request.count(Accept.header) === 0 || accepted.some(({ value }) => TAKES_PIDF.test(value));
    if (!isPidfTaken) return refuse(406, `presence comes as ${PIDF_TYPE} only`, [['Accept', PIDF_TYPE]]);
    const event = request.get(Event);
    const eventId = event?.parameters.get('id');
    if (eventId !== undefined && !isToken(eventId)) return refuse(400, 'the id of Event is no token');
    return grantedSeconds(request, this.limits);
  }

  /** The NOTIFY that must follow leaves in the next turn, behind this answer. */
  private accept(subscription: Subscription, seconds: number, now: Instant): Verdict {
    if (seconds === 0) this.end(subscription, 'timeout');
    else {
      this.changed(subscription.presentity);
      subscription.keep(seconds * 1000, now);
      this.want(subscription, 'at once');
    }
    return {
      kind: 'respond',
      status: 200,
      dialogTag: subscription.dialog.localTag,
      headers: [
        ['Expires', String(seconds)],
        ['Contact', subscription.way.contact],
      ],
    };
  }

  private end(subscription: Subscription, reason: EndReason): void {
    subscription.ended = reason;
    subscription.stop();
    // Whose account or password is gone is told nothing more; a presentity that is gone has no state.
    subscription.last = reason === 'timeout' ? this.stateNow(subscription.presentity) : undefined;
    this.table.remove(subscription);
    this.want(subscription, 'at once');
  }

  private want(subscription: Subscription, urgency: 'change' | 'at once'): void {
    if (subscription.urgency !== 'at once') subscription.urgency = urgency;
    if (!subscription.outstanding) this.enqueue(subscription);
  }

  private enqueue(subscription: Subscription): void {
    this.due.add(subscription);
    this.setTurn(0);
  }

  private setTurn(delayMs: number): void {
    if (this.isTurnSet) return;
    this.isTurnSet = true;
    this.timers.start(this, 'notify', delayMs);
  }

  private takeTurn(subscription: Subscription, now: Instant): void {
    const { urgency, ended, outstanding } = subscription;
    if (urgency === 'none' || outstanding) return;
    const state = ended === undefined ? this.table.stateOf(subscription.presentity) : subscription.last;
    const { notifyIntervalMs, notifyBurst } = this.limits;
    if (urgency === 'change') {
      const waitMs = subscription.waitMs(now, notifyIntervalMs, notifyBurst);
      if (waitMs > 0) {
        subscription.wait(waitMs);
        return;
      }
      if (state === subscription.told) {
        subscription.urgency = 'none';
        return;
      }
    }
    const request = subscription.notify(state, now, notifyIntervalMs);
    this.ports.request(request, subscription.way.flow, (outcome) =>
      this.answered(subscription, outcome, ended !== undefined),
    );
  }

  /** A NOTIFY has its answer, or never will. */
  private answered(subscription: Subscription, outcome: number | 'failed', wasLast: boolean): void {
    subscription.outstanding = false;
    const isOver = wasLast || outcome === 'failed' || ENDING.has(outcome);
    if (!isOver) {
      if (subscription.urgency !== 'none') this.enqueue(subscription);
      return;
    }
    if (subscription.ended === undefined) {
      subscription.stop();
      this.table.remove(subscription);
    }
    subscription.dialog.terminate();
    subscription.urgency = 'none';
    this.due.delete(subscription);
    this.count--;
  }

  /** A text that does not keep the message alive which it was cut out of. */
  private copy(text: string): string {
    return this.text.latin1(this.text.latin1Bytes(text));
  }
}

const TAKES_PIDF = /^(application\s*\/\s*(pidf\+xml|\*)|\*\s*\/\s*\*)$/i;

/** The address that a watcher wrote into To, without what tells only how to reach it. */
const addressOf = ({ scheme, user, host, port }: SipUri): string =>
  `${scheme}:${user}@${host}${port === undefined ? '' : `:${port}`}`;

/** NOTIFY goes back the way that SUBSCRIBE came: phones behind NAT are reached over their flow only. */
const wayOf = (request: SipRequest, flow: Flow): SubscriptionWay => {
  const { advertised } = flow;
  const scheme = contactScheme(request);
  const transport = transportOf(flow, scheme);
  return {
    flow: flowKey(flow),
    contact: `<${scheme}:${formatHost(advertised.address)}:${advertised.port}${transport}>`,
  };
};

/** RFC 7118 §5.2 has `ws` for both; `tls` beside `sips` is deprecated (RFC 3261 §26.2.2). */
const transportOf = ({ transport }: Flow, scheme: 'sip' | 'sips'): string => {
  if (transport === 'wss') return ';transport=ws';
  return transport === 'tls' && scheme === 'sips' ? '' : `;transport=${transport}`;
};
