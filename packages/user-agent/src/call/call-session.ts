import {
  type Dialog,
  endsDialog,
  type Flow,
  type HeaderLines,
  type SipRequest,
  type SipResponse,
} from '@ringdown/sip';
import { type Cause, causes } from '../cause.ts';
import type { Core, DialogUser } from '../core.ts';
import type { MediaSession } from '../media/media-session.ts';
import type { SendingUser } from '../sending/sending.ts';
import { sendWithin, type WithinParts } from '../sending/within.ts';
import type { CallStimulus } from './call-table.ts';
import { digitBody, digitOf } from './dtmf.ts';
import { toldBy } from './reason-header.ts';
import { SessionChange } from './session-change.ts';
import { type SessionExpires, SessionTimer } from './session-timer.ts';
import { Transfer } from './transfer.ts';
import type { SessionOwner, WithinCall } from './within-call.ts';

export interface SessionParts {
  readonly dialog: Dialog;
  readonly flow: Flow;
  readonly media: MediaSession;
  /** Whether the Call-ID is ours: who waits longer after a 491 (RFC 3261 §14.1). */
  readonly ownsCallId: boolean;
  /** The peer's Allow. */
  readonly peerAllows: string | undefined;
  readonly expires: SessionExpires | undefined;
}

/** A call whose dialog is confirmed: what both sides say within it. */
export class CallSession implements DialogUser, WithinCall {
  readonly dialog: Dialog;
  readonly media: MediaSession;
  readonly ownsCallId: boolean;
  readonly core: Core;
  readonly call: SessionOwner;
  readonly change: SessionChange;
  readonly transfer: Transfer;
  readonly timer: SessionTimer;
  readonly peerAllows: string | undefined;
  #flow: Flow;
  #isHeldByPeer = false;
  #digits = '';
  #isSendingDigit = false;

  constructor(core: Core, call: SessionOwner, parts: SessionParts) {
    this.core = core;
    this.call = call;
    this.dialog = parts.dialog;
    this.media = parts.media;
    this.ownsCallId = parts.ownsCallId;
    this.peerAllows = parts.peerAllows;
    this.#flow = parts.flow;
    this.change = new SessionChange(this);
    this.transfer = new Transfer(this);
    this.timer = new SessionTimer(
      core.ports.timers,
      () => this.change.refresh(),
      () => this.ended('expired', causes.expired),
    );
    // An outgoing call's 2xx: the UAC is we.
    if (parts.ownsCallId) this.timer.agreed(parts.expires?.seconds, parts.expires?.refresher !== 'uas');
    core.dialogs.set(this.dialog.id, this);
  }

  get isHeld(): boolean {
    return this.change.isHeld;
  }

  get isHeldByPeer(): boolean {
    return this.#isHeldByPeer;
  }

  peerHolds(holds: boolean): void {
    if (holds === this.#isHeldByPeer) return;
    this.#isHeldByPeer = holds;
    this.core.deliver({ kind: holds ? 'call held' : 'call resumed', call: this.call, by: 'peer' });
  }

  ended(stimulus: CallStimulus, cause: Cause): void {
    this.call.end(stimulus, cause);
  }

  send(parts: Omit<WithinParts, 'flow'>, user: SendingUser): void {
    sendWithin(this.core, this.dialog, { ...parts, flow: this.#flow }, user);
  }

  get flow(): Flow {
    return this.#flow;
  }

  /** Whether a response to a request of ours means that the peer does not know the call any more (RFC 3261 §12.2.1.2). */
  isGone(response: SipResponse): boolean {
    if (!endsDialog(response.status)) return false;
    this.ended('gone', causes.expired);
    return true;
  }

  bye(headers: HeaderLines, done: () => void): void {
    this.send({ method: 'BYE', headers }, { answered: done, failed: done });
  }

  close(): void {
    this.timer.stop();
    this.change.close();
    this.transfer.close();
    this.media.close();
    this.dialog.terminate();
    this.core.dialogs.delete(this.dialog.id);
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
    switch (request.method) {
      case 'BYE':
        core.respond(request, flow, 200);
        this.ended('BYE', toldBy(request, causes.peerHungUp));
        break;
      case 'INVITE':
      case 'UPDATE':
        this.change.offered(request, flow);
        break;
      case 'INFO':
        this.#infoReceived(request, flow);
        break;
      case 'REFER':
        this.transfer.asked(request, flow);
        break;
      case 'NOTIFY':
        this.transfer.notified(request, flow);
        break;
      case 'OPTIONS':
      case 'PRACK':
        core.respond(request, flow, request.method === 'OPTIONS' ? 200 : 481);
        break;
      default:
        core.respond(request, flow, 405);
    }
  }

  ackReceived(ack: SipRequest): void {
    this.change.acknowledged(ack);
  }

  moved(): void {
    this.change.renew();
  }

  #sendDigit(): void {
    const digit = this.#digits[0];
    this.#digits = this.#digits.slice(1);
    this.#isSendingDigit = digit !== undefined;
    if (digit === undefined || this.dialog.state === 'terminated') return;
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
    const digit = digitOf(request, this.core.ports.text);
    const isOther = digit === undefined && request.body.length > 0;
    this.core.respond(request, flow, isOther ? 415 : 200, {
      headers: isOther ? [['Accept', 'application/dtmf-relay, application/dtmf']] : [],
    });
    if (digit !== undefined) this.core.deliver({ kind: 'digit', call: this.call, digit });
  }
}
