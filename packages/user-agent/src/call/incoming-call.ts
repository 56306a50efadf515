import {
  buildResponse,
  CallId,
  ContentType,
  CSeq,
  type Dialog,
  dialogOfRequest,
  Expires,
  encodeAddress,
  type Flow,
  From,
  type HeaderLines,
  isSecure,
  Malformed,
  Require,
  type ServerTransaction,
  type SipRequest,
  Supported,
  tagOf,
} from '@ringdown/sip';
import { Alarm } from '../alarm.ts';
import { type Cause, causes } from '../cause.ts';
import { ABILITIES, type Core, EXTENSIONS } from '../core.ts';
import type { MediaAnswer } from '../media/media-engine.ts';
import type { MediaSession } from '../media/media-session.ts';
import type { MediaWishes } from '../media/wishes.ts';
import { AcceptedInvite } from './accepted-invite.ts';
import type { IncomingCall } from './call.ts';
import { CallMachine } from './call-machine.ts';
import { CallSession } from './call-session.ts';
import type { CallAction } from './call-table.ts';
import { toldBy } from './reason-header.ts';
import { ReliableResponses } from './reliable-responses.ts';
import { sdpOf, sdpType } from './sdp-body.ts';
import { isTooShort, type SessionExpires, sessionExpiresOf } from './session-timer.ts';
import type { SessionOwner } from './within-call.ts';

/** Who calls, and the server, give up first: it is they who know why. */
const LONGER_MS = 10_000;

/** A call that rings here (RFC 3261 §13.3). */
export class IncomingCallMachine extends CallMachine implements IncomingCall {
  readonly direction = 'incoming';
  readonly peer: string;
  readonly isDirect: boolean;
  readonly #request: SipRequest;
  readonly #own: CallSession;
  readonly #transaction: ServerTransaction;
  readonly #dialog: Dialog;
  readonly #media: MediaSession;
  readonly #reliable: ReliableResponses;
  readonly #patience: Alarm;
  readonly #hasOffer: boolean;
  #description: string | undefined;
  #isDescribing = false;
  /** Wishes of an answer that was described early: the engine learns of them when the call is established. */
  #added: MediaWishes | undefined;
  /** What of them is agreed upon otherwise, and offered anew as soon as the call is established. */
  #change: MediaWishes | undefined;
  #accepted: AcceptedInvite | undefined;
  #status = 603;
  readonly replaces: SessionOwner | undefined;

