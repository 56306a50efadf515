import { dialogOfResponse, Malformed, RetryAfter, type SipResponse, To, tagOf } from '@ringdown/sip';
import { Alarm } from '../alarm.ts';
import { type Cause, causes, refusedBy } from '../cause.ts';
import { ABILITIES, type Core } from '../core.ts';
import type { MediaSession } from '../media/media-session.ts';
import type { MediaSecurity, MediaWishes } from '../media/wishes.ts';
import { sendOutside } from '../sending/outside.ts';
import { asksAgain, type SendFailure, type Sending, type SendingUser } from '../sending/sending.ts';
import { Acknowledgement, sendWithin } from '../sending/within.ts';
import { CallMachine } from './call-machine.ts';
import { CallSession } from './call-session.ts';
import type { CallAction } from './call-table.ts';
import type { Fork } from './fork.ts';
import { Redirection } from './redirection.ts';
import { refusalOf, refusesProtection } from './refused-offer.ts';
import { isReliably, ReliableReceipts } from './reliable-receipts.ts';
import { sdpOf, sdpType } from './sdp-body.ts';
import { minSeconds, sessionExpiresOf } from './session-timer.ts';

/** How many phones may ring at once, or one after the other: each costs a session of the media engine. */
const MAX_FORKS = 20;

/**
 * With those that answer, which have to be acknowledged and hung up (RFC 3261 §13.2.2.4), as long as the transaction takes 2xx: 64 T1
 * (RFC 6026). More are not answered, and give up by themselves (§13.3.1.4).
 */
const MAX_ANSWERING = 40;

/** How many on the way may each want longer session timers than the one before: one that always wants more is not asked for ever. */
const MAX_RAISED = 4;

export interface OutgoingParts {
  /** The Request-URI. */
  readonly uri: string;
  /** A dialog that this call takes the place of (RFC 3891), as Replaces has it. */
  readonly replaces?: string | undefined;
  readonly wishes?: MediaWishes | undefined;
  /** Told how the call goes, for one who asked us to make it (RFC 3515). */
  readonly told?: (status: number) => void;
}

/** A call that we make (RFC 3261 §13.2). */
export class OutgoingCall extends CallMachine implements SendingUser {
  readonly direction = 'outgoing';
  readonly peer: string;
  readonly #parts: OutgoingParts;
  readonly #sequence = { last: 0 };
  readonly #fromTag: string;
  readonly #forks = new Map<string, Fork>();
  readonly #patience: Alarm;
  /** Whose answer is never taken: each fork has its own. Another one where the offer is made anew. */
  #media: MediaSession;
  /** What else may be offered where the peer refuses this. */
  #otherwise: readonly MediaSecurity[] = [];
  #refusal: Cause | undefined;
  readonly #redirection: Redirection;
  /** The Request-URI: another than at first where we were sent on. */
  #target: string;
  #offer = '';
  #sending: Sending | undefined;
  #winner: Fork | undefined;
  #latest: Fork | undefined;
  /** What was told last of the ringing of phones that are no forks: more than are kept, or without a tag that can be read. */
  #toldOfOthers = '';
  #sessionSeconds: number;
  #minSessionSeconds: number;
  #raised = 0;

