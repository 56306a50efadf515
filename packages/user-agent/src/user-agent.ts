import type { Instant } from '@ringdown/sans-io';
import {
  CallId,
  type DnsAnswer,
  dialogId,
  dialogIdOf,
  type Flow,
  type FlowFailure,
  formatHost,
  type HeaderLines,
  isSecure,
  Malformed,
  parseSipUriOnly,
  requestDefect,
  responseDefect,
  type ServerTransaction,
  type SipMessage,
  SipRequest,
  type SipResponse,
  type SipUri,
  To,
  Transactions,
  type TransactionUser,
  type TransportUser,
  tagOf,
  unescapeUri,
} from '@ringdown/sip';
import { firstHop, targetUri } from './account.ts';
import type { Call } from './call/call.ts';
import { CallMachine } from './call/call-machine.ts';
import { CallSession } from './call/call-session.ts';
import { IncomingCallMachine, inviteRefusal } from './call/incoming-call.ts';
import { OutgoingCall } from './call/outgoing-call.ts';
import type { SessionOwner } from './call/within-call.ts';
import { causes } from './cause.ts';
import { ABILITIES, Core, type DialogUser, METHODS } from './core.ts';
import { messageReceived, sendMessage } from './event/message.ts';
import { askOptions } from './event/options-query.ts';
import type { PresenceStatus } from './event/presence.ts';
import { Publication } from './event/publication.ts';
import { Subscription } from './event/subscription.ts';
import type { Watch } from './event/watch.ts';
import type { MediaAnswer } from './media/media-engine.ts';
import type { MediaWishes } from './media/wishes.ts';
import type { UserAgentOptions, UserAgentPorts } from './options.ts';
import { Registration } from './registration/registration.ts';
import type { RegistrationState } from './registration/registration-table.ts';

/** What a user agent holds. */
export interface Kept {
  readonly dialogs: number;
  readonly mediaSessions: number;
  readonly serverTransactions: number;
  readonly clientTransactions: number;
}

/** A phone of one account: what a user does with it, and what comes in from the network. */
export interface UserAgent extends TransportUser {
  readonly registration: RegistrationState;
  /** Registers, and stays registered. */
  register(): void;
  unregister(): void;
  /**
   * The network or our address changed, or the device woke from a sleep: registers over a new flow at once, and as soon as that
   * stands tells the peers of all calls where we are, with a new way for their media ({@link Call.renew}).
   */
  moved(): void;
  /**
   * Calls a SIP URI, `user@domain`, or a user of our own domain.
   *
   * @throws TypeError where that is nobody who can be called
   */
  call(target: string, wishes?: MediaWishes): Call;
  /** The call that a session of the media engine belongs to; undefined for one that is over. */
  callOfSession(session: string): Call | undefined;
  /**
   * Makes the call that the peer of another one asked for, and tells him how it goes. Its media are like those of that one where
   * nothing else is wished for.
   */
  follow(call: Call, target: string, wishes?: MediaWishes): Call;
  /** Does not. */
  decline(call: Call): void;
  /**
   * Sends a text (RFC 3428). `message sent` or `message failed` tells what became of it, by the name that comes back.
   *
   * @throws RangeError for one that is too long for UDP, where that is what we speak
   */
  message(target: string, text: string): string;
  /**
   * Asks what somebody's phone can do (RFC 3261 §11). `options answered` or `options failed` tells it, by the name that comes back.
   *
   * @throws TypeError where that is nobody who can be asked
   */
  options(target: string): string;
  /** Wants to know how somebody is, until it is stopped. */
  watch(target: string): Watch;
  /** Tells those who watch us how we are, until it is withdrawn. */
  publish(status: PresenceStatus): void;
  withdraw(): void;
  dnsAnswered(id: number, answer: DnsAnswer): void;
  /** A STUN message came to where SIP is spoken (RFC 7983). */
  stunReceived(bytes: Uint8Array, flow: Flow): void;
  mediaAnswered(id: number, answer: MediaAnswer): void;
  /** How much is kept at present: for those who look whether all is given back. */
  readonly kept: Kept;
  /** Ends everything in silence: nobody is told, and nothing is sent or fires any more. */
  close(): void;
}

/** How often strangers are told of. */
const STRANGERS_MS = 60_000;

