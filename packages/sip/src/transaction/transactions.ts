import type { Timers } from '@ringdown/sans-io';
import { buildResponse, type HeaderLines, type ResponseParts } from '../message/build.ts';
import { CSeq } from '../message/fields.ts';
import { hasCredentials } from '../message/has-credentials.ts';
import { inOnePiece } from '../message/in-one-piece.ts';
import { Malformed } from '../message/malformed.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';
import { MAGIC_COOKIE, Via } from '../message/via.ts';
import { type Flow, isReliable } from '../transport/flow.ts';
import type { FlowFailure, Transport } from '../transport/transport.ts';
import { AnsweredRequests } from './answered-requests.ts';
import { ClientTransaction, type ClientTransactionUser } from './client-transaction.ts';
import { defaultTimes, type TransactionTimes } from './delays.ts';
import { cancelOf } from './hop-by-hop.ts';
import { branchKey, ServerTransaction, type ServerTransactionUser, serverKey } from './server-transaction.ts';
import type { Transaction, TransactionServices } from './transaction.ts';

/** Who answers requests: a user agent or a proxy. */
export interface TransactionUser extends ServerTransactionUser {
  /** A request that is no retransmission, no ACK and no CANCEL, before any transaction is made for it. */
  requestReceived(request: SipRequest, flow: Flow): void;
  /** A response that no client transaction waits for. */
  strayResponse(response: SipResponse, flow: Flow): void;
}

export interface TransactionsOptions {
  readonly transport: Transport;
  readonly timers: Timers;
  readonly times?: TransactionTimes;
  /** A whole number that others do not know: what strangers choose is spread by it over tables. Default: 0 */
  readonly seed?: number;
}

/**
 * The transaction layer (RFC 3261 §17): absorbs retransmissions, sends those of ours, matches responses, and lets its user
 * answer a request with or without keeping state for it.
 */
export class Transactions implements TransactionServices {
  readonly transport: Transport;
  readonly timers: Timers;
  readonly times: TransactionTimes;
  private readonly user: TransactionUser;
  private readonly servers = new Map<string, ServerTransaction>();
  private readonly clients = new Map<string, ClientTransaction>();
  private readonly answered: AnsweredRequests;
  /** The keys of those INVITEs among them that came without credentials: few, or none. */
  private readonly plainInvites = new Set<string>();
  /** The request that came last, which is mostly the one that is served next, and its key. */
  private arrived: SipRequest | undefined = undefined;
  private arrivedKey = '';
  /** What waits on each connection: its end is theirs. */
  private readonly onConnection = new Map<Flow, Set<Transaction>>();

  constructor(options: TransactionsOptions, user: TransactionUser) {
    this.transport = options.transport;
    this.timers = options.timers;
    this.times = options.times ?? defaultTimes;
    this.user = user;
    this.answered = new AnsweredRequests(this.timers, this.times, options.seed ?? 0);
  }

  /** How many transactions are kept. */
  get size(): { readonly servers: number; readonly clients: number } {
    return { servers: this.servers.size + this.answered.size, clients: this.clients.size };
  }

  /** A request that can be worked on (see `requestDefect`). */
  requestArrived(request: SipRequest, flow: Flow): void {
    const { method } = request;
    const isAck = method === 'ACK';
    const key = this.keyOf(request, isAck ? 'INVITE' : method);
    const known = this.servers.get(key);
    if (known !== undefined) known.received(request);
    else if (isAck) this.user.ackReceived(request, flow);
    else if (method !== 'INVITE' && this.answeredBefore(request, key, flow)) return;
    else if (method === 'CANCEL') this.cancelArrived(request, flow);
    else this.user.requestReceived(request, flow);
  }

  /** Whether this is the retransmission of a request that was answered at once: it is answered again. */
  private answeredBefore(request: SipRequest, key: string, flow: Flow): boolean {
    const answer = this.answered.answerTo(request, key, flow);
    if (answer === undefined) return false;
    if (answer !== 'silence') this.transport.send(flow, answer);
    return true;
  }

  /** Whether this is the retransmission of a request that is kept. Not for ACK; nothing of the request has to be right. */
  isServing(request: SipRequest): boolean {
    return request.get(Via) !== undefined && this.isKept(this.keyOf(request, request.method), request.method);
  }

  /** The same for one without credentials, by the text of its first Via; undefined where that does not tell. */
  isServingPlain(via: () => string, method: string): boolean | undefined {
    if (method === 'INVITE' && this.plainInvites.size === 0) return false;
    const read = Via.decode(via());
    const key = read instanceof Malformed ? undefined : branchKey(read, method);
    if (key === undefined) return undefined;
    return method === 'INVITE' ? this.plainInvites.has(key) : this.isKept(key, method);
  }

  private isKept(key: string, method: string): boolean {
    return this.servers.has(key) || (method !== 'INVITE' && this.answered.has(key));
  }

  private keyOf(request: SipRequest, method: string): string {
    if (request !== this.arrived) {
      this.arrived = request;
      this.arrivedKey = serverKey(request, method);
    }
    return this.arrivedKey;
  }

