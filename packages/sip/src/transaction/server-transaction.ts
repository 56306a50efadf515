import { buildResponse } from '../message/build.ts';
import { inOnePiece } from '../message/in-one-piece.ts';
import { type SipMessage, type SipRequest, SipResponse } from '../message/message.ts';
import { reasonPhrase } from '../message/reason.ts';
import { MAGIC_COOKIE, Via, type ViaValue } from '../message/via.ts';
import { type Flow, isReliable, readTransport } from '../transport/flow.ts';
import { nonInviteTryingDelay, TRYING_AFTER_MS } from './delays.ts';
import { inviteServer, inviteServerTimers } from './invite-server.ts';
import { nonInviteServer, nonInviteServerTimers } from './non-invite-server.ts';
import { type Figure, Transaction, type TransactionServices } from './transaction.ts';

/** Who works on an INVITE and stops when its sender gives up. */
export interface Cancellable {
  cancel(cancel: SipRequest): void;
}

/** What a server transaction tells besides its request. */
export interface ServerTransactionUser {
  /** An ACK that matched an INVITE answered with 2xx: it belongs to the dialog, not to the transaction (RFC 6026). */
  ackReceived(ack: SipRequest, flow: Flow): void;
  /** The response was not acknowledged, or nobody answered in time, or it could not be sent. */
  responseFailed(why: string, transaction: ServerTransaction): void;
}

const inviteFigure: Figure = { table: inviteServer, timers: inviteServerTimers };
const nonInviteFigure: Figure = { table: nonInviteServer, timers: nonInviteServerTimers };

/** One request of a peer, until it is answered and the answer has had its time (RFC 3261 §17.2). */
export class ServerTransaction extends Transaction {
  private asked: SipRequest | undefined;
  /** Told when a CANCEL comes for this INVITE. */
  private canceller: Cancellable | undefined = undefined;
  /** Where responses go; another where the connection that the request came over has closed. */
  private responseFlow: Flow;
  private readonly user: ServerTransactionUser;
  private lastResponse: SipResponse | undefined = undefined;
  private failure = '';

  constructor(
    request: SipRequest,
    flow: Flow,
    key: string,
    user: ServerTransactionUser,
    services: TransactionServices,
  ) {
    const isInvite = request.method === 'INVITE';
    super(key, isInvite ? 'proceeding' : 'trying', isInvite ? inviteFigure : nonInviteFigure, services);
    this.asked = request;
    this.responseFlow = flow;
    this.user = user;
  }

  /** Waits for the user's answer. One who has it already gives it instead, and no timer runs in between. */
  start(): void {
    this.enter(this.state);
  }

  /** The request, as long as something may have to be answered from it. */
  get request(): SipRequest | undefined {
    return this.asked;
  }

  override get flow(): Flow {
    return this.responseFlow;
  }

  /** The last response sent, if any. */
  get response(): SipResponse | undefined {
    return this.lastResponse;
  }

  /** Whether a final response was sent, or can no longer be. */
  get finished(): boolean {
    return this.state !== 'proceeding' && this.state !== 'trying';
  }

  /** Names who is told when the sender gives this INVITE up. */
  onCancel(canceller: Cancellable): void {
    this.canceller = canceller;
  }

  /** A CANCEL came. */
  cancel(cancel: SipRequest): void {
    if (!this.finished) this.canceller?.cancel(cancel);
  }

  /** Sends a response, where the state still allows it. */
  respond(response: SipResponse): void {
    const { status } = response;
    this.step(status < 200 ? 'send 1xx' : status < 300 ? 'send 2xx' : 'send 300-699', response);
  }

  /** A retransmission of the request, or the ACK of an INVITE. */
  received(request: SipRequest): void {
    this.step(request.method === 'ACK' ? 'ACK' : 'request', request);
  }

  /** The transport could not deliver a response. */
  failed(why: string): void {
    this.failure = why;
    this.step('transport error');
  }

  protected override delayOf(name: string, reliable: boolean, fired: number): number | undefined {
    if (name !== 'timer 100') return super.delayOf(name, reliable, fired);
    return this.kind === inviteFigure ? TRYING_AFTER_MS : nonInviteTryingDelay(this.services.times);
  }

