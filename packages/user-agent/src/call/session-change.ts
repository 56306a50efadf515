import {
  buildResponse,
  type Flow,
  Malformed,
  RetryAfter,
  type ServerTransaction,
  type SipRequest,
  type SipResponse,
  Supported,
} from '@ringdown/sip';
import { Alarm } from '../alarm.ts';
import { causeOf, causes } from '../cause.ts';
import { EXTENSIONS, METHODS } from '../core.ts';
import type { MediaAnswer } from '../media/media-engine.ts';
import type { SendFailure, Sending, SendingUser } from '../sending/sending.ts';
import { Acknowledgement } from '../sending/within.ts';
import { AcceptedInvite } from './accepted-invite.ts';
import { sdpOf, sdpType } from './sdp-body.ts';
import { sessionExpiresOf } from './session-timer.ts';
import type { WithinCall } from './within-call.ts';

/** Changes of an established session: re-INVITE (RFC 3261 §14), UPDATE (RFC 3311), and who gives way to whom. */
export class SessionChange implements SendingUser {
  readonly #session: WithinCall;
  readonly #glare: Alarm;
  /** What the user wants, and what both sides have. */
  #wantsHold = false;
  #isHeld = false;
  #offersHold = false;
  /** Our offer that waits for its answer; or theirs. */
  #pending: 'none' | 'ours' | 'theirs' = 'none';
  #wantsRefresh = false;
  /** The ACK of each re-INVITE: its 200 may come again while the next is under way. */
  readonly #acks = new WeakMap<Sending, Acknowledgement>();
  #accepted: AcceptedInvite | undefined;
  /** A re-INVITE without an offer had ours in its 200: the ACK has the answer. */
  #awaitsAnswer = false;

  constructor(session: WithinCall) {
    this.#session = session;
    this.#glare = new Alarm(session.core.ports.timers, () => this.#proceed());
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  hold(): void {
    this.#wantsHold = true;
    this.#proceed();
  }

  resume(): void {
    this.#wantsHold = false;
    this.#proceed();
  }

  /** Says what holds once more, with our present Contact: a re-INVITE. */
  renew(): void {
    this.#wantsRefresh = true;
    this.#proceed();
  }

  /** The session timer wants a sign of life: an UPDATE where the peer knows it, else a re-INVITE (RFC 4028 §7.4). */
  refresh(): void {
    const { peerAllows, core } = this.#session;
    if (!/\bUPDATE\b/.test(peerAllows ?? '')) {
      this.renew();
      return;
    }
    this.#session.send(
      {
        method: 'UPDATE',
        headers: [['Supported', EXTENSIONS], ...this.#timerHeaders(core.options.sessionSeconds)],
      },
      {
        answered: (response) => this.#refreshed(response),
        failed: () => this.#session.ended('expired', causes.expired),
      },
    );
  }

  close(): void {
    this.#glare.stop();
    this.#accepted?.stop();
  }

  acknowledged(ack: SipRequest): void {
    this.#accepted?.stop();
    this.#accepted = undefined;
    if (!this.#awaitsAnswer) {
      this.#proceed();
      return;
    }
    this.#awaitsAnswer = false;
    this.#pending = 'none';
    const answer = sdpOf(ack, this.#session.core.ports.text);
    if (answer === undefined) this.#session.media.rollBack();
    else this.#take(answer);
    this.#proceed();
  }

  /** A re-INVITE or an UPDATE of the peer's. */
  offered(request: SipRequest, flow: Flow): void {
    const { core, dialog } = this.#session;
    const offer = sdpOf(request, core.ports.text);
    const isInvite = request.method === 'INVITE';
    if (this.#pending !== 'none' && (isInvite || offer !== undefined)) {
      const isGlare = this.#pending === 'ours';
      core.respond(request, flow, isGlare ? 491 : 500, {
        headers: isGlare ? [] : [['Retry-After', String(Math.floor(core.ports.random.fraction() * 11))]],
      });
      return;
    }
    const defect = dialog.refresh(request);
    if (defect instanceof Malformed) {
      core.respond(request, flow, 400, { reason: defect.why });
      return;
    }
    if (!isInvite && offer === undefined) {
      core.respond(request, flow, 200, { headers: this.#answerHeaders(request, flow) });
      return;
    }
    this.#pending = 'theirs';
    const transaction = core.transactions.serve(request, flow);
    const described = (answer: MediaAnswer): void =>
      this.#described(answer, { request, flow, transaction, isOffer: offer === undefined });
    if (offer === undefined) this.#session.media.offer({ hold: this.#isHeld }, described);
    else this.#session.media.answer(offer, {}, described);
  }

  answered(response: SipResponse, sending: Sending): void {
    const session = this.#session;
    const { status } = response;
    if (status < 300) {
      this.#succeeded(response, sending);
      return;
    }
    this.#pending = 'none';
    session.media.rollBack();
    if (session.isGone(response)) return;
    if (status === 491) this.#waitForTurn();
    else {
      const wanted = this.#wantsHold;
      this.#wantsHold = this.#isHeld;
      this.#wantsRefresh = false;
      if (wanted !== this.#isHeld)
        session.core.deliver({
          kind: 'change failed',
          call: session.call,
          change: wanted ? 'hold' : 'resume',
          cause: causeOf(status, response.get(RetryAfter)),
        });
    }
  }

  failed(failure: SendFailure): void {
    this.#pending = 'none';
    this.#session.ended('gone', failure === 'silence' ? causes.expired : causes.noNetwork);
  }

  #proceed(): void {
    const { media, dialog } = this.#session;
    const isDone = this.#wantsHold === this.#isHeld && !this.#wantsRefresh;
    // Nor while an INVITE of the peer's is not acknowledged (RFC 3261 §14.1).
    const isBusy = this.#pending !== 'none' || this.#accepted !== undefined || this.#glare.isSet;
    if (isBusy || isDone || dialog.state === 'terminated') return;
    this.#pending = 'ours';
    this.#offersHold = this.#wantsHold;
    media.offer({ hold: this.#wantsHold }, (answer) => {
      if (answer.kind === 'described') this.#invite(answer.description);
      else this.#pending = 'none';
    });
  }

  #invite(offer: string): void {
    const { core } = this.#session;
    this.#session.send(
      {
        method: 'INVITE',
        headers: [
          ['Allow', METHODS],
          ['Supported', EXTENSIONS],
          ...this.#timerHeaders(core.options.sessionSeconds),
          ...sdpType,
        ],
        body: core.ports.text.utf8Bytes(offer),
      },
      this,
    );
  }

  #succeeded(response: SipResponse, sending: Sending): void {
    const { core, dialog, flow } = this.#session;
    const known = this.#acks.get(sending);
    if (known !== undefined) {
      known.send();
      return;
    }
    dialog.refresh(response);
    const ack = new Acknowledgement(core, dialog, sending.request, flow);
    this.#acks.set(sending, ack);
    ack.send();
    this.#pending = 'none';
    this.#wantsRefresh = false;
    this.#agreeOnTimer(response);
    const answer = sdpOf(response, core.ports.text);
    if (answer === undefined) this.#session.media.rollBack();
    else this.#take(answer);
    this.#settle();
    this.#proceed();
  }

  /** What we offered holds now. */
  #settle(): void {
    const { core, call } = this.#session;
    const holds = this.#offersHold;
    if (holds === this.#isHeld) return;
    this.#isHeld = holds;
    core.deliver({ kind: holds ? 'call held' : 'call resumed', call, by: 'us' });
  }

  #take(answer: string): void {
    const session = this.#session;
    session.media.takeAnswer(answer, (taken) => {
      if (taken.kind === 'failed') session.media.rollBack();
      else session.peerHolds(taken.peerHolds);
    });
  }

