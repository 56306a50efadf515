import { flowKey, RetryAfter, type SipResponse } from '@ringdown/sip';
import { Alarm } from '../alarm.ts';
import { type Cause, causeOf, causes } from '../cause.ts';
import { ABILITIES } from '../core.ts';
import type { MediaWishes } from '../media/wishes.ts';
import type { SendFailure, Sending, SendingUser } from '../sending/sending.ts';
import { Acknowledgement } from '../sending/within.ts';
import { isReliably, ReliableReceipts } from './reliable-receipts.ts';
import { sdpOf, sdpType } from './sdp-body.ts';
import { minSeconds, sessionExpiresOf } from './session-timer.ts';
import type { WithinCall } from './within-call.ts';

/** How often a peer that has no time for a change is asked again. */
const MAX_POSTPONED = 8;

/** What an offer of ours is made for. */
interface Offered {
  readonly hold: boolean;
  readonly refresh: boolean;
  /** Why the way has to be found anew. */
  readonly restart: string | undefined;
  /** What the call is made for from then on. */
  readonly wishes: MediaWishes | undefined;
}

const NOTHING: Offered = { hold: false, refresh: false, restart: undefined, wishes: undefined };

/** How far an offer of ours has come. */
interface Progress {
  /** The peer's answer is there, in a provisional response or in the 2xx. */
  isAnswered: boolean;
  /** The media engine has said what it makes of it. */
  isTaken: boolean;
  isAccepted: boolean;
}

/**
 * Changes of a session that we want: by re-INVITE (RFC 3261 §14), or before the call is answered by UPDATE (RFC 3311). They wait
 * for one another, and give way to the peer's.
 */
export class SessionChange implements SendingUser {
  readonly #session: WithinCall;
  readonly #later: Alarm;
  #wantsHold = false;
  #isHeld = false;
  #wantsRefresh = false;
  #wantsRestart: string | undefined;
  #wantsWishes: MediaWishes | undefined;
  #offered: Offered = NOTHING;
  #postponed = 0;
  #seconds: number;
  #receipts = new ReliableReceipts();
  #progress: Progress = { isAnswered: false, isTaken: false, isAccepted: false };
  /** The ACK of each re-INVITE: its 200 may come again while the next is under way. */
  readonly #acks = new WeakMap<Sending, Acknowledgement>();

