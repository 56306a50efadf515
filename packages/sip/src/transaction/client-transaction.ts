import type { SipMessage, SipRequest, SipResponse } from '../message/message.ts';
import type { Flow } from '../transport/flow.ts';
import { acknowledge } from './hop-by-hop.ts';
import { inviteClient, inviteClientTimers } from './invite-client.ts';
import { nonInviteClient, nonInviteClientTimers } from './non-invite-client.ts';
import { type Figure, Transaction, type TransactionServices } from './transaction.ts';

/** Why a client transaction ended without a final response. */
export type ClientFailure = 'timeout' | 'transport error';

/** Who sent a request and waits for its responses. */
export interface ClientTransactionUser {
  /** A response: every provisional one, the first final one, and to an INVITE every 2xx. */
  responseReceived(response: SipResponse, transaction: ClientTransaction): void;
  /** No final response will come; `why` is one clause. */
  requestFailed(failure: ClientFailure, why: string, transaction: ClientTransaction): void;
}

const inviteFigure: Figure = { table: inviteClient, timers: inviteClientTimers };
const nonInviteFigure: Figure = { table: nonInviteClient, timers: nonInviteClientTimers };

/** One request of ours on its way to one hop, until its final response (RFC 3261 §17.1). */
export class ClientTransaction extends Transaction {
  private sent: SipRequest | undefined;
  override readonly flow: Flow;
  private readonly user: ClientTransactionUser;
  private failure = '';

  constructor(
    request: SipRequest,
    flow: Flow,
    key: string,
    user: ClientTransactionUser,
    services: TransactionServices,
  ) {
    const isInvite = request.method === 'INVITE';
    super(key, isInvite ? 'calling' : 'trying', isInvite ? inviteFigure : nonInviteFigure, services);
    this.sent = request;
    this.flow = flow;
    this.user = user;
  }

  /** The request, as long as it may have to be sent, cancelled or acknowledged again. */
  get request(): SipRequest | undefined {
    return this.sent;
  }

  /** Sends the request for the first time. A failure is told a moment later, when the caller knows this transaction. */
  start(): void {
    this.enter(this.state);
    if (this.send()) return;
    this.failure = 'the flow is closed or its queue is full';
    this.services.timers.start(this, 'transport error', 0);
  }

  received(response: SipResponse): void {
    const { status } = response;
    this.step(status < 200 ? '1xx' : status < 300 ? '2xx' : '300-699', response);
  }

  /** The transport could not deliver. */
  failed(why: string): void {
    this.failure = why;
    this.step('transport error');
  }

  /** In `proceeding` a non-INVITE request is sent again every T2, whatever came before (RFC 3261 §17.1.2.2). */
  protected override delayOf(name: string, reliable: boolean, fired: number): number | undefined {
    const times = name === 'timer E' && this.state === 'proceeding' ? Number.POSITIVE_INFINITY : fired;
    return super.delayOf(name, reliable, times);
  }

  protected override act(action: string, message: SipMessage | undefined): void {
    switch (action) {
      case 'pass up':
        this.user.responseReceived(message as SipResponse, this);
        break;
      case 'acknowledge':
        if (this.sent !== undefined)
          this.services.transport.send(this.flow, acknowledge(this.sent, message as SipResponse));
        break;
      case 'retransmit':
        if (!this.send()) this.failed('the flow was closed');
        break;
      case 'report timeout':
        this.user.requestFailed('timeout', 'no answer came in time', this);
        break;
      case 'report transport error':
        this.user.requestFailed('transport error', this.failure, this);
        break;
      default:
        throw new Error(`a client transaction does not know how to ${action}`);
    }
  }

  /** Once a 2xx or the answer to another request came, nothing is sent any more: thousands wait so for half a minute. */
  protected override entered(state: string): void {
    if (state === 'accepted' || (state === 'completed' && this.kind === nonInviteFigure))
      this.sent = undefined;
  }

  private send(): boolean {
    return this.sent === undefined || this.services.transport.send(this.flow, this.sent);
  }
}
