import type { Instant, Timer, TimerTarget } from '@ringdown/sans-io';
import {
  type ClientFailure,
  type ClientTransaction,
  type ClientTransactionUser,
  type Destination,
  edit,
  type Flow,
  type HeaderLines,
  isSipUri,
  type LocateFailure,
  MAGIC_COOKIE,
  Malformed,
  parseUri,
  type SipRequest,
  type SipResponse,
  type SipUri,
  Via,
} from '@ringdown/sip';
import type { Target } from '../incoming.ts';
import { droppedIdentities, hasIdentity } from './asserted-identity.ts';
import type { FinalAnswer } from './best-response.ts';
import { withoutOwnChallenges } from './own-realms.ts';
import { NOT_PUBLIC, type RelayServices, reachable } from './relay.ts';
import type { UnheardRequest, Waiting } from './unheard.ts';
import { routeUri } from './way.ts';

/** Over UDP a longer request goes by TCP instead, if the next hop takes TCP (RFC 3261 §18.1.1). */
const UDP_LIMIT = 1_300;

/** What all branches of a request have in common. */
export interface BranchContext {
  readonly isInvite: boolean;
  /** Ends the branch parameter; see `routingHash`. */
  readonly routingHash: string;
  /** Whether the sender may know who answers whatever that one wants; see `droppedIdentities`. */
  readonly isCallerTrusted: boolean;
  /** About how many bytes the request will have. */
  readonly size: number;
}

/** Who forked, and gets what comes of each branch. */
export interface BranchOwner {
  /** Writes the request for this target over this flow, with this branch. */
  write(target: Target, flow: Flow, branch: string): SipRequest;
  provisional(response: SipResponse, branch: Branch): void;
  /** Another 2xx to INVITE, after the branch has ended: a retransmission, or another phone behind the next proxy. */
  accepted(response: SipResponse): void;
  /** The branch has its final answer. Called once. */
  ended(branch: Branch, answer: FinalAnswer, why: string | undefined): void;
}

/** One way on which a request was forwarded: finds the next hop, tries its destinations in turn, and ends with an answer. */
export class Branch implements ClientTransactionUser, TimerTarget, UnheardRequest {
  /** Let go at the end: a branch that has had its 2xx waits on for others, and these hang on the request. */
  private target: Target | undefined;
  private nextRoute: string | undefined;
  private readonly isPhone: boolean;
  private readonly context: BranchContext;
  private readonly owner: BranchOwner;
  private readonly services: RelayServices;
  private destinations: readonly Destination[] = [];
  private transaction: ClientTransaction | undefined = undefined;
  private timer: Timer | undefined = undefined;
  private heard = false;
  /** While the phone has not said a word. */
  private unheard: Waiting | undefined = undefined;
  private cancelling = false;
  private cancelHeaders: HeaderLines = [];
  private cancelSent = false;
  private rangTooLong = false;
  private answered = false;

  /** @param nextRoute the first Route value that the request will have, which is its next hop (RFC 3261 §16.6 step 7) */
  constructor(
    target: Target,
    nextRoute: string | undefined,
    context: BranchContext,
    owner: BranchOwner,
    services: RelayServices,
  ) {
    this.target = target;
    this.isPhone = target.isPhone;
    this.nextRoute = nextRoute;
    this.context = context;
    this.owner = owner;
    this.services = services;
  }

  /** Whether no final answer has come yet. */
  get pending(): boolean {
    return !this.answered;
  }

  start(): void {
    if (this.answered) return;
    const { flow: key, isPhone } = this.asked();
    const flow = key === undefined ? undefined : this.services.transport.flowOf(key);
    if (flow?.open === true) {
      this.send(flow);
      return;
    }
    if (isPhone) {
      this.end({ status: 480, response: undefined }, 'the connection of the phone is gone');
      return;
    }
    const next = this.nextHop();
    if (next instanceof Malformed) this.end({ status: 416, response: undefined }, next.why);
    else this.locate(next);
  }

  /** Ends this branch's INVITE: at once where a provisional response came, else as soon as one does (§9.1). */
  private cancel(headers: HeaderLines): void {
    if (this.answered || this.cancelling || !this.context.isInvite) return;
    this.cancelling = true;
    this.cancelHeaders = headers;
    if (this.transaction === undefined)
      this.end({ status: 487, response: undefined }, 'cancelled before it was sent');
    else if (this.heard) this.sendCancel();
  }

