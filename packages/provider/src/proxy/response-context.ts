import type { Instant } from '@ringdown/sans-io';
import {
  buildResponse,
  CallId,
  edit,
  type Flow,
  flowKey,
  type HeaderLines,
  MaxBreadth,
  Reason,
  type ServerTransaction,
  type SipRequest,
  type SipResponse,
  Via,
} from '@ringdown/sip';
import type { Account } from '../accounts/account.ts';
import type { FlowToken, Target, Way } from '../incoming.ts';
import type { PendingPlace } from '../policy/pending-relays.ts';
import { droppedIdentities } from './asserted-identity.ts';
import { bestAnswer, type FinalAnswer, gatherChallenges } from './best-response.ts';
import { Branch, type BranchContext, type BranchOwner } from './branch.ts';
import { forwardRequest, recordRouteOf } from './forward.ts';
import { routingHash } from './loop.ts';
import type { RelayServices } from './relay.ts';

/** What is relayed, and how. */
export interface RelayOrder {
  readonly transaction: ServerTransaction;
  readonly request: SipRequest;
  readonly flow: Flow;
  readonly way: Way;
  readonly targets: readonly Target[];
  readonly sender: FlowToken['kind'];
  /** The sender's account, where he has proved it. */
  readonly account: Account | undefined;
  /** Whether to write Record-Routes: the request may make a dialog. */
  readonly makesDialog: boolean;
  /** Whether the Request-URI is `sips:`. */
  readonly secure: boolean;
  /** What it takes of the requests that may wait for their answers. */
  readonly place: PendingPlace;
  readonly now: Instant;
}

/** RFC 5393 §5.3.3: what a request without Max-Breadth gets. */
const MAX_BREADTH = 60;

/**
 * One request that is forked (RFC 3261 §16.7): starts the branches of the highest q at once, the next when those have
 * failed, hands on what the caller has to know, and chooses the best of the final answers.
 */
export class ResponseContext implements BranchOwner {
  /** Let go when the best answer is given: later 2xx need the transaction alone, and thousands wait for them. */
  private order: RelayOrder | undefined;
  private readonly transaction: ServerTransaction;
  private readonly services: RelayServices;
  private readonly context: BranchContext;
  private readonly breadth: number;
  /** Whether the sender is a server that is believed about who calls. */
  private readonly isFromTrusted: boolean;
  private waiting: readonly Target[];
  private readonly branches: Branch[] = [];
  private readonly answers: FinalAnswer[] = [];
  private running = 0;
  private stopped = false;
  private reason: string | undefined = undefined;

  constructor(order: RelayOrder, services: RelayServices) {
    this.order = order;
    this.transaction = order.transaction;
    this.services = services;
    this.breadth = order.request.get(MaxBreadth) ?? MAX_BREADTH;
    this.waiting = byQ(order.targets);
    const { request, way, flow } = order;
    this.isFromTrusted =
      order.sender === 'peer' && way.from?.kind !== 'phone' && services.trusts(flow.remote.address);
    this.context = {
      isCallerTrusted: this.isFromTrusted,
      isInvite: request.method === 'INVITE',
      routingHash: routingHash(way),
      size: request.head.length + request.body.length + 300,
    };
  }

  start(): void {
    this.startGroup();
  }

  /**
   * The caller gave up (RFC 3261 §16.10): every branch is cancelled, for the reasons that he gave; the best answer, a 487 most
   * likely, follows.
   */
  cancel(cancel: SipRequest): void {
    this.stop(cancel.texts(Reason).map((reason) => ['Reason', reason]));
  }

  write(target: Target, flow: Flow, branch: string): SipRequest {
    const { request, way, makesDialog } = this.open();
    const share = Math.max(1, Math.floor(this.breadth / Math.max(1, this.running)));
    return forwardRequest(request, {
      way,
      target,
      flow,
      branch,
      breadth: share,
      recordRoutes: makesDialog ? this.recordRoutes(target, flow) : [],
      realms: this.services.realms,
      dropped: droppedIdentities(
        request,
        this.isFromTrusted,
        !target.isPhone && this.services.trusts(flow.remote.address),
      ),
    });
  }

  provisional(response: SipResponse, _branch: Branch): void {
    if (this.order === undefined || !this.context.isInvite) return;
    this.transaction.respond(this.upstream(response));
  }

  accepted(response: SipResponse): void {
    this.transaction.respond(this.upstream(response));
  }