  /** A response that can be worked on (see `responseDefect`). */
  responseArrived(response: SipResponse, flow: Flow): void {
    const branch = response.get(Via)?.parameters.get('branch') ?? '';
    const transaction = this.clients.get(inOnePiece([branch, ' ', response.get(CSeq)?.method ?? '']));
    if (transaction === undefined) this.user.strayResponse(response, flow);
    else transaction.received(response);
  }

  /** Keeps state for a request, so that its retransmissions are absorbed and its response is sent again. */
  serve(request: SipRequest, flow: Flow): ServerTransaction {
    const transaction = this.serverOf(request, flow);
    transaction.start();
    return transaction;
  }

  /** Answers at once and keeps state for it: a retransmission gets the same response. */
  answer(request: SipRequest, flow: Flow, status: number, parts: ResponseParts = {}): void {
    const { method } = request;
    const response = buildResponse(request, status, parts);
    const isKept =
      method !== 'INVITE' && this.answered.keep(this.keyOf(request, method), flow, status, parts);
    // Where it cannot be sent, a transaction tells so.
    if (!isKept || !this.transport.send(flow, response)) this.serverOf(request, flow).respond(response);
  }

  private serverOf(request: SipRequest, flow: Flow): ServerTransaction {
    const key = this.keyOf(request, request.method);
    const transaction = new ServerTransaction(request, flow, key, this.user, this);
    this.servers.set(key, transaction);
    if (request.method === 'INVITE' && !hasCredentials(request)) this.plainInvites.add(key);
    return transaction;
  }

  /** Answers without keeping state: a retransmission is answered anew (RFC 3261 §8.2.7). */
  respondStateless(request: SipRequest, flow: Flow, status: number, parts?: ResponseParts): void {
    if (request.method !== 'ACK') this.transport.send(flow, buildResponse(request, status, parts));
  }

  /**
   * Sends a request whose top Via is ours, with the given branch.
   *
   * @throws where that branch and method are under way already.
   */
  request(request: SipRequest, flow: Flow, branch: string, user: ClientTransactionUser): ClientTransaction {
    const key = inOnePiece([branch, ' ', request.method]);
    if (!branch.startsWith(MAGIC_COOKIE) || this.clients.has(key))
      throw new Error(`the branch ${branch} is not new`);
    const transaction = new ClientTransaction(request, flow, key, user, this);
    this.clients.set(key, transaction);
    if (isReliable(flow.transport)) this.watch(flow, transaction);
    transaction.start();
    return transaction;
  }

  /**
   * Cancels an INVITE that has had a provisional response (RFC 3261 §9.1). What comes of the CANCEL itself does not matter.
   * `headers`: what it says besides, as a Reason (RFC 3326).
   */
  cancel(invite: ClientTransaction, headers: HeaderLines = []): void {
    const branch = invite.key.slice(0, invite.key.indexOf(' '));
    const ignore: ClientTransactionUser = {
      responseReceived: () => undefined,
      requestFailed: () => undefined,
    };
    const { request } = invite;
    if (request === undefined || this.clients.has(`${branch} CANCEL`)) return;
    this.request(cancelOf(request, headers), invite.flow, branch, ignore);
  }

  /** A flow broke: what waits on it fails. */
  flowFailed(flow: Flow, { why }: FlowFailure): void {
    const waiting = this.onConnection.get(flow);
    if (waiting === undefined) return;
    this.onConnection.delete(flow);
    for (const transaction of waiting) if (transaction instanceof ClientTransaction) transaction.failed(why);
  }

  /** Ends every transaction in silence. */
  close(): void {
    for (const transaction of [...this.servers.values(), ...this.clients.values()]) transaction.abandon();
    this.answered.clear();
  }

  terminated(transaction: Transaction): void {
    if (transaction instanceof ServerTransaction) {
      this.servers.delete(transaction.key);
      this.plainInvites.delete(transaction.key);
    } else this.clients.delete(transaction.key);
    if (!isReliable(transaction.flow.transport)) return;
    const waiting = this.onConnection.get(transaction.flow);
    waiting?.delete(transaction);
    if (waiting?.size === 0) this.onConnection.delete(transaction.flow);
  }

  private watch(flow: Flow, transaction: Transaction): void {
    const waiting = this.onConnection.get(flow);
    if (waiting === undefined) this.onConnection.set(flow, new Set([transaction]));
    else waiting.add(transaction);
  }

  /** A CANCEL is answered by itself, hop by hop (RFC 3261 §9.2); it never challenges and is never routed. */
  private cancelArrived(cancel: SipRequest, flow: Flow): void {
    const invite = this.servers.get(serverKey(cancel, 'INVITE'));
    // Only the hop that sent the INVITE may take it back (§22.1); a callee, too, knows its branch.
    if (invite === undefined || invite.flow.remote.address !== flow.remote.address) {
      // Without state: anybody can send these.
      this.respondStateless(cancel, flow, 481, { toTag: 'unknown' });
      return;
    }
    this.answer(cancel, flow, 200, { toTag: this.cancelTag(invite) });
    invite.cancel(cancel);
  }

  /** The To tag of the answer to a CANCEL is that of the INVITE's where there is one (§9.2). */
  private cancelTag(invite: ServerTransaction): string {
    const to = invite.response?.text('To') ?? '';
    return /;\s*tag=([^;\s>]+)/i.exec(to)?.[1] ?? 'cancel';
  }
}
