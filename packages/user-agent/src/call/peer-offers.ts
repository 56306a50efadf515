import {
  buildResponse,
  CSeq,
  type Flow,
  Malformed,
  type ServerTransaction,
  type SipRequest,
  Supported,
} from '@ringdown/sip';
import { causes } from '../cause.ts';
import { ABILITIES } from '../core.ts';
import type { MediaAnswer } from '../media/media-engine.ts';
import { AcceptedInvite } from './accepted-invite.ts';
import type { CallState } from './call-table.ts';
import { sdpOf, sdpType } from './sdp-body.ts';
import { isTooShort, sessionExpiresOf } from './session-timer.ts';
import type { WithinCall } from './within-call.ts';

/** A re-INVITE, an UPDATE or a PRACK of the peer's that waits for what we say to it. */
interface Asked {
  readonly request: SipRequest;
  readonly flow: Flow;
  readonly transaction: ServerTransaction;
  /** It brought no offer: the description in our answer is one. */
  readonly wantsOffer: boolean;
}

/** Changes of a session that the peer wants: re-INVITE (RFC 3261 §14.2), UPDATE (RFC 3311 §5.2), and offers in PRACK (RFC 3262 §5). */
export class PeerOffers {
  readonly #session: WithinCall;
  #asked: Asked | undefined;
  #accepted: AcceptedInvite | undefined;
  #acceptedSequence: number | undefined;

  constructor(session: WithinCall) {
    this.#session = session;
  }

  /** Whether a 2xx to a re-INVITE waits for its ACK: no INVITE of ours may come before (RFC 3261 §14.1). */
  get isUnacknowledged(): boolean {
    return this.#accepted !== undefined;
  }

  /** The call is over: what waits for an answer gets one (RFC 3261 §15.1.2). */
  close(): void {
    this.#accepted?.stop();
    this.#accepted = undefined;
    this.#asked?.transaction.respond(buildResponse(this.#asked.request, 487));
    this.#asked = undefined;
  }

  acknowledged(ack: SipRequest): void {
    const session = this.#session;
    if (this.#accepted === undefined || ack.get(CSeq)?.sequence !== this.#acceptedSequence) return;
    this.#accepted.stop();
    this.#accepted = undefined;
    if (session.turn === 'ours') {
      // Our 2xx had the offer.
      const answer = sdpOf(ack, session.core.ports.text);
      if (answer !== undefined) {
        this.#take(answer);
        return;
      }
      session.turn = 'nobody';
      session.media?.rollBack();
    }
    session.proceed();
  }

  /** A re-INVITE or an UPDATE, or a PRACK that offers something. */
  offered(request: SipRequest, flow: Flow): void {
    const session = this.#session;
    const { core, dialog } = session;
    const offer = sdpOf(request, core.ports.text);
    const isInvite = request.method === 'INVITE';
    if (!session.isOpen) {
      core.respond(request, flow, 487);
      return;
    }
    if (isTooShort(request, core.options.minSessionSeconds)) {
      core.respond(request, flow, 422, { headers: [['Min-SE', String(core.options.minSessionSeconds)]] });
      return;
    }
    if (this.#comesTooEarly(isInvite, offer !== undefined)) {
      this.#refuse(request, flow);
      return;
    }
    const defect = dialog.refresh(request);
    if (defect instanceof Malformed) {
      core.respond(request, flow, 400, { reason: defect.why });
      return;
    }
    session.peer.learn(request);
    if (!isInvite && offer === undefined) {
      core.respond(request, flow, 200, { headers: this.#headers(request, flow) });
      return;
    }
    session.turn = 'theirs';
    const transaction = core.transactions.serve(request, flow);
    const asked = { request, flow, transaction, wantsOffer: offer === undefined };
    this.#asked = asked;
    if (isInvite) transaction.onCancel({ cancel: () => this.#cancelled(asked) });
    const described = (answer: MediaAnswer): void => this.#described(answer, asked);
    if (offer === undefined) session.media?.offer({ hold: session.call.isHeld }, described);
    else session.media?.answer(offer, { early: isBefore.has(session.call.state) }, described);
  }

  #comesTooEarly(isInvite: boolean, hasOffer: boolean): boolean {
    const { turn, isConfirmed } = this.#session;
    if (isInvite && !isConfirmed) return true;
    // An answer that nobody acknowledged may be changed: those who do it mean it.
    return (turn === 'ours' || turn === 'theirs') && (isInvite || hasOffer);
  }

  /** RFC 3261 §14.2, RFC 3311 §5.2: 491 where ours waits, 500 where theirs does. */
  #refuse(request: SipRequest, flow: Flow): void {
    const { core, turn, isConfirmed } = this.#session;
    const isFirst = request.method === 'INVITE' && !isConfirmed;
    if (turn === 'ours' && !isFirst) core.respond(request, flow, 491);
    else {
      const seconds = Math.floor(core.ports.random.fraction() * 11);
      core.respond(request, flow, 500, { headers: [['Retry-After', String(seconds)]] });
    }
  }

  #described(answer: MediaAnswer, asked: Asked): void {
    if (this.#asked !== asked) return;
    this.#asked = undefined;
    const session = this.#session;
    const { core } = session;
    const { request, transaction, flow } = asked;
    if (answer.kind !== 'described') {
      session.turn = 'nobody';
      session.media?.rollBack();
      transaction.respond(buildResponse(request, answer.kind === 'failed' ? answer.status : 500));
      this.#session.proceed();
      return;
    }
    session.turn = asked.wantsOffer ? 'ours' : 'nobody';
    if (!asked.wantsOffer) session.peerHolds(answer.peerHolds);
    const response = buildResponse(request, 200, {
      headers: [...this.#headers(request, flow), ...sdpType],
      body: core.ports.text.utf8Bytes(answer.description),
    });
    if (request.method !== 'INVITE') transaction.respond(response);
    else {
      // A peer that goes on had the 2xx of before: its ACK was lost.
      this.#accepted?.stop();
      this.#acceptedSequence = request.get(CSeq)?.sequence;
      this.#accepted = new AcceptedInvite(core, transaction, response, () =>
        session.ended('expired', causes.expired),
      );
    }
    this.#session.proceed();
  }

  #cancelled(asked: Asked): void {
    if (this.#asked !== asked) return;
    this.#asked = undefined;
    this.#session.turn = 'nobody';
    this.#session.media?.rollBack();
    asked.transaction.respond(buildResponse(asked.request, 487));
    this.#session.proceed();
  }

  #take(answer: string): void {
    const session = this.#session;
    session.media?.takeAnswer(answer, (taken) => {
      session.turn = 'nobody';
      if (taken.kind === 'failed') session.media?.rollBack();
      else session.peerHolds(taken.peerHolds);
      session.proceed();
    });
  }

  #headers(request: SipRequest, flow: Flow): (readonly [string, string])[] {
    const { core, timer } = this.#session;
    const headers = request.method === 'PRACK' ? [] : [core.contact(flow), ...ABILITIES];
    const asked = sessionExpiresOf(request);
    const knowsTimer = request.texts(Supported).includes('timer');
    if (asked === undefined || !knowsTimer || !this.#session.isConfirmed) return headers;
    const refresher = asked.refresher ?? 'uac';
    timer.agreed(asked.seconds, refresher === 'uas');
    return [...headers, ['Require', 'timer'], ['Session-Expires', `${asked.seconds};refresher=${refresher}`]];
  }
}

/** Where nobody has taken the call. */
const isBefore: ReadonlySet<CallState> = new Set(['early', 'ringing', 'answering']);