  ended(_branch: Branch, answer: FinalAnswer, why: string | undefined): void {
    this.running--;
    this.reason ??= why;
    // Every 2xx goes to the caller, also when another phone was faster (§16.7 step 5).
    if (answer.status < 300 && answer.response !== undefined) {
      this.transaction.respond(this.upstream(answer.response));
      this.finish(answer.status);
      this.stop(ANSWERED_ELSEWHERE);
      return;
    }
    if (this.order === undefined) return;
    this.answers.push(answer);
    // A 6xx ends the search (§16.7 step 5); it is handed on when the others have answered their CANCEL.
    if (answer.status >= 600) this.stop(declinedElsewhere(answer.status));
    if (this.running > 0) return;
    if (this.waiting.length > 0 && !this.stopped) this.startGroup();
    else this.answerBest();
  }

  /** Starts the targets of the highest q together, as many as Max-Breadth allows; the others of that q come after. */
  private startGroup(): void {
    const group = firstOf(this.waiting, this.breadth);
    this.waiting =
      group.length === this.waiting.length ? [] : this.waiting.filter((target) => !group.includes(target));
    const { routes } = this.open().way;
    const started = group.map(
      (target) => new Branch(target, target.routes[0] ?? routes[0], this.context, this, this.services),
    );
    this.branches.push(...started);
    this.running = started.length;
    for (const branch of started) branch.start();
  }

  private stop(reasons: HeaderLines): void {
    this.stopped = true;
    this.waiting = [];
    for (const branch of this.branches) branch.stop(reasons);
  }

  private answerBest(): void {
    const best = bestAnswer(this.answers);
    if (best === undefined) return;
    const { request } = this.open();
    const { transaction } = this;
    // RFC 4320 §4.2: a non-INVITE that nobody answered in time is answered by silence.
    if (best.status === 408 && !this.context.isInvite) transaction.abandon();
    else if (best.response === undefined) {
      const status = best.status === 503 ? 500 : best.status;
      const { reason } = best;
      const toTag = this.services.random.token(8);
      transaction.respond(buildResponse(request, status, { toTag, ...(reason !== undefined && { reason }) }));
    } else transaction.respond(this.final(best.response));
    this.finish(best.status);
  }

  /** The chosen answer: a 503 is ours to bear and becomes 500, and all challenges go along (§16.7 steps 6 and 7). */
  private final(response: SipResponse): SipResponse {
    if (response.status === 503) {
      return buildResponse(this.open().request, 500, { toTag: this.services.random.token(8) });
    }
    const upstream = this.upstream(response);
    if (response.status !== 401 && response.status !== 407) return upstream;
    const more = gatherChallenges(this.answers, response);
    if (more.length === 0) return upstream;
    const change = edit(upstream);
    for (const [name, value] of more) change.append({ name }, value);
    return change.build();
  }

  /** A response without our Via (§16.7 step 3). */
  private upstream(response: SipResponse): SipResponse {
    return edit(response).removeFirst(Via).withLength().build();
  }

  private recordRoutes(target: Target, flow: Flow): readonly string[] {
    const { request, sender, account, secure, flow: senderFlow } = this.open();
    const from = flowKey(senderFlow);
    const callId = request.get(CallId) ?? '';
    const made = { tokens: this.services.tokens, tlsName: this.services.tlsName() };
    const next: FlowToken = {
      kind: target.isPhone ? 'phone' : 'peer',
      flow: flowKey(flow),
      device: target.device,
    };
    const device = account === undefined ? undefined : this.services.deviceOn(account, from);
    const back: FlowToken = { kind: sender, flow: from, device };
    return [
      recordRouteOf(flow, next, callId, secure, made),
      recordRouteOf(senderFlow, back, callId, secure, made),
    ];
  }

  /** The order, while the answer is not given. */
  private open(): RelayOrder {
    if (this.order === undefined) throw new Error('a request that has its answer is not forwarded');
    return this.order;
  }

  private finish(status: number): void {
    if (this.order === undefined) return;
    const { request, transaction, place, now } = this.order;
    this.order = undefined;
    const outcome = {
      request,
      transaction,
      status,
      branches: this.branches.length,
      why: this.reason,
      startedAt: now,
      endedAt: this.services.now(),
    };
    this.services.relayed(outcome, place);
  }
}

/** RFC 3326: why a phone that rings stops doing so. Without it, a phone counts a call that it has missed. */
const ANSWERED_ELSEWHERE: HeaderLines = [['Reason', 'SIP;cause=200;text="Call completed elsewhere"']];
const declinedElsewhere = (status: number): HeaderLines => [
  ['Reason', `SIP;cause=${status};text="${status === 600 ? 'Busy Everywhere' : 'Declined elsewhere'}"`],
];

/** The targets of the highest q first; most requests have one. */
const byQ = (targets: readonly Target[]): readonly Target[] =>
  targets.length < 2 ? targets : [...targets].sort((left, right) => right.q - left.q);

/** The targets of the highest q, at most `breadth` of them. */
const firstOf = (waiting: readonly Target[], breadth: number): readonly Target[] =>
  waiting.length < 2 ? waiting : waiting.filter(({ q }) => q === waiting[0]!.q).slice(0, breadth);
