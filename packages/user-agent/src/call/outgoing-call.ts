import {
  type Dialog,
  dialogOfResponse,
  Malformed,
  Require,
  RetryAfter,
  type SipResponse,
  To,
  tagOf,
} from '@ringdown/sip';
import { Alarm } from '../alarm.ts';
import { causeOf, causes, refusedBy } from '../cause.ts';
import { type Core, EXTENSIONS, METHODS } from '../core.ts';
import type { MediaSession } from '../media/media-session.ts';
import type { MediaWishes } from '../media/wishes.ts';
import { sendOutside } from '../sending/outside.ts';
import type { SendFailure, Sending, SendingUser } from '../sending/sending.ts';
import { Acknowledgement, sendWithin } from '../sending/within.ts';
import { CallMachine } from './call-machine.ts';
import { CallSession } from './call-session.ts';
import type { CallAction } from './call-table.ts';
import { EarlyDialog } from './early-dialog.ts';
import { sdpOf, sdpType } from './sdp-body.ts';
import { sessionExpiresOf } from './session-timer.ts';

/** One phone that our INVITE reached: its early dialog and what it answered to our offer (RFC 3261 §13.2.2.4). */
interface Fork {
  readonly dialog: Dialog;
  media: MediaSession | undefined;
  /** Why its answer could not be taken. */
  failure?: string;
  /** The number of its last reliable response (RFC 3262 §4). */
  lastReliable: number | undefined;
  ack: Acknowledgement | undefined;
}

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
  /** Whose answer is never taken: each fork has its own. */
  readonly #media: MediaSession;
  #offer = '';
  #sending: Sending | undefined;
  #winner: Fork | undefined;
  #latest: Fork | undefined;
  #sessionSeconds: number;

  constructor(core: Core, parts: OutgoingParts) {
    super(core, core.token(), 'preparing');
    this.peer = `<${parts.uri}>`;
    this.#parts = parts;
    this.#fromTag = core.token();
    this.#sessionSeconds = core.options.sessionSeconds;
    this.#patience = new Alarm(core.ports.timers, () => this.end('no answer', causes.noAnswer));
    this.wishes = parts.wishes;
    this.#media = core.media.openFor(this);
    this.#media.offer({ wishes: parts.wishes }, (answer) => {
      if (!this.isDescribed(answer)) return;
      this.#offer = answer.description;
      this.step('described');
    });
  }

  provisional(response: SipResponse, sending: Sending): void {
    if (response.status === 100 || this.state === 'ended') return;
    this.#parts.told?.(response.status);
    const fork = this.#forkOf(response, sending);
    const isReliable = response.texts(Require).some((tag) => tag.toLowerCase() === '100rel');
    if (fork !== undefined && isReliable && !this.#acknowledges(fork, response, sending)) return;
    const answer = sdpOf(response, this.core.ports.text);
    if (fork !== undefined && answer !== undefined) this.#answer(fork, answer);
    if (fork?.media !== undefined) this.#latest = fork;
    this.step('progress', response);
  }

  answered(response: SipResponse, sending: Sending): void {
    const { status } = response;
    if (status >= 300) {
      this.#refused(response);
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
    if (fork.dialog.state === 'early') fork.dialog.confirm(response);
    fork.ack = new Acknowledgement(this.core, fork.dialog, sending.request, sending.flow);
    fork.ack.send();
    // One that comes when all is over is hung up like one that comes too late.
    if (this.#winner === undefined && this.state !== 'ended') {
      this.#winner = fork;
      this.#parts.told?.(status);
      this.step('2xx', response);
    } else this.#drop(fork, sending);
  }

  failed(failure: SendFailure): void {
    const cause = failure === 'no network' ? causes.noNetwork : causes.silence;
    this.#parts.told?.(failure === 'silence' ? 408 : 503);
    this.end('refused', cause, 'network');
  }

  /** Of several phones that let us hear something, the one that did last. */
  protected override get mediaBefore(): MediaSession {
    return this.#latest?.media ?? this.#media;
  }

  protected override act(action: CallAction, response: SipResponse | undefined): void {
    switch (action) {
      case 'invite':
        this.#invite();
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
          hasEarlyMedia: [...this.#forks.values()].some(({ media }) => media !== undefined),
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
    for (const fork of this.#forks.values()) {
      if (fork === this.#winner) continue;
      fork.media?.close();
      this.core.dialogs.delete(fork.dialog.id);
    }
  }

  #invite(): void {
    const { minSessionSeconds, ringMs } = this.core.options;
    const { replaces, uri } = this.#parts;
    this.#patience.set(ringMs);
    this.#sending = sendOutside(
      this.core,
      {
        method: 'INVITE',
        uri,
        callId: this.id,
        fromTag: this.#fromTag,
        sequence: this.#sequence,
        withContact: true,
        headers: [
          ['Allow', METHODS],
          ['Supported', EXTENSIONS],
          ['Session-Expires', String(this.#sessionSeconds)],
          ['Min-SE', String(minSessionSeconds)],
          ...(replaces === undefined ? [] : [['Replaces', replaces] as const]),
          ...sdpType,
        ],
        body: this.core.ports.text.utf8Bytes(this.#offer),
      },
      this,
    );
  }

  #refused(response: SipResponse): void {
    const { status } = response;
    const minimum = Number.parseInt(response.text('Min-SE') ?? '', 10);
    if (status === 422 && minimum > this.#sessionSeconds && this.state !== 'cancelling') {
      this.#sessionSeconds = minimum;
      this.#invite();
      return;
    }
    this.#parts.told?.(status);
    this.end('refused', causeOf(status, response.get(RetryAfter)), refusedBy(status));
  }

  #forkOf(response: SipResponse, sending: Sending): Fork | undefined {
    const tag = tagOf(response.get(To));
    const known = tag === undefined ? undefined : this.#forks.get(tag);
    if (known !== undefined) return known;
    const dialog = dialogOfResponse(sending.request, response, sending.isSecure);
    if (dialog instanceof Malformed) return undefined;
    const fork: Fork = { dialog, media: undefined, lastReliable: undefined, ack: undefined };
    this.#forks.set(tag ?? '', fork);
    if (dialog.state === 'early')
      this.core.dialogs.set(dialog.id, new EarlyDialog(this.core, dialog, () => fork.media));
    return fork;
  }

  #answer(fork: Fork, answer: string): void {
    if (fork.media !== undefined) return;
    fork.media = this.#media.fork();
    const { media } = fork;
    media.takeAnswer(answer, (taken) => {
      if (taken.kind === 'failed') {
        // Before the call is answered another phone may still do better.
        fork.failure = taken.why;
        if (fork === this.#winner) this.mediaFailed(taken.why);
      } else if (fork === this.#winner && taken.peerHolds) this.session?.peerHolds(true);
    });
  }

  /** PRACK (RFC 3262 §4). @returns false for a retransmission, and for one whose turn has not come. */
  #acknowledges(fork: Fork, response: SipResponse, sending: Sending): boolean {
    const number = Number.parseInt(response.text('RSeq') ?? '', 10);
    if (Number.isNaN(number)) return true;
    if (fork.lastReliable !== undefined && number !== fork.lastReliable + 1) return false;
    fork.lastReliable = number;
    const invite = sending.request.text('CSeq') ?? '';
    sendWithin(
      this.core,
      fork.dialog,
      { method: 'PRACK', headers: [['RAck', `${number} ${invite}`]], flow: sending.flow },
      unheard,
    );
    return true;
  }

  #confirm(response: SipResponse): void {
    this.#patience.stop();
    const fork = this.#winner!;
    const sending = this.#sending!;
    const answer = sdpOf(response, this.core.ports.text);
    if (answer !== undefined) this.#answer(fork, answer);
    const isUnanswered = fork.media === undefined;
    fork.media ??= this.#media.fork();
    this.#forgetOthers();
    this.session = new CallSession(this.core, this, {
      dialog: fork.dialog,
      flow: sending.flow,
      media: fork.media,
      ownsCallId: true,
      peerAllows: response.text('Allow'),
      expires: sessionExpiresOf(response),
    });
    if (isUnanswered) this.mediaFailed('the other side described none');
    else if (fork.failure !== undefined) this.mediaFailed(fork.failure);
    // One that was taken back, and is answered all the same, is not heard.
    else if (this.state === 'established') fork.media.establish();
  }

  /** A phone that answered too late: acknowledged, and hung up (RFC 3261 §13.2.2.4). */
  #drop(fork: Fork, sending: Sending): void {
    fork.media?.close();
    sendWithin(this.core, fork.dialog, { method: 'BYE', flow: sending.flow }, unheard);
  }
}

/** Whose answer changes nothing. */
const unheard: SendingUser = { answered: () => undefined, failed: () => undefined };
