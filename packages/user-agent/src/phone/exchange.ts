import type { Clock, Text } from '@ringdown/sans-io';
import { bareHost, equalIgnoringCase, isSipUri, parseUri } from '@ringdown/sip';
import type { Call, IncomingCall } from '../call/call.ts';
import { type Cause, causes } from '../cause.ts';
import type { UserAgentEvent } from '../events.ts';
import type { MediaEvent } from '../media/media-event.ts';
import type { MediaWishes } from '../media/wishes.ts';
import type { RegistrationState } from '../registration/registration-table.ts';
import type { UserAgent } from '../user-agent.ts';
import type { CallOptions } from './call-options.ts';
import { checkWishes } from './check-wishes.ts';
import { deferred } from './deferred.ts';
import { Errands } from './errands.ts';
import { Audience } from './event-queue.ts';
import { IncomingLine, type IncomingLineExchange } from './incoming-line.ts';
import type { Line } from './line.ts';
import { OutgoingLine } from './outgoing-line.ts';
import { peerOf } from './peer.ts';
import type { ConnectOptions } from './phone.ts';
import type { IncomingPhoneCall, PhoneCall } from './phone-call.ts';
import { PhoneError } from './phone-error.ts';
import type { PhoneEvent } from './phone-event.ts';
import type { OpenPlatform, PhoneMedia } from './platform.ts';
import { Waits } from './waits.ts';
import type { Way } from './way.ts';

/** So many calls one phone has at most: more that come in are told that it is busy. */
const MAX_CALLS = 32;
/** How many events wait for a reader that is slow. */
const MAX_EVENTS = 512;
/** How long close waits for calls and watches to be over, and then for the registration. */
const LEAVING_MS = 3_000;
const UNREGISTERING_MS = 2_000;

const closed: Cause = { what: 'The phone is closed.', next: 'Connect again.' };

/**
 * A user agent and its calls, as promises and iterators. The machine tells what happens while it is at work: that is passed on
 * to who reads, and whatever has to be done about it waits until it has finished.
 */
export class Exchange<Sound = unknown> implements IncomingLineExchange<Sound> {
  readonly clock: Clock;
  readonly text: Text;
  readonly media: PhoneMedia<Sound>;
  readonly agent: UserAgent;
  readonly errands: Errands;
  readonly registered = deferred<void>();
  readonly events = new Audience<PhoneEvent>(eventRules);
  readonly incoming = new Audience<IncomingPhoneCall<Sound>>(incomingRules);
  readonly #options: ConnectOptions<Sound>;
  readonly #way: Way;
  readonly #waits: Waits;
  readonly #domain: string;
  readonly #lines = new Map<Call, Line<Sound>>();
  readonly #calls = new WeakMap<PhoneCall, Call>();
  /** The call that was made last because the peer of another asked for it. */
  readonly #followed = new WeakMap<Call, Call>();
  readonly #opened: OpenPlatform<Sound>;
  #observer: ((event: PhoneEvent) => void) | undefined;
  #isPublished = false;
  #closing: Promise<void> | undefined;
  #isOver = false;