  protected override act(action: string, message: SipMessage | undefined): void {
    switch (action) {
      case 'send':
        this.lastResponse = message as SipResponse;
        this.send();
        if (this.state === 'accepted') this.lastResponse = undefined;
        else if (this.state === 'completed' && this.lastResponse !== undefined)
          this.lastResponse = alone(this.lastResponse);
        break;
      case 'send again':
        this.send();
        break;
      case 'send 100':
        if (this.lastResponse === undefined && this.asked !== undefined) {
          this.lastResponse = buildResponse(this.asked, 100);
          this.send();
        }
        break;
      case 'pass up':
        this.user.ackReceived(message as SipRequest, this.responseFlow);
        break;
      case 'report timeout':
        this.user.responseFailed('no ACK came in time, or no answer was found', this);
        break;
      case 'report transport error':
        this.user.responseFailed(this.failure, this);
        break;
      default:
        throw new Error(`a server transaction does not know how to ${action}`);
    }
  }

  /**
   * Once the answer is given it alone is needed, and after a 2xx to INVITE not even that (RFC 6026 §7.1: its user sends it
   * again). Over a stream the request still says where else the answer could go.
   */
  protected override entered(state: string): void {
    if (state !== 'accepted' && state !== 'completed') return;
    this.canceller = undefined;
    if (!isReliable(this.responseFlow.transport)) this.asked = undefined;
  }

  private send(): void {
    if (this.lastResponse === undefined || this.services.transport.send(this.responseFlow, this.lastResponse))
      return;
    const other = this.otherFlow();
    if (other !== undefined && this.services.transport.send(other, this.lastResponse))
      this.responseFlow = other;
    else this.failed('the connection of the request is closed and no other could be opened');
  }

  /** RFC 3261 §18.2.2: where the connection has closed, the response goes to the source address at the sent-by port. */
  private otherFlow(): Flow | undefined {
    if (!isReliable(this.responseFlow.transport)) return undefined;
    const via = this.asked?.get(Via);
    const transport = via === undefined ? undefined : readTransport(via.transport);
    // Never from a stream to UDP: that Via would send our answers wherever its writer likes.
    if (via === undefined || (transport !== 'tcp' && transport !== 'tls')) return undefined;
    const address = via.parameters.get('received') ?? this.responseFlow.remote.address;
    const port = via.port ?? (transport === 'tls' ? 5061 : 5060);
    return this.services.transport.flowTo({ transport, address, port });
  }
}

const NO_BODY = new Uint8Array(0);

/** A response for sending again, without what it was made from and what was read in it: thousands wait so for half a minute. */
const alone = ({ status, head, body }: SipResponse): SipResponse =>
  new SipResponse(status, reasonPhrase(status), head, body.length === 0 ? NO_BODY : body);

/**
 * What a request's server transaction is found by: branch, sent-by and method, where ACK counts as INVITE (RFC 3261
 * §17.2.3). Requests of RFC 2543, without the cookie, are told apart by what identified them then.
 */
export const serverKey = (request: SipRequest, method: string): string => {
  const key = branchKey(request.get(Via)!, method);
  if (key !== undefined) return key;
  const cseq = request.text('CSeq') ?? '';
  const sequence = cseq.slice(0, cseq.search(/\D|$/));
  return inOnePiece([
    `2543 ${request.uri} ${request.text('From') ?? ''} `,
    `${request.text('Call-ID') ?? ''} ${sequence} ${request.text('Via') ?? ''} ${method}`,
  ]);
};

/** The key of a request whose branch has the cookie; undefined where it has not. */
export const branchKey = ({ parameters, host, port }: ViaValue, method: string): string | undefined => {
  const branch = parameters.get('branch');
  // A cookie with nothing behind it identifies nothing (RFC 4475 §3.2.1).
  return branch?.startsWith(MAGIC_COOKIE) && branch.length > MAGIC_COOKIE.length
    ? inOnePiece([branch, ` ${host} ${port ?? ''} `, method])
    : undefined;
};