  /**
   * Nobody waits for this branch any more: it tries nothing further, and an INVITE is cancelled.
   *
   * @param headers what the CANCEL says of its reasons (RFC 3326)
   */
  stop(headers: HeaderLines): void {
    if (this.context.isInvite) this.cancel(headers);
    else this.answered = true;
  }

  /** The phone has said nothing yet and is elsewhere now: the same transaction goes on there. */
  moved(key: string): void {
    const { transaction, services } = this;
    const flow = services.transport.flowOf(key);
    const request = transaction?.request;
    if (request === undefined || this.heard || this.cancelling || flow?.open !== true) return;
    // A Via names the transport: over another one it would be another transaction, and the request another's.
    if (transaction?.flow.transport !== flow.transport) return;
    const branch = transaction.key.slice(0, transaction.key.indexOf(' '));
    transaction.abandon();
    this.transaction = services.transactions.request(request, flow, branch, this);
  }

  responseReceived(received: SipResponse, transaction: ClientTransaction): void {
    const { status } = received;
    this.isHeard();
    // §16.7 step 3: what has no Via but ours was never asked for by anybody.
    if (received.count(Via.header) < 2 && received.texts(Via).length < 2) return;
    const response = hasIdentity(received) ? this.believed(received, transaction.flow) : received;
    if (status < 200) this.provisional(response);
    else if (status < 300 && this.context.isInvite) {
      if (this.answered) this.owner.accepted(response);
      else this.end({ status, response }, undefined);
    } else if (transaction === this.transaction) this.final(response);
  }

  requestFailed(failure: ClientFailure, why: string, transaction: ClientTransaction): void {
    if (transaction !== this.transaction || this.answered) return;
    if (this.cancelling) this.endCancelled();
    else if (!this.tryNext()) this.end({ status: this.statusOf(failure), response: undefined }, why);
  }

  /** Who answers is taken from those who are trusted only (RFC 3325 §5), and a phone is nobody's authority. */
  private believed(response: SipResponse, flow: Flow): SipResponse {
    const isTrusted = !this.isPhone && this.services.trusts(flow.remote.address);
    const change = edit(response);
    for (const header of droppedIdentities(response, isTrusted, this.context.isCallerTrusted))
      change.remove(header);
    return change.build();
  }

  /** Timer C, or the time after a CANCEL, is over. */
  timerFired(_name: string, _now: Instant): void {
    this.timer = undefined;
    this.rangTooLong ||= !this.cancelling;
    if (this.heard && !this.cancelling) {
      this.cancelling = true;
      this.sendCancel();
      return;
    }
    this.transaction?.abandon();
    this.endCancelled();
  }

  /** A phone whose connection broke is not there; another server that cannot be reached is a fault on the way (§16.9). */
  private statusOf(failure: ClientFailure): number {
    if (failure === 'timeout') return 408;
    return this.asked().isPhone ? 480 : 503;
  }

  private provisional(response: SipResponse): void {
    this.heard = true;
    if (this.cancelling) {
      this.sendCancel();
      return;
    }
    if (response.status === 100 || this.answered) return;
    if (this.context.isInvite) this.setTimer(this.services.times.timerCMs);
    this.owner.provisional(response, this);
  }

  /** Whatever it says, it has heard the request. */
  private isHeard(): void {
    if (this.unheard !== undefined) this.services.unheard.delete(this.unheard);
    this.unheard = undefined;
  }

  private final(response: SipResponse): void {
    if (this.answered) return;
    if (response.status === 503 && !this.cancelling && this.tryNext()) return;
    const { status } = response;
    const isChallenge = status === 401 || status === 407;
    const asked = isChallenge ? withoutOwnChallenges(response, this.services.realms) : response;
    if (this.rangTooLong) this.endCancelled();
    else if (asked === undefined)
      this.end({ status: 403, response: undefined }, 'it asked for credentials of ours');
    else this.end({ status, response: asked }, undefined);
  }

  private endCancelled(): void {
    const why = this.rangTooLong ? 'it rang and nobody answered in time' : undefined;
    this.end({ status: this.rangTooLong ? 408 : 487, response: undefined }, why);
  }

