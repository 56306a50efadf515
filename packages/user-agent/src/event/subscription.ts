import {
  type Dialog,
  dialogId,
  dialogOfRequest,
  dialogOfResponse,
  Event,
  Expires,
  type Flow,
  From,
  type HeaderLines,
  isSecure,
  Malformed,
  RetryAfter,
  type SipRequest,
  type SipResponse,
  SubscriptionState,
  tagOf,
} from '@ringdown/sip';
import { Alarm } from '../alarm.ts';
import { type Cause, causeOf, causeOfRefusal, causes } from '../cause.ts';
import type { Core, DialogUser } from '../core.ts';
import { sendOutside } from '../sending/outside.ts';
import type { SendFailure, Sending, SendingUser } from '../sending/sending.ts';
import { sendWithin } from '../sending/within.ts';
import { AskedTime, backOffMs, isForGood, refreshAfterMs } from '../soft-state.ts';
import { PIDF_TYPE, readPresence } from './presence.ts';
import {
  type SubscriptionAction,
  type SubscriptionPhase,
  type SubscriptionStimulus,
  subscriptionPhases,
} from './subscription-table.ts';
import type { Watch } from './watch.ts';

const PACKAGE = 'presence';
const ASKED_SECONDS = 3_600;
/** Why a notifier ends a subscription that nobody should make anew (RFC 6665 §4.1.3). */
const REJECTIONS: ReadonlySet<string> = new Set(['rejected', 'noresource', 'invariant']);

/** How long a subscription that is left waits for its last NOTIFY (RFC 6665 §4.1.2.3: Timer N). */
const TIMER_N_TIMES_T1 = 64;

/** Who is there: a subscription to one user's presence (RFC 6665, RFC 3856), kept for as long as it is wanted. */
export class Subscription implements Watch, DialogUser, SendingUser {
  readonly target: string;
  readonly #core: Core;
  readonly #alarm: Alarm;
  #phase: SubscriptionPhase = 'subscribing';
  #sequence = { last: 0 };
  #callId = '';
  #fromTag = '';
  #dialog: Dialog | undefined;
  #flow: Flow | undefined;
  #sending: Sending | undefined;
  readonly #asked = new AskedTime(ASKED_SECONDS);
  #failures = 0;
  #cause: Cause = causes.unwatched;

  constructor(core: Core, target: string) {
    this.#core = core;
    core.parts.add(this);
    this.target = target;
    this.#alarm = new Alarm(core.ports.timers, () => this.#alarmed());
    this.#begin();
  }

  get phase(): SubscriptionPhase {
    return this.#phase;
  }

  close(): void {
    this.#forget();
  }

  /** NOTIFYs go the way that the last SUBSCRIBE came, and what failed for want of a way may go now. */
  registeredAnew(): void {
    const isToldToWait = this.#phase === 'waiting' && this.#cause.retryAfterMs !== undefined;
    if (!isToldToWait) this.#step(this.#phase === 'waiting' ? 'retry due' : 'refresh due');
  }

  stop(): void {
    this.#cause = causes.unwatched;
    this.#step('stop');
  }