  constructor(core: Core, parts: OutgoingParts) {
    super(core, core.token(), 'preparing');
    this.peer = `<${parts.uri}>`;
    this.#parts = parts;
    this.#target = parts.uri;
    this.#redirection = new Redirection(parts.uri);
    this.#fromTag = core.token();
    this.#sessionSeconds = core.options.sessionSeconds;
    this.#minSessionSeconds = core.options.minSessionSeconds;
    this.#patience = new Alarm(core.ports.timers, () => this.end('no answer', causes.noAnswer));
    this.wishes = parts.wishes;
    this.#media = core.media.openFor(this);
    this.#media.offer({ wishes: parts.wishes }, (answer) => {
      if (!this.isDescribed(answer)) return;
      this.#otherwise = answer.otherwise ?? [];
      this.#offer = answer.description;
      this.step('described');
    });
  }

  provisional(response: SipResponse, sending: Sending): void {
    if (response.status === 100 || this.state === 'ended') return;
    this.#parts.told?.(response.status);
    const fork = this.#forkOf(response, sending);
    if (fork !== undefined && !this.#isTaken(fork, response)) return;
    if (this.#isNews(fork, response)) this.step('progress', response);
  }

  /** Phones, and servers for them, say again and again that it rings (RFC 3261 §13.3.1.1, §16.8). */
  #isNews(fork: Fork | undefined, { status }: SipResponse): boolean {
    const now = `${status} ${fork?.session.media !== undefined}`;
    if (now === (fork?.told ?? this.#toldOfOthers)) return false;
    if (fork === undefined) this.#toldOfOthers = now;
    else fork.told = now;
    return true;
  }

  answered(response: SipResponse, sending: Sending): void {
    const { status } = response;
    if (status >= 300) {
      this.#refused(response, sending);
      return;
    }
    const fork = this.#forkOf(response, sending);
    if (fork === undefined) {
      if (this.#winner === undefined) this.end('refused', causes.unreadable);
      return;
    }
    if (fork.ack !== undefined) {
      fork.ack.send();
      return;
    }
    const { dialog } = fork.session;
    if (dialog.state === 'early') dialog.confirm(response);
    fork.ack = new Acknowledgement(this.core, dialog, sending.request, sending.flow);
    fork.ack.send();
    // One that comes when all is over is hung up like one that comes too late.
    if (this.#winner === undefined && this.state !== 'ended') {
      this.#winner = fork;
      this.#parts.told?.(status);
      this.step('2xx', response);
    } else this.#drop(fork, sending);
  }

  failed(failure: SendFailure): void {
    if (failure === 'silence' && this.#goesOn()) return;
    const cause = failure === 'no network' ? causes.noNetwork : causes.silence;
    this.#parts.told?.(failure === 'silence' ? 408 : 503);
    this.end('refused', cause, 'network');
  }

  protected override get mediaBefore(): MediaSession {
    return this.#media;
  }

  /** Of several phones that let us hear something, the one that did last. */
  protected override get sessionBefore(): CallSession | undefined {
    return this.#latest?.session;
  }

  protected override get sessions(): readonly CallSession[] {
    return [...this.#forks.values()].map(({ session }) => session);
  }

  protected override act(action: CallAction, response: SipResponse | undefined): void {
    switch (action) {
      case 'invite':
        this.#invite();
        break;
      case 'offer anew':
        this.#offerAnew(response!);
        break;
      case 'cancel':
        this.#patience.stop();
        this.#sending?.cancel(this.reason);
        break;
      case 'confirm':
        this.#confirm(response!);
        break;
      case 'report progress':
        this.core.deliver({
          kind: 'call progress',
          call: this,
          status: response!.status,
          hasEarlyMedia: this.sessions.some(({ media }) => media !== undefined),
        });
        break;
      default:
        throw new Error(`an outgoing call does not know how to ${action}`);
    }
  }

  protected override closed(): void {
    this.#patience.stop();
    this.#media.close();
    this.#forgetOthers();
  }

  #forgetOthers(): void {
    for (const fork of this.#forks.values()) if (fork !== this.#winner) fork.session.release();
  }

  #invite(): void {
    const { ringMs } = this.core.options;
    const { replaces, uri } = this.#parts;
    if (!this.#patience.isSet) this.#patience.set(ringMs);
    this.#sending = sendOutside(
      this.core,
      {
        method: 'INVITE',
        uri: this.#target,
        to: `<${uri}>`,
        callId: this.id,
        fromTag: this.#fromTag,
        sequence: this.#sequence,
        withContact: true,
        headers: [
          ...ABILITIES,
          ['Session-Expires', String(this.#sessionSeconds)],
          ['Min-SE', String(this.#minSessionSeconds)],
          ...(replaces === undefined ? [] : [['Replaces', replaces] as const]),
          ...sdpType,
        ],
        body: this.core.ports.text.utf8Bytes(this.#offer),
      },
      this,
    );
  }

  /** Tries where we were sent (RFC 3261 §8.1.3.4). @returns false where there is no such place */
  #goesOn(response?: SipResponse): boolean {
    const next = this.#redirection.next(response);
    if (next === undefined) return false;
    this.#target = next;
    this.core.deliver({ kind: 'call redirected', call: this, target: next });
    this.#inviteAgain();
    return true;
  }

  /** The final response ended all early dialogs (RFC 3261 §13.2.2.3); the offer still stands. */
  #inviteAgain(): void {
    this.#forgetForks();
    this.#invite();
  }

  #forgetForks(): void {
    for (const { session } of this.#forks.values()) session.close();
    this.#forks.clear();
    this.#latest = undefined;
    this.#toldOfOthers = '';
  }

  /**
   * The same call with the next that is allowed (RFC 3261 §8.1.3.5): who takes no protection beside plain RTP (RFC 8643) may take
   * it alone.
   */
  #offerAnew(response: SipResponse): void {
    const { status } = response;
    const [security, ...others] = this.#otherwise;
    if (security === undefined) throw new Error('nothing else may be offered');
    this.#otherwise = others;
    this.#refusal = refusalOf(response, response.get(RetryAfter));
    this.#forgetForks();
    this.fragments = '';
    const before = this.#media;
    this.#media = this.core.media.openFor(this);
    const { duplicate, ...wishes } = this.#parts.wishes ?? {};
    // It may have been the copies: Chromium refuses a description that names two sources of sound.
    const single = { ...wishes, security: [security], ...(duplicate === false && { duplicate }) };
    this.#media.offer({ wishes: single }, (answer) => {
      if (answer.kind !== 'described') {
        this.end('media failed', this.#refusal ?? causes.unreadable, 'peer');
        return;
      }
      this.#offer = answer.description;
      this.step('described');
    });
    before.close();
    this.core.deliver({ kind: 'call offered again', call: this, status, security });
  }

  #refused(response: SipResponse, { request }: Sending): void {
    const { status } = response;
    const minimum = minSeconds(response) ?? 0;
    if (this.state !== 'cancelling') {
      if (status === 422 && minimum > this.#sessionSeconds && ++this.#raised <= MAX_RAISED) {
        this.#sessionSeconds = minimum;
        // Whoever stands behind the one that refused must not go below it (RFC 4028).
        this.#minSessionSeconds = minimum;
        this.#inviteAgain();
        return;
      }
      if (this.#goesOn(response)) return;
      if (this.#otherwise.length > 0 && refusesProtection(response)) {
        this.step('other offer', response);
        return;
      }
    }
    this.#parts.told?.(status);
    const cause = asksAgain(request, response)
      ? { status, ...causes.asked }
      : refusalOf(response, response.get(RetryAfter));
    this.end('refused', cause, refusedBy(status));
  }

  #forkOf(response: SipResponse, sending: Sending): Fork | undefined {
    const tag = tagOf(response.get(To)) ?? '';
    const known = this.#forks.get(tag);
    if (known !== undefined || this.#forks.size >= (response.status < 200 ? MAX_FORKS : MAX_ANSWERING))
      return known;
    const dialog = dialogOfResponse(sending.request, response, sending.isSecure);
    if (dialog instanceof Malformed) return undefined;
    const session = new CallSession(this.core, this, {
      dialog,
      flow: sending.flow,
      media: undefined,
      ownsCallId: true,
      madeBy: response,
      turn: 'ours',
    });
    if (this.fragments !== '') session.trickle.add(this.fragments);
    const fork = {
      session,
      receipts: new ReliableReceipts(),
      told: '',
      failure: undefined,
      isTaken: false,
      isSure: false,
      ack: undefined,
    };
    this.#forks.set(tag, fork);
    return fork;
  }

  /** Takes what a provisional response says. @returns false for a retransmission, and for one whose turn has not come */
  #isTaken(fork: Fork, response: SipResponse): boolean {
    const { session } = fork;
    const wantsPrack = isReliably(response);
    if (wantsPrack) {
      const receipt = fork.receipts.receipt(response);
      if (receipt === undefined) return false;
      session.send({ method: 'PRACK', headers: [['RAck', receipt]] }, unheard);
    }
    session.peer.learn(response);
    this.#answer(fork, response);
    if (session.media !== undefined) this.#latest = fork;
    if (session.turn === 'unsettled' && wantsPrack) this.#settle(fork);
    session.proceed();
    return true;
  }

  /** Takes the first answer that a phone gives to our offer. */
  #answer(fork: Fork, response: SipResponse): void {
    const { session } = fork;
    const answer = session.turn === 'ours' ? sdpOf(response, this.core.ports.text) : undefined;
    if (answer === undefined || session.media !== undefined) return;
    const media = this.#media.fork();
    session.media = media;
    session.turn = 'unsettled';
    media.takeAnswer(answer, (taken) => {
      if (taken.kind === 'failed') {
        // Before the call is answered another phone may still do better.
        fork.failure = taken;
        if (fork === this.#winner) this.mediaFailed(taken.why, taken.status);
      } else {
        session.peerHolds(taken.peerHolds);
        fork.isTaken = true;
        if (fork.isSure) this.#settle(fork);
      }
    });
  }

  /** Its answer is the last word: as soon as the media engine has taken it, more may be offered. */
  #settle(fork: Fork): void {
    fork.isSure = true;
    if (fork.isTaken && fork.session.turn === 'unsettled') fork.session.settle();
  }

  #confirm(response: SipResponse): void {
    this.#patience.stop();
    const fork = this.#winner!;
    const { session } = fork;
    session.peer.learn(response);
    this.#answer(fork, response);
    this.#forgetOthers();
    const expires = sessionExpiresOf(response);
    this.adopt(session);
    session.confirm(expires, expires?.refresher !== 'uas');
    this.#settle(fork);
    if (session.media === undefined) this.mediaFailed('the other side described none');
    else if (fork.failure !== undefined) this.mediaFailed(fork.failure.why, fork.failure.status);
    // One that was taken back, and is answered all the same, is not heard.
    else if (this.state === 'established') session.media.establish();
  }

  /** A phone that answered too late: acknowledged, and hung up (RFC 3261 §13.2.2.4). */
  #drop({ session }: Fork, sending: Sending): void {
    session.release();
    sendWithin(this.core, session.dialog, { method: 'BYE', flow: sending.flow }, unheard);
  }
}

/** Whose answer changes nothing. */
const unheard: SendingUser = { answered: () => undefined, failed: () => undefined };
