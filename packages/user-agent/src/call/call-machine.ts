import type { Flow, HeaderLines, SipRequest, SipResponse } from '@ringdown/sip';
import { type Cause, causes, type EndedBy } from '../cause.ts';
import type { Core } from '../core.ts';
import type { MediaAnswer } from '../media/media-engine.ts';
import type { MediaSession } from '../media/media-session.ts';
import type { MediaWishes } from '../media/wishes.ts';
import type { Call } from './call.ts';
import type { CallSession } from './call-session.ts';
import { type CallAction, type CallState, type CallStimulus, callStates } from './call-table.ts';
import { reasonHeader } from './reason-header.ts';
import { mergeFragments } from './sdp-fragment.ts';
import type { SessionOwner } from './within-call.ts';

/**
 * One call (RFC 3261 §13): its state, and what a user can do with it. What an outgoing and an incoming one do differently is
 * theirs.
 */
export abstract class CallMachine implements SessionOwner {
  readonly id: string;
  abstract readonly direction: 'outgoing' | 'incoming';
  abstract readonly peer: string;
  protected readonly core: Core;
  protected session: CallSession | undefined;
  wishes: MediaWishes | undefined;
  protected cause: Cause = causes.hungUp;
  /** Candidates of the session that all forks begin with. */
  protected fragments = '';
  /** Why the way is to be found anew, as soon as there is somebody to tell. */
  #renewal: string | undefined;
  #by: EndedBy = 'us';
  #isReasonTold = false;
  #state: CallState;

  constructor(core: Core, id: string, initial: CallState) {
    this.core = core;
    this.id = id;
    this.#state = initial;
    core.parts.add(this);
  }

  get state(): CallState {
    return this.#state;
  }

  get isHeld(): boolean {
    return this.session?.isHeld ?? false;
  }

  get isHeldByPeer(): boolean {
    return this.session?.isHeldByPeer ?? false;
  }

  get dialog(): CallSession['dialog'] | undefined {
    return this.session?.isConfirmed === true ? this.session.dialog : undefined;
  }

  get mediaSession(): string | undefined {
    const media = (this.session ?? this.sessionBefore)?.media ?? this.mediaBefore;
    return media?.isUnderWay === true ? media.name : undefined;
  }

  hangUp(cause?: Cause): void {
    if (cause === undefined) this.end('hang up', this.causeOfHangingUp());
    else this.end('hang up', cause, 'network');
  }

  hold(): void {
    this.established().change.hold();
  }

  resume(): void {
    this.established().change.resume();
  }

  renew(why: string): void {
    const session = this.session ?? this.sessionBefore;
    if (session?.media?.isUnderWay === true) session.change.restart(why);
    else if (session === undefined) this.#renewal = why;
  }

  sendFragment(fragment: string, session = this.mediaSession): void {
    const known = this.sessions.find(({ media }) => media?.name === session);
    if (known !== undefined) known.trickle.add(fragment);
    else if (session === this.mediaBefore.name) {
      this.fragments = mergeFragments(this.fragments, fragment);
      for (const { trickle } of this.sessions) trickle.add(fragment);
    }
  }

  prackReceived(prack: SipRequest, flow: Flow): void {
    this.core.respond(prack, flow, 481);
  }

  acknowledged(_ack: SipRequest): void {}

