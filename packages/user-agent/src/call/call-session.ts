import {
  type Dialog,
  endsDialog,
  type Flow,
  type HeaderLines,
  type SipMessage,
  type SipRequest,
  type SipResponse,
} from '@ringdown/sip';
import { type Cause, causes } from '../cause.ts';
import { ABILITIES, type Core, type DialogUser, TRICKLE } from '../core.ts';
import type { MediaSession } from '../media/media-session.ts';
import type { SendingUser } from '../sending/sending.ts';
import { sendWithin, type WithinParts } from '../sending/within.ts';
import type { CallStimulus } from './call-table.ts';
import { digitBody, digitOf } from './dtmf.ts';
import { PeerAbilities } from './peer-abilities.ts';
import { PeerOffers } from './peer-offers.ts';
import { toldBy } from './reason-header.ts';
import { SessionChange } from './session-change.ts';
import { type SessionExpires, SessionTimer } from './session-timer.ts';
import { Transfer } from './transfer.ts';
import { Trickle } from './trickle.ts';
import type { OfferTurn, SessionOwner, WithinCall } from './within-call.ts';

export interface SessionParts {
  readonly dialog: Dialog;
  readonly flow: Flow;
  /** Its media; undefined as long as the engine has nothing to do with this dialog. */
  readonly media: MediaSession | undefined;
  /** Whether the Call-ID is ours: who waits longer after a 491 (RFC 3261 §14.1). */
  readonly ownsCallId: boolean;
  /** The message of the peer's that made the dialog. */
  readonly madeBy: SipMessage;
  readonly turn: OfferTurn;
}

/** One dialog of a call and its media, early at first: what both sides say within it. */
export class CallSession implements DialogUser, WithinCall {
  readonly dialog: Dialog;
  readonly ownsCallId: boolean;
  readonly core: Core;
  readonly call: SessionOwner;
  readonly change: SessionChange;
  readonly offers: PeerOffers;
  readonly transfer: Transfer;
  readonly trickle: Trickle;
  readonly timer: SessionTimer;
  readonly peer = new PeerAbilities();
  media: MediaSession | undefined;
  turn: OfferTurn;
  #flow: Flow;
  #isConfirmed = false;
  #isOpen = true;
  #isSure: boolean;
  #isHeldByPeer = false;
  #digits = '';
  #isSendingDigit = false;

  constructor(core: Core, call: SessionOwner, parts: SessionParts) {
    this.core = core;
    this.call = call;
    this.dialog = parts.dialog;
    this.media = parts.media;
    this.turn = parts.turn;
    this.ownsCallId = parts.ownsCallId;
    this.#flow = parts.flow;
    // Of a caller's dialogs the callee knows already; of a callee's the caller may never have heard.
    this.#isSure = parts.ownsCallId;
    this.peer.learn(parts.madeBy);
    this.change = new SessionChange(this);
    this.offers = new PeerOffers(this);
    this.transfer = new Transfer(this);
    this.trickle = new Trickle(this);
    this.timer = new SessionTimer(
      core.ports.timers,
      core.options.minSessionSeconds,
      () => this.change.refresh(),
      () => this.ended('expired', causes.expired),
    );
    core.dialogs.set(this.dialog.id, this);
  }

  get isConfirmed(): boolean {
    return this.#isConfirmed;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get isSure(): boolean {
    return this.#isSure;
  }

  get isUnacknowledged(): boolean {
    return this.offers.isUnacknowledged;
  }

  get isHeld(): boolean {
    return this.change.isHeld;
  }

  get isHeldByPeer(): boolean {
    return this.#isHeldByPeer;
  }

  get flow(): Flow {
    return this.#flow;
  }