  private constructor(
    core: Core,
    request: SipRequest,
    flow: Flow,
    dialog: Dialog,
    replaces: SessionOwner | undefined,
  ) {
    super(core, dialog.callId, 'ringing');
    const from = request.get(From);
    this.peer =
      from === undefined ? '' : encodeAddress({ ...from, parameters: from.parameters.without('tag') });
    this.isDirect = !core.isFromServer(flow);
    this.#request = request;
    this.#dialog = dialog;
    this.replaces = replaces;
    this.#media = core.media.openFor(this);
    this.#transaction = core.transactions.serve(request, flow);
    this.#transaction.onCancel({
      cancel: (cancel) => this.end('CANCEL', toldBy(cancel, causes.callerGaveUp, core.ports.text)),
    });
    this.#reliable = new ReliableResponses(core, this.#transaction, () => {
      this.#status = 504;
      this.end('media failed', causes.unacknowledged);
    });
    this.#patience = new Alarm(core.ports.timers, () => this.#missed());
    this.#hasOffer = sdpOf(request, core.ports.text) !== undefined;
    this.#own = new CallSession(core, this, {
      dialog,
      flow,
      media: this.#media,
      ownsCallId: false,
      madeBy: request,
      turn: 'theirs',
    });
  }

  /** @returns Malformed, for a 400, where no dialog can be made of the INVITE */
  static of(
    core: Core,
    request: SipRequest,
    flow: Flow,
    replaces: SessionOwner | undefined,
  ): IncomingCallMachine | Malformed {
    const beginning = {
      localTag: core.token(),
      state: 'early',
      overTls: isSecure(flow.transport),
    } as const;
    const dialog = dialogOfRequest(request, beginning);
    return dialog instanceof Malformed
      ? dialog
      : new IncomingCallMachine(core, request, flow, dialog, replaces);
  }

  /** Whether this is the same INVITE, come by another way (RFC 3261 §8.2.2.2). */
  isSameAs(request: SipRequest): boolean {
    const { callId, remoteTag } = this.#dialog;
    return (
      request.get(CallId) === callId &&
      (tagOf(request.get(From)) ?? '') === remoteTag &&
      request.get(CSeq)?.sequence === this.#request.get(CSeq)?.sequence
    );
  }

  /** Says that it rings here. */
  ring(): void {
    if (this.state !== 'ringing') return;
    this.#provisional(180);
    this.#patience.set(Math.min(this.core.options.ringMs + LONGER_MS, this.#wantedMs));
  }

  /** How long the caller wants it to ring (RFC 3261 §13.3.1). */
  get #wantedMs(): number {
    const seconds = this.#request.get(Expires);
    return seconds === undefined ? Number.POSITIVE_INFINITY : Math.max(1, seconds) * 1000;
  }

  /** Nobody came, and nobody took it back, as a caller that is gone does not: it does not ring for ever. */
  #missed(): void {
    if (this.state !== 'ringing') return;
    this.#status = this.#wantedMs <= this.core.options.ringMs ? 487 : 480;
    this.end('hang up', causes.missed);
  }

  get offersReliable(): boolean {
    const tags = [...this.#request.texts(Supported), ...this.#request.texts(Require)];
    return tags.some((tag) => tag.toLowerCase() === '100rel');
  }

  answerEarly(wishes?: MediaWishes): void {
    if (this.state !== 'ringing' || this.#isDescribing || this.#description !== undefined) return;
    // An offer of ours goes only where it is sure to come (RFC 3261 §13.2.1).
    if (!this.#hasOffer && !this.offersReliable) return;
    this.wishes = wishes;
    this.#describe(true, (description) => {
      if (this.state === 'ringing') this.#provisional(183, description);
    });
  }

  answer(wishes?: MediaWishes): void {
    if (this.state !== 'ringing') return;
    if (this.#isDescribing) {
      this.#added = wishes;
      this.#change = changed(this.wishes, wishes);
    }
    this.wishes = { ...this.wishes, ...wishes };
    this.step('answer');
  }

  refuse(status = 603): void {
    if (status < 300 || status > 699) throw new RangeError(`${status} refuses nothing: give 300 to 699`);
    this.#status = status;
    this.end('hang up', causes.refused);
  }

  /** What the caller says to a reliable response (RFC 3262 §3): the answer to our offer, or an offer of its own (§5). */
  override prackReceived(prack: SipRequest, flow: Flow): void {
    const { core } = this;
    const own = this.#own;
    const acknowledged = this.#reliable.acknowledged(prack);
    if (acknowledged === undefined) {
      core.respond(prack, flow, 481);
      return;
    }
    const description = sdpOf(prack, core.ports.text);
    const answers = description !== undefined && own.turn === 'ours';
    if (acknowledged.hadDescription && own.turn === 'theirs') own.turn = 'nobody';
    if (description !== undefined && !answers) own.offers.offered(prack, flow);
    else core.respond(prack, flow, 200);
    if (answers) this.#takeAnswer(description);
    this.#reliable.proceed();
    own.proceed();
  }

  override acknowledged(ack: SipRequest): void {
    if (this.#accepted === undefined) return;
    this.#accepted.stop();
    const own = this.#own;
    const isUnanswered = !this.#hasOffer && own.turn === 'ours';
    const answer = isUnanswered ? sdpOf(ack, this.core.ports.text) : undefined;
    this.#openSession();
    this.step('acknowledged');
    if (answer !== undefined) this.#takeAnswer(answer);
    else if (isUnanswered) this.mediaFailed('the caller described none');
  }

  protected override causeOfHangingUp(): Cause {
    return this.state === 'ringing' || this.state === 'answering' ? causes.refused : causes.hungUp;
  }

  protected override get mediaBefore(): MediaSession {
    return this.#media;
  }

  protected override get sessionBefore(): CallSession {
    return this.#own;
  }

  protected override get sessions(): readonly CallSession[] {
    return [this.#own];
  }

  protected override act(action: CallAction): void {
    switch (action) {
      case 'describe':
        this.#describe(false, () => this.#described());
        break;
      case 'accept':
        this.#accept();
        break;
      case 'refuse':
        this.#transaction.respond(this.#response(this.#refusal));
        break;
      case 'say it is cancelled':
        this.#transaction.respond(this.#response(487));
        break;
      default:
        throw new Error(`an incoming call does not know how to ${action}`);
    }
  }

  protected override closed(): void {
    this.#patience.stop();
    this.#accepted?.stop();
    this.#reliable.stop();
    this.#own.close();
  }

  /** What refuses the call: the cause's own status, where it has one that does. */
  get #refusal(): number {
    const { status = 0 } = this.cause;
    return status >= 300 && status <= 699 ? status : this.#status;
  }

  #describe(early: boolean, done: (description: string) => void): void {
    if (this.#description !== undefined) {
      done(this.#description);
      return;
    }
    const described = (answer: MediaAnswer): void => {
      if (!this.isDescribed(answer)) return;
      this.#description = answer.description;
      this.#own.peerHolds(answer.peerHolds);
      this.#own.trickle.hand();
      // Answered while the early description was being written.
      if (this.state === 'answering') this.#described();
      else done(answer.description);
    };
    if (this.#isDescribing) return;
    this.#isDescribing = true;
    const { wishes } = this;
    const offer = sdpOf(this.#request, this.core.ports.text);
    if (offer === undefined) this.#media.offer({ wishes }, described);
    else this.#media.answer(offer, { early, wishes }, described);
  }

  /** The caller's answer to our offer. */
  #takeAnswer(answer: string): void {
    this.#media.takeAnswer(answer, (taken) => {
      if (taken.kind === 'failed') this.mediaFailed(taken.why, taken.status);
      else {
        this.#own.peerHolds(taken.peerHolds);
        this.#own.settle();
      }
    });
  }

  #provisional(status: number, description?: string): void {
    const mustBe = this.#request.texts(Require).some((tag) => tag.toLowerCase() === '100rel');
    const response = (headers: HeaderLines) => this.#response(status, headers, description);
    if (description !== undefined && !this.#hasOffer) this.#own.turn = 'ours';
    if (mustBe || (this.offersReliable && description !== undefined)) this.#reliable.send(response);
    else this.#transaction.respond(response([]));
  }

  /** RFC 3262 §3: the 2xx waits for the PRACK of what described the session before. */
  #described(): void {
    this.#reliable.whenAcknowledged(() => this.step('described'));
  }

  #accept(): void {
    this.#dialog.accepted();
    this.#media.establish(this.#added);
    const expires = this.#agreedExpires();
    const headers: HeaderLines =
      expires === undefined
        ? []
        : [
            ...(this.#knowsTimer ? [['Require', 'timer'] as const] : []),
            ['Session-Expires', `${expires.seconds};refresher=${expires.refresher}`],
          ];
    const said = this.#reliable.saidDescription ? undefined : this.#description;
    if (said !== undefined) this.#own.turn = this.#hasOffer ? 'nobody' : 'ours';
    this.#accepted = new AcceptedInvite(
      this.core,
      this.#transaction,
      this.#response(200, headers, said),
      () => {
        this.#openSession();
        this.end('unacknowledged', causes.unacknowledged);
      },
    );
  }

  get #knowsTimer(): boolean {
    return this.#request.texts(Supported).includes('timer');
  }

  /** RFC 4028 §9: a caller who does not know session timers does not refresh. */
  #agreedExpires(): SessionExpires | undefined {
    const asked = sessionExpiresOf(this.#request);
    if (asked === undefined) return { seconds: this.core.options.sessionSeconds, refresher: 'uas' };
    return { seconds: asked.seconds, refresher: this.#knowsTimer ? (asked.refresher ?? 'uac') : 'uas' };
  }

  #openSession(): void {
    if (this.session !== undefined) return;
    const expires = this.#agreedExpires();
    this.adopt(this.#own);
    this.#own.confirm(expires, expires?.refresher === 'uas');
    if (this.#change !== undefined) this.#own.change.adapt(this.#change);
  }

  #response(status: number, headers: HeaderLines = [], description?: string) {
    const makesDialog = status < 300;
    return buildResponse(this.#request, status, {
      toTag: this.#dialog.localTag,
      recordRoute: makesDialog,
      headers: [
        ...(makesDialog ? [this.core.contact(this.#own.flow)] : []),
        ...ABILITIES,
        ...headers,
        ...(description === undefined ? [] : sdpType),
      ],
      ...(description !== undefined && { body: this.core.ports.text.utf8Bytes(description) }),
    });
  }
}

/** What a call is to be made for that was described for something else. */
const changed = (described: MediaWishes = {}, wished: MediaWishes = {}): MediaWishes | undefined => {
  const { profile, duplicate } = wished;
  const isOther = profile !== undefined && profile !== described.profile;
  const isDoubled =
    duplicate !== undefined && JSON.stringify(duplicate) !== JSON.stringify(described.duplicate ?? false);
  if (!isOther && !isDoubled) return undefined;
  return { ...(isOther && { profile }), ...(isDoubled && { duplicate }) };
};

/** Why an INVITE cannot become a call; undefined where it can. */
export const inviteRefusal = (request: SipRequest, minSessionSeconds: number): Refusal | undefined => {
  const known = new Set(EXTENSIONS.split(', '));
  const missing = request.texts(Require).filter((tag) => !known.has(tag.toLowerCase()));
  if (missing.length > 0) return { status: 420, headers: [['Unsupported', missing.join(', ')]] };
  if (request.body.length > 0 && request.get(ContentType)?.value.toLowerCase() !== 'application/sdp')
    return { status: 415, headers: [['Accept', 'application/sdp']] };
  if (isTooShort(request, minSessionSeconds))
    return { status: 422, headers: [['Min-SE', String(minSessionSeconds)]] };
  return undefined;
};

export interface Refusal {
  readonly status: number;
  readonly headers: HeaderLines;
}