  constructor(session: WithinCall) {
    this.#session = session;
    this.#seconds = session.core.options.sessionSeconds;
    this.#later = new Alarm(session.core.ports.timers, () => this.proceed());
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  hold(): void {
    this.#wantsHold = true;
    this.proceed();
  }

  resume(): void {
    this.#wantsHold = false;
    this.proceed();
  }

  /** The way is to be found anew; the peer learns our present Contact by the way. */
  restart(why: string): void {
    this.#wantsRestart = why;
    this.proceed();
  }

  /** The call is made for something else from now on: other codecs. */
  adapt(wishes: MediaWishes): void {
    this.#wantsWishes = { ...this.#wantsWishes, ...wishes };
    this.proceed();
  }

  /** Says what holds once more, with our present Contact. */
  renew(): void {
    this.#wantsRefresh = true;
    this.proceed();
  }

  /** The session timer wants a sign of life: an UPDATE where the peer knows it, else a re-INVITE (RFC 4028 §7.4). */
  refresh(): void {
    const { peer } = this.#session;
    if (!peer.allows('UPDATE')) {
      this.renew();
      return;
    }
    this.#session.send(
      { method: 'UPDATE', headers: [...ABILITIES, ...this.#timerHeaders()] },
      {
        answered: (response) => this.#refreshed(response),
        // Who said nothing has gone; where nothing got out, the end of the session decides.
        failed: (failure) => {
          if (failure === 'silence') this.#session.ended('expired', causes.expired);
        },
      },
    );
  }

  close(): void {
    this.#later.stop();
  }

  /** Does what is wanted, as soon as it may be done. */
  proceed(): void {
    const session = this.#session;
    const wanted = {
      hold: this.#wantsHold,
      refresh: this.#wantsRefresh,
      restart: this.#wantsRestart,
      wishes: this.#wantsWishes,
    };
    const { hold, refresh, restart, wishes } = wanted;
    const isDone = hold === this.#isHeld && !refresh && restart === undefined && wishes === undefined;
    const isBusy = session.turn !== 'nobody' || session.isUnacknowledged || this.#later.isSet;
    // Two that know of a move, the device and the media engine, make one offer of it, which is sent when we are there.
    if (session.core.isMoving) return;
    const { media } = session;
    if (isDone || isBusy || media === undefined || !session.isOpen) return;
    // RFC 3311 §5.1: before the call is answered there is only UPDATE.
    if (!session.isConfirmed && !session.peer.allows('UPDATE')) return;
    this.#offered = wanted;
    this.#wantsRefresh = false;
    this.#wantsRestart = undefined;
    this.#wantsWishes = undefined;
    session.turn = 'ours';
    media.offer({ hold, restart: restart !== undefined, wishes }, (answer) => {
      if (answer.kind === 'described') this.#send(answer.description);
      else this.#unsuccessful(causeOf(answer.kind === 'failed' ? answer.status : 500));
    });
  }

  provisional(response: SipResponse, sending: Sending): void {
    if (!isReliably(response) || sending.request.method !== 'INVITE' || !this.#session.isOpen) return;
    const receipt = this.#receipts.receipt(response);
    if (receipt === undefined) return;
    this.#session.send({ method: 'PRACK', headers: [['RAck', receipt]] }, unheard);
    this.#takeOnce(response);
  }

  answered(response: SipResponse, sending: Sending): void {
    const session = this.#session;
    const { status } = response;
    if (status < 300) {
      this.#succeeded(response, sending);
      return;
    }
    if (!session.isOpen || session.isGone(response)) return;
    session.reachedOver(sending.flow);
    if (!this.#progress.isAnswered) session.media?.rollBack();
    const delayMs = this.#postponed < MAX_POSTPONED ? this.#delayOf(response) : undefined;
    if (delayMs === undefined) this.#unsuccessful(causeOf(status, response.get(RetryAfter)));
    else this.#postpone(delayMs);
  }

  /** When the same may be asked for again; undefined where it was refused. */
  #delayOf(response: SipResponse): number | undefined {
    const { status } = response;
    const seconds = response.get(RetryAfter) ?? Number.POSITIVE_INFINITY;
    const minimum = minSeconds(response) ?? 0;
    if (status === 491) return this.#turnMs();
    // RFC 3261 §14.2: the peer is not done with an INVITE of ours, or of its own.
    if (status === 500 && seconds <= 10) return seconds * 1000;
    if (status !== 422 || minimum <= this.#seconds) return undefined;
    this.#seconds = minimum;
    return 0;
  }

  failed(failure: SendFailure, _why: string, sending: Sending): void {
    const session = this.#session;
    if (!session.isOpen) return;
    // Where nothing got out nobody was asked, and the call may outlive that.
    const isSilence = failure === 'silence';
    // RFC 3261 §14.1: who does not answer has gone.
    if (isSilence && !this.#isOutdated(sending)) {
      session.ended('expired', causes.expired);
      return;
    }
    session.media?.rollBack();
    if (isSilence && this.#postponed < MAX_POSTPONED) this.#postpone(0);
    else this.#unsuccessful(causes.noNetwork);
  }

  /** Who was asked from where we are no more may never have heard of it. */
  #isOutdated(sending: Sending): boolean {
    const { core, flow } = this.#session;
    return core.isMoving || flowKey(sending.flow) !== flowKey(flow);
  }

  #send(offer: string): void {
    const session = this.#session;
    if (!session.isOpen) return;
    const { isConfirmed, core } = session;
    this.#receipts = new ReliableReceipts();
    this.#progress = { isAnswered: false, isTaken: false, isAccepted: false };
    session.send(
      {
        method: isConfirmed ? 'INVITE' : 'UPDATE',
        headers: [...ABILITIES, ...(isConfirmed ? this.#timerHeaders() : []), ...sdpType],
        body: core.ports.text.utf8Bytes(offer),
      },
      this,
    );
  }

  #succeeded(response: SipResponse, sending: Sending): void {
    const session = this.#session;
    const isInvite = sending.request.method === 'INVITE';
    if (isInvite && !this.#acknowledges(response, sending)) return;
    // Hung up while it was under way: it is acknowledged, and that is all.
    if (!session.isOpen) return;
    session.reachedOver(sending.flow);
    session.peer.learn(response);
    session.dialog.refresh(response);
    this.#postponed = 0;
    if (isInvite) this.#agreeOnTimer(response);
    this.#progress.isAccepted = true;
    this.#takeOnce(response);
    if (!this.#progress.isAnswered) session.media?.rollBack();
    this.#finish();
  }

  /** @returns false where the 2xx came again */
  #acknowledges(response: SipResponse, sending: Sending): boolean {
    const { core, dialog } = this.#session;
    const known = this.#acks.get(sending);
    if (known === undefined) dialog.refresh(response);
    const ack = known ?? new Acknowledgement(core, dialog, sending.request, sending.flow);
    this.#acks.set(sending, ack);
    ack.send();
    return known === undefined;
  }

  #takeOnce(response: SipResponse): void {
    const session = this.#session;
    const progress = this.#progress;
    const answer = progress.isAnswered ? undefined : sdpOf(response, session.core.ports.text);
    if (answer === undefined) return;
    progress.isAnswered = true;
    session.media?.takeAnswer(answer, (taken) => {
      progress.isTaken = true;
      if (taken.kind === 'failed') session.media?.rollBack();
      else session.peerHolds(taken.peerHolds);
      if (progress === this.#progress) this.#finish();
    });
  }

  /** What we offered holds, as soon as the peer has agreed and the media engine has taken its answer. */
  #finish(): void {
    const { isAccepted, isAnswered, isTaken } = this.#progress;
    const session = this.#session;
    if (session.turn !== 'ours' || !isAccepted || isAnswered !== isTaken) return;
    session.turn = 'nobody';
    const { hold } = this.#offered;
    if (hold !== this.#isHeld) {
      this.#isHeld = hold;
      session.core.deliver({ kind: hold ? 'call held' : 'call resumed', call: session.call, by: 'us' });
    }
    session.proceed();
  }

  /** Nothing came of it: the session stays as it was. */
  #unsuccessful(cause: Cause): void {
    const session = this.#session;
    const { hold, restart, wishes } = this.#offered;
    const { core, call } = session;
    session.turn = 'nobody';
    this.#postponed = 0;
    if (hold !== this.#isHeld) {
      if (this.#wantsHold === hold) this.#wantsHold = this.#isHeld;
      core.deliver({ kind: 'change failed', call, change: hold ? 'hold' : 'resume', cause });
    }
    if (restart !== undefined)
      core.deliver({ kind: 'change failed', call, change: 'renewal', cause, why: restart });
    if (wishes !== undefined) core.deliver({ kind: 'change failed', call, change: 'profile', cause });
    this.proceed();
  }

  #postpone(delayMs: number): void {
    this.#postponed++;
    this.#session.turn = 'nobody';
    this.#wantsRestart ??= this.#offered.restart;
    if (this.#offered.wishes !== undefined)
      this.#wantsWishes = { ...this.#offered.wishes, ...this.#wantsWishes };
    this.#wantsRefresh ||= this.#offered.refresh;
    this.#later.set(delayMs);
  }

  /** RFC 3261 §14.1: the owner of the Call-ID waits 2.1–4 s, the other 0–2 s, so that one of both comes first. */
  #turnMs(): number {
    const { core, ownsCallId } = this.#session;
    const chance = core.ports.random.fraction();
    return 10 * (ownsCallId ? 210 + Math.floor(chance * 191) : Math.floor(chance * 201));
  }

  #timerHeaders(): (readonly [string, string])[] {
    return [
      ['Session-Expires', `${this.#seconds};refresher=uac`],
      ['Min-SE', String(this.#session.core.options.minSessionSeconds)],
    ];
  }

  #refreshed(response: SipResponse): void {
    const session = this.#session;
    if (!session.isOpen || session.isGone(response)) return;
    if (response.status < 300) this.#agreeOnTimer(response);
    else session.timer.agreed(session.core.options.minSessionSeconds, true);
  }

  #agreeOnTimer(response: SipResponse): void {
    const agreed = sessionExpiresOf(response);
    this.#session.timer.agreed(agreed?.seconds, agreed?.refresher !== 'uas');
  }
}

/** Whose answer changes nothing. */
const unheard: SendingUser = { answered: () => undefined, failed: () => undefined };