  peerHolds(holds: boolean): void {
    if (holds === this.#isHeldByPeer) return;
    this.#isHeldByPeer = holds;
    if (this.call.state === 'established')
      this.core.deliver({ kind: holds ? 'call held' : 'call resumed', call: this.call, by: 'peer' });
  }

  /** The first offer has its answer, and both sides know it: more may be offered. */
  settle(): void {
    this.turn = 'nobody';
    this.proceed();
  }

  /** The peer is known to have the dialog. */
  assure(): void {
    this.#isSure = true;
    this.trickle.proceed();
  }

  /** The call is answered, and both sides know it. */
  confirm(expires: SessionExpires | undefined, weRefresh: boolean): void {
    this.#isConfirmed = true;
    this.#isSure = true;
    this.timer.agreed(expires?.seconds, weRefresh);
    this.proceed();
  }

  /** Does what had to wait. */
  proceed(): void {
    this.trickle.hand();
    this.trickle.proceed();
    this.change.proceed();
  }

  ended(stimulus: CallStimulus, cause: Cause): void {
    this.call.end(stimulus, cause);
  }

  send(parts: Omit<WithinParts, 'flow'>, user: SendingUser): void {
    sendWithin(this.core, this.dialog, { ...parts, flow: this.#flow }, user);
  }

  reachedOver(flow: Flow): void {
    this.#flow = flow;
  }

  /** Whether a response to a request of ours means that the peer does not know the call any more (RFC 3261 §12.2.1.2). */
  isGone(response: SipResponse): boolean {
    if (!endsDialog(response.status)) return false;
    this.ended(response.status === 481 ? 'gone' : 'expired', causes.expired);
    return true;
  }

  /** Nothing is said or heard from here on, whether or not the peer answers (RFC 3261 §15.1.1). */
  bye(headers: HeaderLines, done: () => void): void {
    this.#isOpen = false;
    this.offers.close();
    this.media?.close();
    this.send({ method: 'BYE', headers }, { answered: done, failed: done });
  }

  /** Its media and its timers are let go; the dialog may still have to be hung up. */
  release(): void {
    this.#isOpen = false;
    this.timer.stop();
    this.change.close();
    this.offers.close();
    this.transfer.close();
    this.media?.close();
    this.core.dialogs.delete(this.dialog.id);
  }

  close(): void {
    this.release();
    this.dialog.terminate();
  }

  sendDigits(digits: string): void {
    this.#digits += digits;
    if (!this.#isSendingDigit) this.#sendDigit();
  }

  requestReceived(request: SipRequest, flow: Flow): void {
    const { core, dialog } = this;
    if (!dialog.receive(request)) {
      core.respond(request, flow, 500, { headers: [['Retry-After', '1']] });
      return;
    }
    this.#flow = flow;
    this.assure();
    switch (request.method) {
      case 'BYE':
        this.#byeReceived(request, flow);
        break;
      case 'INVITE':
      case 'UPDATE':
        this.offers.offered(request, flow);
        break;
      case 'INFO':
        this.#infoReceived(request, flow);
        break;
      case 'REFER':
        if (this.#isConfirmed) this.transfer.asked(request, flow);
        else core.respond(request, flow, 403);
        break;
      case 'NOTIFY':
        this.transfer.notified(request, flow);
        break;
      case 'OPTIONS':
        core.respond(request, flow, 200, { headers: ABILITIES });
        break;
      case 'PRACK':
        this.call.prackReceived(request, flow);
        break;
      default:
        core.respond(request, flow, 405, { headers: ABILITIES });
    }
  }

  ackReceived(ack: SipRequest): void {
    if (this.#isConfirmed) this.offers.acknowledged(ack);
    else this.call.acknowledged(ack);
  }

  /** We are reached elsewhere: the way of before leads nowhere. */
  moved(isElsewhere: boolean): void {
    this.#flow = this.core.flow ?? this.#flow;
    if (isElsewhere && this.media?.isUnderWay === true) this.change.restart('our address changed');
    else if (this.#isConfirmed) this.change.renew();
  }

  #byeReceived(request: SipRequest, flow: Flow): void {
    // RFC 3261 §15: a callee who has not answered yet refuses instead.
    const isMeant = this.#isConfirmed || !this.ownsCallId;
    this.core.respond(request, flow, isMeant ? 200 : 403);
    if (!isMeant) return;
    const isRinging = this.call.state === 'ringing' || this.call.state === 'answering';
    this.ended(
      'BYE',
      toldBy(request, isRinging ? causes.callerGaveUp : causes.peerHungUp, this.core.ports.text),
    );
  }

  #sendDigit(): void {
    const digit = this.#digits[0];
    this.#digits = this.#digits.slice(1);
    this.#isSendingDigit = digit !== undefined;
    if (digit === undefined || !this.#isOpen) return;
    const done = (): void => this.#sendDigit();
    this.send(
      {
        method: 'INFO',
        headers: [['Content-Type', 'application/dtmf-relay']],
        body: this.core.ports.text.utf8Bytes(digitBody(digit)),
      },
      { answered: (response) => this.isGone(response) || done(), failed: done },
    );
  }

  #infoReceived(request: SipRequest, flow: Flow): void {
    const { core } = this;
    const named = request.text('Info-Package')?.split(';')[0]?.trim();
    if (named === TRICKLE) this.trickle.received(request, flow);
    else if (named !== undefined) core.respond(request, flow, 469, { headers: [['Recv-Info', TRICKLE]] });
    else {
      const digit = digitOf(request, core.ports.text);
      const isOther = digit === undefined && request.body.length > 0;
      core.respond(request, flow, isOther ? 415 : 200, {
        headers: isOther ? [['Accept', 'application/dtmf-relay, application/dtmf']] : [],
      });
      if (digit !== undefined && this.#isConfirmed) core.deliver({ kind: 'digit', call: this.call, digit });
    }
  }
}