  private nextHop(): SipUri | Malformed {
    if (this.nextRoute !== undefined)
      return routeUri(this.nextRoute) ?? new Malformed('the next Route is no SIP URI');
    const uri = parseUri(this.asked().uri);
    if (uri instanceof Malformed || isSipUri(uri)) return uri;
    return new Malformed(`"${uri.scheme}:" leads nowhere from here`);
  }

  private locate(next: SipUri): void {
    const { locator, transports, now, mayReach } = this.services;
    locator.locate(next, { transports }, now(), (result) => {
      if (this.answered) return;
      if (result.kind === 'failed') {
        this.end({ ...unlocated(result.failure), response: undefined }, result.why);
        return;
      }
      const allowed = reachable(result.destinations, mayReach, this.asked().heardFrom);
      if (allowed.length === 0) {
        const { address, port } = result.destinations[0]!;
        this.end({ status: 403, response: undefined, reason: NOT_PUBLIC }, notPublic(address, port));
        return;
      }
      this.destinations = this.context.size > UDP_LIMIT ? preferringTcp(allowed) : allowed;
      if (!this.tryNext())
        this.end({ status: 503, response: undefined }, 'no socket of ours reaches the next hop');
    });
  }

  /** Sends to the next destination (RFC 3263 §4.3); false where none is left. */
  private tryNext(): boolean {
    for (let next = this.destinations[0]; next !== undefined; next = this.destinations[0]) {
      this.destinations = this.destinations.slice(1);
      const flow = this.services.transport.flowTo(next);
      if (flow === undefined) continue;
      this.send(flow);
      return true;
    }
    return false;
  }

  private send(flow: Flow): void {
    const branch = `${MAGIC_COOKIE}${this.services.random.token(12)}.${this.context.routingHash}`;
    this.heard = false;
    if (this.context.isInvite) this.setTimer(this.services.times.timerCMs);
    const { device } = this.asked();
    if (device !== undefined) this.unheard ??= this.services.unheard.add(device, this);
    const request = this.owner.write(this.asked(), flow, branch);
    this.transaction = this.services.transactions.request(request, flow, branch, this);
  }

  /** Once: whatever the phone goes on to say, it is not waited for any longer. */
  private sendCancel(): void {
    if (this.cancelSent) return;
    this.cancelSent = true;
    this.setTimer(this.services.times.cancelledMs);
    if (this.transaction !== undefined)
      this.services.transactions.cancel(this.transaction, this.cancelHeaders);
  }

  /** The target, while no answer has come. */
  private asked(): Target {
    if (this.target === undefined) throw new Error('a branch that has its answer asks nobody');
    return this.target;
  }

  private setTimer(delayMs: number): void {
    if (this.timer !== undefined) this.services.timers.stop(this.timer);
    this.timer = this.services.timers.start(this, 'timer C', delayMs);
  }

  private end(answer: FinalAnswer, why: string | undefined): void {
    if (this.answered) return;
    this.answered = true;
    if (this.timer !== undefined) this.services.timers.stop(this.timer);
    this.timer = undefined;
    this.isHeard();
    this.target = undefined;
    this.nextRoute = undefined;
    this.destinations = [];
    this.owner.ended(this, answer, why);
  }
}

const notPublic = (address: string, port: number): string =>
  `${address}:${port} is in no public network and none that the operator opened`;

/** Before each destination by UDP the same by TCP: where that cannot be reached, UDP has to do. */
const preferringTcp = (destinations: readonly Destination[]): readonly Destination[] =>
  destinations.flatMap((destination) =>
    destination.transport === 'udp'
      ? [{ ...destination, transport: 'tcp' as const }, destination]
      : [destination],
  );

/** What the caller is told of a next hop that RFC 3263 does not find: a 404 alone would say that the domain has no such user. */
const unlocated = (failure: LocateFailure): Pick<FinalAnswer, 'status' | 'reason'> => {
  switch (failure) {
    case 'busy':
      return { status: 503 };
    case 'timeout':
    case 'server failure':
      return { status: 504 };
    case 'no such domain':
      return { status: 404, reason: 'No Such Domain' };
    case 'no address':
    case 'no transport':
      return { status: 404, reason: 'No Way To That Domain' };
  }
};