  /** RFC 3261 §14.1: the owner of the Call-ID waits 2.1–4 s, the other 0–2 s, so that one of both comes first. */
  #waitForTurn(): void {
    const { core, ownsCallId } = this.#session;
    const chance = core.ports.random.fraction();
    const steps = ownsCallId ? 210 + Math.floor(chance * 191) : Math.floor(chance * 201);
    this.#glare.set(steps * 10);
  }

  #described(
    answer: MediaAnswer,
    offered: {
      readonly request: SipRequest;
      readonly flow: Flow;
      readonly transaction: ServerTransaction;
      readonly isOffer: boolean;
    },
  ): void {
    const { request, flow, transaction, isOffer } = offered;
    const session = this.#session;
    const { core } = session;
    if (answer.kind !== 'described') {
      this.#pending = 'none';
      transaction.respond(buildResponse(request, answer.kind === 'failed' ? answer.status : 500));
      return;
    }
    const response = buildResponse(request, 200, {
      headers: [...this.#answerHeaders(request, flow), ...sdpType],
      body: core.ports.text.utf8Bytes(answer.description),
    });
    if (!isOffer) {
      this.#pending = 'none';
      session.peerHolds(answer.peerHolds);
    }
    this.#awaitsAnswer = isOffer;
    if (request.method === 'INVITE')
      this.#accepted = new AcceptedInvite(core, transaction, response, () =>
        session.ended('expired', causes.expired),
      );
    else transaction.respond(response);
    this.#proceed();
  }

  #answerHeaders(request: SipRequest, flow: Flow): (readonly [string, string])[] {
    const { core, timer } = this.#session;
    const asked = sessionExpiresOf(request);
    const headers: (readonly [string, string])[] = [
      core.contact(flow),
      ['Allow', METHODS],
      ['Supported', EXTENSIONS],
    ];
    const knowsTimer = request.texts(Supported).includes('timer');
    if (asked === undefined || !knowsTimer) return headers;
    const refresher = asked.refresher ?? 'uac';
    timer.agreed(asked.seconds, refresher === 'uas');
    return [...headers, ['Require', 'timer'], ['Session-Expires', `${asked.seconds};refresher=${refresher}`]];
  }

  #timerHeaders(seconds: number): (readonly [string, string])[] {
    return [
      ['Session-Expires', `${seconds};refresher=uac`],
      ['Min-SE', String(this.#session.core.options.minSessionSeconds)],
    ];
  }

  #refreshed(response: SipResponse): void {
    if (this.#session.isGone(response)) return;
    if (response.status < 300) this.#agreeOnTimer(response);
    else this.#session.timer.agreed(this.#session.core.options.minSessionSeconds, true);
  }

  #agreeOnTimer(response: SipResponse): void {
    const agreed = sessionExpiresOf(response);
    this.#session.timer.agreed(agreed?.seconds, agreed?.refresher !== 'uas');
  }
}