  answered(response: SipResponse, sending: Sending): void {
    if (sending !== this.#sending) return;
    const { status } = response;
    if (status < 300) {
      this.#accept(response, sending);
      return;
    }
    if (this.#phase !== 'leaving' && this.#asked.raise(response)) {
      this.#act(this.#dialog === undefined ? 'begin' : 'refresh');
      return;
    }
    this.#asked.settled();
    this.#cause = causeOfRefusal(response, response.get(RetryAfter));
    this.#step(status === 481 ? 'gone' : isForGood(status) ? 'refused' : 'failed');
  }

  failed(failure: SendFailure, _why: string, sending: Sending): void {
    if (sending !== this.#sending) return;
    this.#cause = failure === 'silence' ? causes.silence : causes.noNetwork;
    this.#step('failed');
  }

  requestReceived(request: SipRequest, flow: Flow): void {
    const core = this.#core;
    const state = request.get(SubscriptionState);
    if (request.method !== 'NOTIFY') core.respond(request, flow, 405, { headers: [['Allow', 'NOTIFY']] });
    else if (request.get(Event)?.value !== PACKAGE) core.respond(request, flow, 489);
    else if (state === undefined)
      core.respond(request, flow, 400, { reason: 'Subscription-State is missing' });
    else {
      const status = this.#take(request, flow);
      core.respond(request, flow, status, { headers: status === 200 ? [core.contact(flow)] : [] });
      if (status !== 200) return;
      this.#tell(request);
      const reason = state.parameters.get('reason')?.toLowerCase() ?? '';
      if (state.value.toLowerCase() === 'terminated') this.#over(reason, state.parameters.get('retry-after'));
      else this.#keep(Number(state.parameters.get('expires') ?? Number.NaN));
    }
  }

  ackReceived(): void {}

  #step(stimulus: SubscriptionStimulus): void {
    const [next, ...actions] = subscriptionPhases[this.#phase][stimulus] ?? [];
    if (next === undefined) return;
    this.#phase = next;
    for (const action of actions) this.#act(action);
  }

  #act(action: SubscriptionAction): void {
    switch (action) {
      case 'begin':
        this.#begin();
        break;
      case 'refresh':
        this.#send(this.#asked.seconds);
        break;
      case 'leave':
        if (this.#dialog === undefined) this.#step('gone');
        else {
          this.#send(0);
          this.#alarm.set(TIMER_N_TIMES_T1 * this.#core.options.times.t1Ms);
        }
        break;
      case 'back off':
        this.#forget();
        this.#alarm.set(
          Math.max(this.#cause.retryAfterMs ?? 0, backOffMs(this.#failures, this.#core.ports.random)),
        );
        this.#failures++;
        break;
      case 'end':
        this.#forget();
        this.#core.parts.delete(this);
        this.#core.deliver({ kind: 'watch ended', watch: this, cause: this.#cause });
        break;
    }
  }

  #alarmed(): void {
    if (this.#phase === 'leaving') this.#step('failed');
    else this.#step(this.#phase === 'waiting' ? 'retry due' : 'refresh due');
  }

  #begin(): void {
    const core = this.#core;
    this.#forget();
    this.#callId = core.token();
    this.#fromTag = core.token();
    this.#sequence = { last: 0 };
    // The first NOTIFY may overtake the answer: it makes the dialog then (RFC 6665 §4.1.2.4).
    core.dialogs.set(this.#beforeDialog, this);
    this.#sending = sendOutside(
      core,
      {
        method: 'SUBSCRIBE',
        uri: this.target,
        callId: this.#callId,
        fromTag: this.#fromTag,
        sequence: this.#sequence,
        withContact: true,
        headers: this.#headers(this.#asked.seconds),
      },
      this,
    );
  }

  #send(seconds: number): void {
    if (this.#dialog === undefined || this.#flow === undefined) return;
    const headers = this.#headers(seconds);
    this.#sending = sendWithin(
      this.#core,
      this.#dialog,
      { method: 'SUBSCRIBE', headers, flow: this.#flow },
      this,
    );
  }

  #headers(seconds: number): HeaderLines {
    return [
      ['Event', PACKAGE],
      ['Expires', String(seconds)],
      ['Accept', PIDF_TYPE],
    ];
  }

  get #beforeDialog(): string {
    return dialogId(this.#callId, this.#fromTag, '');
  }

  #accept(response: SipResponse, sending: Sending): void {
    if (this.#dialog === undefined) {
      const dialog = dialogOfResponse(sending.request, response, sending.isSecure);
      if (!(dialog instanceof Malformed)) this.#adopt(dialog, sending.flow);
    } else this.#dialog.refresh(response);
    if (this.#phase === 'refreshing') this.#failures = 0;
    this.#asked.settled();
    this.#keep(response.get(Expires) ?? this.#asked.seconds);
  }

  #keep(seconds: number): void {
    if (this.#phase === 'leaving') return;
    if (seconds > 0) this.#alarm.set(refreshAfterMs(seconds));
    this.#step('accepted');
  }

  /** @returns the status to answer the NOTIFY with */
  #take(request: SipRequest, flow: Flow): number {
    if (this.#dialog !== undefined) {
      // One notifier is enough: another fork's subscription is refused (RFC 6665 §4.1.2.4).
      const isOurs = tagOf(request.get(From)) === this.#dialog.remoteTag;
      if (!isOurs) return 481;
      if (!this.#dialog.receive(request)) return 500;
      this.#dialog.refresh(request);
      return 200;
    }
    const dialog = dialogOfRequest(request, {
      localTag: this.#fromTag,
      localSequence: this.#sequence.last,
      state: 'confirmed',
      overTls: isSecure(flow.transport),
    });
    if (dialog instanceof Malformed) return 400;
    this.#adopt(dialog, flow);
    return 200;
  }

  #adopt(dialog: Dialog, flow: Flow): void {
    this.#dialog = dialog;
    this.#flow = flow;
    this.#core.dialogs.set(dialog.id, this);
  }

  #tell(request: SipRequest): void {
    if (request.body.length === 0) return;
    const presence = readPresence(this.#core.ports.text.utf8(request.body));
    this.#core.deliver({ kind: 'presence', watch: this, ...presence });
  }

  #over(reason: string, retryAfter: string | undefined): void {
    const isFinal = REJECTIONS.has(reason);
    if (isFinal) this.#cause = causeOf(reason === 'rejected' ? 403 : 404);
    else if (this.#phase !== 'leaving')
      this.#cause = causeOf(480, Number.parseInt(retryAfter ?? '0', 10) || 0);
    this.#step(isFinal ? 'rejected' : 'over');
  }

  #forget(): void {
    this.#alarm.stop();
    this.#core.dialogs.delete(this.#beforeDialog);
    if (this.#dialog !== undefined) this.#core.dialogs.delete(this.#dialog.id);
    this.#dialog?.terminate();
    this.#dialog = undefined;
    this.#sending = undefined;
  }
}