  sendDigits(digits: string): void {
    if (!/^[0-9A-D*#]+$/.test(digits)) throw new RangeError(`"${digits}" are no DTMF digits`);
    this.established().sendDigits(digits);
  }

  transfer(target: string | Call): void {
    this.established().transfer.begin(target);
  }

  /** Through it the peer who asked for a transfer is told how it goes. */
  get referral(): CallSession['transfer'] | undefined {
    return this.session?.transfer;
  }

  protected causeOfHangingUp(): Cause {
    return this.#state === 'established' ? causes.hungUp : causes.cancelled;
  }

  protected established(): CallSession {
    if (this.session === undefined || this.#state !== 'established')
      throw new Error(`the call is not established: ${this.#state}`);
    return this.session;
  }

  /** Ends in silence. */
  close(): void {
    this.#state = 'ended';
    this.#giveBack();
  }

  #giveBack(): void {
    this.session?.close();
    this.closed();
    this.core.parts.delete(this);
  }

  /** A stimulus, where the reason for the end is known in case it is one. */
  end(stimulus: CallStimulus, cause: Cause, by: EndedBy = endedBy[stimulus] ?? 'network'): void {
    if (callStates[this.#state][stimulus] === undefined) return;
    // What made it end is what came first: the rest only follows.
    if (!isEnding.has(this.#state)) {
      this.cause = cause;
      this.#by = by;
      this.#isReasonTold = by === 'network' && (stimulus === 'hang up' || stimulus === 'media failed');
    }
    this.step(stimulus);
  }

  /** Tells the peer why, where nobody meant it. */
  protected get reason(): HeaderLines {
    return this.#isReasonTold ? reasonHeader(this.cause, this.core.ports.text) : [];
  }

  protected step(stimulus: CallStimulus, response?: SipResponse): void {
    const [next, ...actions] = callStates[this.#state][stimulus] ?? [];
    if (next === undefined) return;
    this.#state = next;
    for (const action of actions) {
      this.#do(action, response);
      // What was done may have led on: the rest belongs to a state that is over.
      if (this.#state !== next) return;
    }
  }

  #do(action: CallAction, response: SipResponse | undefined): void {
    switch (action) {
      case 'report':
        this.core.deliver({ kind: 'call established', call: this });
        if (this.isHeldByPeer) this.core.deliver({ kind: 'call held', call: this, by: 'peer' });
        break;
      case 'bye':
        this.session?.bye(this.reason, () => this.step('BYE answered'));
        if (this.session === undefined) this.step('BYE answered');
        break;
      case 'end':
        this.#giveBack();
        this.core.deliver({ kind: 'call ended', call: this, cause: this.cause, by: this.#by });
        break;
      default:
        this.act(action, response);
    }
  }

  /** What the engine knows of the call before anybody has answered. */
  protected abstract readonly mediaBefore: MediaSession;
  /** The dialog that counts before the call is established. */
  protected abstract readonly sessionBefore: CallSession | undefined;
  /** Every dialog of the call. */
  protected abstract readonly sessions: readonly CallSession[];

  /** The dialog that counts from here on. */
  protected adopt(session: CallSession): void {
    this.session = session;
    if (this.fragments !== '') session.trickle.add(this.fragments);
    if (this.#renewal !== undefined) session.change.restart(this.#renewal);
    this.#renewal = undefined;
  }
  /** What only one direction does. */
  protected abstract act(action: CallAction, response: SipResponse | undefined): void;
  /** The call is over: what the setup holds is let go. */
  protected abstract closed(): void;

  /** The engine gave what we asked for, or ends the call. */
  protected isDescribed(answer: MediaAnswer): answer is Extract<MediaAnswer, { kind: 'described' }> {
    if (answer.kind === 'described') return true;
    if (answer.kind === 'failed') this.mediaFailed(answer.why, answer.status);
    else this.mediaFailed('it answered something else', 500);
    return false;
  }

  protected mediaFailed(why: string, status: 488 | 500 = 488): void {
    this.end('media failed', {
      status,
      what: `No sound: ${why}.`,
      next:
        status === 488
          ? 'Allow more codecs, or another encryption, on one of both sides.'
          : 'Look whether microphone, loudspeaker and network are there.',
    });
  }
}

/** The reason is known, and the end under way. */
const isEnding: ReadonlySet<CallState> = new Set(['cancelling', 'leaving', 'ending']);

/** Who is behind a stimulus that ends a call; the network where it is nobody. */
const endedBy: Readonly<Partial<Record<CallStimulus, EndedBy>>> = {
  'hang up': 'us',
  'no answer': 'us',
  CANCEL: 'peer',
  BYE: 'peer',
};