class Agent implements UserAgent, TransactionUser {
  readonly #core: Core;
  readonly #registration: Registration;
  readonly #publication: Publication;
  /** When one who came past our server was told of last, and how many came since. */
  #strangers: { readonly toldAt: Instant | undefined; readonly untold: number } = {
    toldAt: undefined,
    untold: 0,
  };

  constructor(options: UserAgentOptions, ports: UserAgentPorts) {
    const { transport, timers } = ports;
    const transactions = new Transactions(
      { transport, timers, ...(options.times && { times: options.times }) },
      this,
    );
    firstHop(options.account);
    this.#core = new Core(options, ports, transactions);
    this.#registration = new Registration(this.#core);
    this.#publication = new Publication(this.#core);
  }

  get registration(): RegistrationState {
    return this.#registration.state;
  }

  register(): void {
    this.#registration.start();
  }

  unregister(): void {
    this.#registration.stop();
  }

  moved(): void {
    if (this.#registration.isWanted) this.#registration.moved();
    else this.#core.moved(true);
  }

  call(target: string, wishes?: MediaWishes): Call {
    return new OutgoingCall(this.#core, { uri: this.#uri(target), wishes });
  }

  callOfSession(session: string): Call | undefined {
    return this.#core.media.callOf(session);
  }

  message(target: string, text: string): string {
    return sendMessage(this.#core, this.#uri(target), text);
  }

  options(target: string): string {
    return askOptions(this.#core, this.#uri(target));
  }

  watch(target: string): Watch {
    return new Subscription(this.#core, this.#uri(target));
  }

  publish(status: PresenceStatus): void {
    this.#publication.publish(status);
  }

  withdraw(): void {
    this.#publication.withdraw();
  }

  #uri(target: string): string {
    const uri = targetUri(this.#core.account, target);
    if (uri instanceof Malformed) throw new TypeError(`nobody can be reached there: ${uri.why}`);
    this.#mustBeAsSecure(uri);
    return uri.text;
  }

  /** `sips:` asks for TLS on every hop, of which ours is the first (RFC 3261 §26.2.2). */
  #mustBeAsSecure({ scheme }: SipUri): void {
    const { flow } = this.#core;
    if (scheme === 'sips' && flow !== undefined && !isSecure(flow.transport))
      throw new TypeError(
        `sips: asks for TLS all the way, and the server is spoken with over ${flow.transport}: register over TLS, or write sip:`,
      );
  }

  follow(call: Call, target: string, wishes?: MediaWishes): Call {
    const transfer = referralOf(call);
    const uri = parseSipUriOnly(target);
    if (uri instanceof Malformed) throw new TypeError(`nobody can be called there: ${uri.why}`);
    this.#mustBeAsSecure(uri);
    const replaces = /(?:^|&)Replaces=([^&]*)/i.exec(uri.headers ?? '')?.[1];
    const named = replaces === undefined ? undefined : unescapeUri(replaces);
    // What was escaped could end the line, and begin a header of its own.
    if (named !== undefined && !/^[\x21-\x7e]+$/.test(named))
      throw new TypeError('nobody can be called there: Replaces is no name of a dialog');
    return new OutgoingCall(this.#core, {
      uri: target.split('?')[0] ?? target,
      replaces: named,
      wishes: wishes ?? (call instanceof CallMachine ? call.wishes : undefined),
      told: (status) => transfer?.tell(status),
    });
  }

  decline(call: Call): void {
    referralOf(call)?.tell(603);
  }

  dnsAnswered(id: number, answer: DnsAnswer): void {
    this.#core.locator.answered(id, answer, this.#core.ports.clock.now());
  }

  stunReceived(bytes: Uint8Array, flow: Flow): void {
    this.#registration.stunReceived(bytes, flow);
  }

  mediaAnswered(id: number, answer: MediaAnswer): void {
    this.#core.media.answered(id, answer);
  }

  get kept(): Kept {
    const { dialogs, media, transactions } = this.#core;
    const { servers, clients } = transactions.size;
    return {
      dialogs: dialogs.size,
      mediaSessions: media.open,
      serverTransactions: servers,
      clientTransactions: clients,
    };
  }

  close(): void {
    this.#core.close();
  }

  messageReceived(message: SipMessage, flow: Flow): void {
    if (this.#core.isClosed) return;
    const isRequest = message instanceof SipRequest;
    const defect = isRequest ? requestDefect(message) : responseDefect(message);
    if (defect === undefined) {
      if (isRequest) this.#core.transactions.requestArrived(message, flow);
      else this.#core.transactions.responseArrived(message, flow);
      return;
    }
    if (isRequest)
      this.#core.transactions.respondStateless(message, flow, defect.status, { toTag: 'defect' });
    this.#core.deliver({ kind: 'dropped', why: defect.why });
  }

  flowFailed(flow: Flow, failure: FlowFailure): void {
    this.#core.transactions.flowFailed(flow, failure);
    this.#registration.flowFailed(flow);
  }

  requestReceived(request: SipRequest, flow: Flow): void {
    const core = this.#core;
    if (tagOf(request.get(To)) !== undefined) {
      const dialog = core.dialogs.get(dialogIdOf(request) ?? '') ?? this.#notified(request);
      if (dialog === undefined) core.respond(request, flow, 481);
      else dialog.requestReceived(request, flow);
      return;
    }
    if (!core.admits(flow)) {
      this.#refuseStranger(request, flow);
      return;
    }
    switch (request.method) {
      case 'INVITE':
        this.#invited(request, flow);
        break;
      case 'MESSAGE':
        messageReceived(core, request, flow);
        break;
      case 'OPTIONS':
        core.respond(request, flow, 200, { headers: capabilities });
        break;
      default:
        core.respond(request, flow, 405, { headers: [['Allow', METHODS]] });
    }
  }

  ackReceived(ack: SipRequest): void {
    this.#core.dialogs.get(dialogIdOf(ack) ?? '')?.ackReceived(ack);
  }

  strayResponse(response: SipResponse): void {
    this.#core.deliver({ kind: 'dropped', why: `a ${response.status} to no request of ours` });
  }

  responseFailed(why: string, _transaction: ServerTransaction): void {
    this.#core.deliver({ kind: 'dropped', why });
  }

  /** Nothing is kept of him, and he learns nothing of us. */
  #refuseStranger(request: SipRequest, flow: Flow): void {
    const { transactions } = this.#core;
    transactions.respondStateless(request, flow, 403, {
      reason: 'Not Through The Server',
      toTag: 'stranger',
    });
    const now = this.#core.ports.clock.now();
    const { toldAt, untold } = this.#strangers;
    // Those who try every address of the world come often: told is one of them, and how many there were.
    if (toldAt !== undefined && now - toldAt < STRANGERS_MS) {
      this.#strangers = { toldAt, untold: untold + 1 };
      return;
    }
    this.#strangers = { toldAt: now, untold: 0 };
    const { address, port } = flow.remote;
    const others = untold === 0 ? '' : `; before it ${untold} more`;
    const why = `${request.method} from ${formatHost(address)}:${port}, which is not our server${others}`;
    this.#core.deliver({ kind: 'dropped', why });
  }

  /** A NOTIFY that comes before the answer to its SUBSCRIBE: the notifier's tag is not known yet. */
  #notified(request: SipRequest): DialogUser | undefined {
    if (request.method !== 'NOTIFY') return undefined;
    const localTag = tagOf(request.get(To)) ?? '';
    return this.#core.dialogs.get(dialogId(request.get(CallId) ?? '', localTag, ''));
  }

  #invited(request: SipRequest, flow: Flow): void {
    const core = this.#core;
    const refusal = inviteRefusal(request, core.options.minSessionSeconds);
    if (refusal !== undefined) {
      core.respond(request, flow, refusal.status, { headers: refusal.headers });
      return;
    }
    for (const user of core.dialogs.values())
      if (user instanceof CallSession && isSameCall(user.call, request)) {
        core.respond(request, flow, 482);
        return;
      }
    const replaces = request.text('Replaces');
    const replaced = replaces === undefined ? undefined : this.#callOf(replaces);
    if (replaces !== undefined && replaced === undefined) {
      core.respond(request, flow, 481);
      return;
    }
    if (replaced === undefined && !core.options.takesCalls) {
      core.respond(request, flow, 480);
      return;
    }
    const call = IncomingCallMachine.of(core, request, flow, replaced);
    if (call instanceof Malformed) {
      core.respond(request, flow, 400, { reason: call.why });
      return;
    }
    if (replaced === undefined) {
      call.ring();
      core.deliver({ kind: 'incoming call', call });
      return;
    }
    // RFC 3891 §3: it takes the other's place without ringing.
    core.deliver({ kind: 'incoming call', call });
    call.answer(replaced.wishes);
    replaced.end('hang up', causes.replaced, 'peer');
  }

  /** The established call that a Replaces header names (RFC 3891 §3): its tags are those of our side. */
  #callOf(replaces: string): SessionOwner | undefined {
    const [callId = '', ...parameters] = replaces.split(';').map((part) => part.trim());
    const tag = (name: string): string =>
      parameters
        .find((parameter) => parameter.toLowerCase().startsWith(`${name}=`))
        ?.slice(name.length + 1) ?? '';
    const session = this.#core.dialogs.get(dialogId(callId, tag('to-tag'), tag('from-tag')));
    return session instanceof CallSession && session.isConfirmed && session.isOpen ? session.call : undefined;
  }
}

/** Whether an INVITE came before by another way. */
const isSameCall = (call: Call, invite: SipRequest): boolean =>
  call instanceof IncomingCallMachine && call.isSameAs(invite);

const referralOf = (call: Call) => (call instanceof CallMachine ? call.referral : undefined);

const capabilities: HeaderLines = [
  ...ABILITIES,
  ['Accept', 'application/sdp, application/trickle-ice-sdpfrag'],
];

/**
 * Makes the phone of an account.
 *
 * @throws TypeError where the account's domain or proxy is none
 */
export const createUserAgent = (options: UserAgentOptions, ports: UserAgentPorts): UserAgent =>
  new Agent(options, ports);