  /** `makes`: makes the machine that tells its events to the exchange. @throws what it throws */
  constructor(
    options: ConnectOptions<Sound>,
    opened: OpenPlatform<Sound>,
    parts: {
      readonly way: Way;
      readonly domain: string;
      readonly makes: (deliver: (event: UserAgentEvent) => void) => UserAgent;
    },
  ) {
    const { clock, text, media, timers } = opened;
    this.#options = options;
    this.#observer = options.observe;
    this.#opened = opened;
    this.#way = parts.way;
    this.#domain = parts.domain;
    this.#waits = new Waits(timers);
    this.clock = clock;
    this.text = text;
    this.media = media;
    this.agent = parts.makes((event) => this.#told(event));
    this.errands = new Errands(this.agent);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get lines(): readonly PhoneCall[] {
    return [...this.#lines.values()];
  }

  mustBeOpen(): void {
    if (this.#closing !== undefined) throw new PhoneError(closed);
  }

  tell(event: PhoneEvent): void {
    this.events.tell(event);
    // In the order of what happens, and never from within the machine.
    if (this.#observer !== undefined) queued(() => this.#observe(event));
  }

  /** Whether anybody looks on. */
  get isObserved(): boolean {
    return this.events.size > 0 || this.#observer !== undefined;
  }

  #observe(event: PhoneEvent): void {
    try {
      this.#observer?.(event);
    } catch (error) {
      this.#observer = undefined;
      this.tell({ kind: 'dropped', why: `who observes failed: ${String(error)}` });
    }
  }

  later(action: () => void): void {
    Promise.resolve()
      .then(() => {
        if (!this.#isOver) action();
      })
      .catch((error: unknown) => this.tell({ kind: 'dropped', why: String(error) }));
  }

  machineOf(call: PhoneCall): Call | undefined {
    const machine = this.#calls.get(call);
    return machine !== undefined && this.#lines.has(machine) ? machine : undefined;
  }

  wishesOf(options: CallOptions<Sound>): MediaWishes {
    const defaults = this.#options;
    const profile = options.profile ?? defaults.profile;
    const security = options.security ?? defaults.security;
    const ice = options.ice ?? defaults.ice;
    const relayOnly = options.relayOnly ?? defaults.relayOnly;
    const duplicate = options.duplicate ?? defaults.duplicate;
    const { sound } = options;
    checkWishes(options);
    return {
      ...(profile !== undefined && { profile }),
      ...(security !== undefined && { security }),
      ...(ice !== undefined && { ice }),
      ...(relayOnly !== undefined && { relayOnly }),
      ...(duplicate !== undefined && { duplicate }),
      ...(sound !== undefined && { sound }),
    };
  }

  dial(target: string, options: CallOptions<Sound>): PhoneCall {
    this.mustBeOpen();
    return this.#follows(this.agent.call(target, this.wishesOf(options)), false);
  }

  mediaTold(event: MediaEvent): void {
    const call = this.agent.callOfSession(event.session);
    if (call !== undefined) this.#lines.get(call)?.mediaTold(event);
  }

  publish(status: Parameters<UserAgent['publish']>[0] | undefined): Promise<void> {
    this.#isPublished ||= status !== undefined;
    // What nobody was told of has not to be taken back.
    return this.#isPublished ? this.errands.publish(status) : Promise.resolve();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    this.#closing.catch(() => undefined);
    return this.#closing;
  }

  /** Ends what is left, in silence. */
  async abandon(): Promise<void> {
    this.#isOver = true;
    try {
      this.agent.close();
      for (const line of this.#lines.values()) line.closed('us', causes.hungUp);
      this.#lines.clear();
      this.errands.end(closed);
      this.incoming.end();
      this.events.end();
    } finally {
      await this.#opened.close();
    }
  }

  async #close(): Promise<void> {
    try {
      this.incoming.end();
      if (this.#isPublished) this.agent.withdraw();
      this.errands.leave();
      for (const line of this.#lines.values()) line.leave();
      await this.#waits.until(() => this.#isQuiet, LEAVING_MS);
      this.agent.unregister();
      await this.#waits.until(() => isGone(this.agent.registration), UNREGISTERING_MS);
    } finally {
      await this.abandon();
    }
  }

  get #isQuiet(): boolean {
    return this.#lines.size === 0 && this.errands.watching === 0 && !this.#isPublished;
  }

  #told(event: UserAgentEvent): void {
    if (this.#isOver) return;
    switch (event.kind) {
      case 'registration':
        this.#registrationTold(event.state, event.cause);
        break;
      case 'incoming call':
        this.#rings(event.call);
        break;
      case 'call ended':
        this.#lines.get(event.call)?.closed(event.by, event.cause);
        this.#lines.delete(event.call);
        break;
      case 'transfer asked':
        this.later(() => this.#transferAsked(event.call, event.target));
        break;
      case 'published':
        this.#isPublished = event.isKnown;
        this.errands.published();
        break;
      case 'publication failed':
        this.#isPublished = false;
        this.errands.notPublished(event.cause);
        this.tell({ kind: 'dropped', why: `nobody was told how we are: ${event.cause.what}` });
        break;
      case 'message':
        this.#writes(event);
        break;
      case 'dropped':
        this.tell(event);
        break;
      default:
        if (!this.errands.told(event)) this.#callTold(event);
    }
    this.#waits.look();
  }

  #writes({ kind, from, text, contentType }: Extract<UserAgentEvent, { kind: 'message' }>): void {
    const { name, uri } = peerOf(from, this.text);
    this.tell({ kind, from: uri, ...(name !== undefined && { fromName: name }), text, contentType });
  }

  #callTold(event: UserAgentEvent): void {
    const line = 'call' in event ? this.#lines.get(event.call) : undefined;
    if (line === undefined) return;
    switch (event.kind) {
      case 'call progress':
        line.progressed(event.status, event.hasEarlyMedia);
        break;
      case 'call redirected':
        line.redirected(event.target);
        break;
      case 'call offered again':
        line.offeredAgain(event.status, event.security);
        break;
      case 'call established':
        line.established();
        break;
      case 'call held':
      case 'call resumed':
        line.held(event.kind === 'call held', event.by);
        break;
      case 'change failed':
        line.changeFailed(event.change, event.cause);
        break;
      case 'transfer progress':
        line.transferProgressed(event.status);
        break;
      case 'digit':
        this.tell({ kind: 'digit', call: line, digit: event.digit });
        break;
    }
  }

  #registrationTold(state: RegistrationState, cause: Cause | undefined): void {
    const explained = cause && this.#way.explained(cause);
    this.tell({ kind: 'registration', state, ...(explained && { cause: explained }) });
    if (state === 'registered') this.registered.resolve();
    else if (state === 'refused' || state === 'waiting')
      this.registered.reject(new PhoneError(explained ?? causes.silence));
  }

  #rings(call: IncomingCall): void {
    if (this.#closing !== undefined) this.later(() => call.refuse(480));
    else if (call.replaces === undefined && this.#lines.size >= MAX_CALLS) {
      this.later(() => call.refuse(486));
      this.tell({
        kind: 'dropped',
        why: `${call.peer} was told that we are busy: ${MAX_CALLS} calls are many`,
      });
    } else {
      const replaced = call.replaces && this.#lines.get(call.replaces);
      const line = new IncomingLine(this, call, replaced?.isMuted ?? false);
      this.#keep(call, line);
      this.tell({ kind: 'incoming', call: line });
      this.incoming.tell(line);
      this.later(() => {
        if (this.#mayBeEarly(call, line)) line.makeReady();
        line.listen();
      });
    }
  }

  /** Whether who calls may learn our addresses before anybody has answered. */
  #mayBeEarly(call: IncomingCall, line: IncomingPhoneCall): boolean {
    if (!call.offersReliable) return false;
    switch (this.#options.early ?? 'own domain') {
      case 'everyone':
        return true;
      case 'own domain':
        return this.#isVouchedFor(line);
      case 'nobody':
        return false;
    }
  }

  /** Our server has asked those of our domain for their password; a From of it that comes past the server proves nothing. */
  #isVouchedFor({ isDirect, peer }: IncomingPhoneCall): boolean {
    const uri = parseUri(peer.uri);
    return !isDirect && isSipUri(uri) && equalIgnoringCase(bareHost(uri.host), this.#domain);
  }

  /** A peer asks us to call somebody else. Who may not be called is said to the peer; the call goes on. */
  #transferAsked(call: Call, target: string): void {
    const line = this.#lines.get(call);
    if (line === undefined || !this.#mayFollow(call, line, target)) {
      this.agent.decline(call);
      return;
    }
    let made: Call;
    try {
      made = this.agent.follow(call, target);
    } catch (error) {
      this.agent.decline(call);
      this.tell({ kind: 'dropped', why: `a transfer to ${target}: ${(error as Error).message}` });
      return;
    }
    this.#followed.set(call, made);
    const to = this.#follows(made, line.isMuted);
    this.tell({ kind: 'transferred', call: line, target, to });
  }

  /** One call at a time for each peer that asks: nobody makes us ring at many. */
  #mayFollow(call: Call, line: Line<Sound>, target: string): boolean {
    const { transfers } = this.#options;
    // Whoever calls would call on at our expense, and in our name: those whom the server knows have that by themselves.
    const isStranger = line instanceof IncomingLine && !this.#isVouchedFor(line);
    if (transfers === 'refuse' || (isStranger && transfers === undefined)) return false;
    if (this.#closing !== undefined) return false;
    const isFollowing = (this.#followed.get(call)?.state ?? 'ended') !== 'ended';
    return !isFollowing && /^sips?:/i.test(target) && this.#lines.size < MAX_CALLS;
  }

  #follows(call: Call, isMuted: boolean): PhoneCall {
    const line = new OutgoingLine(this, call, isMuted);
    this.#keep(call, line);
    this.tell({ kind: 'calling', call: line });
    return line;
  }

  #keep(call: Call, line: Line<Sound>): void {
    this.#lines.set(call, line);
    this.#calls.set(line, call);
  }
}

const queued = (action: () => void): void => void Promise.resolve().then(action);

const isGone = (state: RegistrationState): boolean => state === 'unregistered' || state === 'refused';

const eventRules = {
  capacity: MAX_EVENTS,
  replaces: (newer: PhoneEvent, older: PhoneEvent) =>
    newer.kind === 'quality' && older.kind === 'quality' && newer.call === older.call,
  isExpendable: ({ kind }: PhoneEvent) => kind === 'signalling' || kind === 'dropped' || kind === 'quality',
  missed: (count: number): PhoneEvent => ({
    kind: 'dropped',
    why: `${count} events were not read in time`,
  }),
};

const incomingRules = {
  capacity: MAX_CALLS,
  isStale: ({ state }: PhoneCall) => state === 'ended',
  isExpendable: ({ state }: PhoneCall) => state === 'ended',
};
