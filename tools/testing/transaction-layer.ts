import { instant, TimingWheel } from '../../packages/sans-io/src/index.ts';
import {
  buildRequest,
  buildResponse,
  type ClientTransaction,
  type Flow,
  type HeaderLines,
  type ServerTransaction,
  type SipMessage,
  SipRequest,
  type SipResponse,
  Transactions,
  type TransportName,
} from '../../packages/sip/src/index.ts';

/** A flow that a test closes by hand. */
export interface TestFlow extends Flow {
  open: boolean;
}

export const testFlow = (transport: TransportName = 'udp', port = 5060): TestFlow => {
  const local = { address: '192.0.2.1', port: 5060 };
  const remote = { address: '198.51.100.9', port };
  return { transport, connection: '', local, remote, advertised: local, open: true, peerNames: [] };
};

/** A request as a peer writes it. */
export const requestOf = (method: string, branch = 'z9hG4bK1', more: HeaderLines = []): SipRequest =>
  buildRequest({
    method,
    uri: 'sip:bob@home.example',
    headers: [
      ['Via', `SIP/2.0/UDP 198.51.100.9:5060;branch=${branch}`],
      ['From', '<sip:alice@home.example>;tag=a'],
      ['To', '<sip:bob@home.example>'],
      ['Call-ID', 'call-1'],
      ['CSeq', `1 ${method}`],
      ...more,
    ],
  });

export const ackOf = (invite: SipRequest, branch = 'z9hG4bK1'): SipRequest => {
  const ack = requestOf('ACK', branch);
  return new SipRequest('ACK', invite.uri, ack.head);
};

/** The transaction layer on a clock that a test moves, with a transport that keeps what is sent. */
export class TransactionLayer {
  now = 0;
  readonly wheel = new TimingWheel(instant(0), { tickMs: 1 });
  /** What was sent, with its time. */
  sent: { readonly at: number; readonly message: SipMessage; readonly flow: Flow }[] = [];
  /** What the user was told, with its time. */
  told: { readonly at: number; readonly what: string; readonly message?: SipMessage }[] = [];
  /** The flow that `flowTo` gives. */
  otherFlow: TestFlow | undefined = undefined;
  readonly destinations: unknown[] = [];
  /** Server transactions in the order in which they were made, by `serves`. */
  readonly served: ServerTransaction[] = [];
  readonly transactions: Transactions;
  private readonly requests = new WeakMap<ClientTransaction, SipRequest>();

  constructor() {
    this.transactions = new Transactions(
      {
        timers: this.wheel,
        transport: {
          send: (flow, message) => {
            if (!flow.open) return false;
            this.sent.push({ at: this.now, message, flow });
            return true;
          },
          flowTo: (destination) => {
            this.destinations.push(destination);
            return this.otherFlow;
          },
          keepAlive: () => undefined,
          flowOf: () => undefined,
        },
      },
      {
        requestReceived: (message, flow) => {
          this.tell('request', message);
          const transaction = this.transactions.serve(message, flow);
          transaction.onCancel({ cancel: () => this.tell('CANCEL', message) });
          this.served.push(transaction);
        },
        ackReceived: (message) => this.tell('ACK', message),
        strayResponse: (message) => this.tell('stray response', message),
        responseFailed: (why) => this.tell(`response failed: ${why}`),
      },
    );
  }

  passes(milliseconds: number): void {
    const end = this.now + milliseconds;
    for (let due = this.wheel.deadline(); due !== undefined && due <= end; due = this.wheel.deadline()) {
      this.now = Math.max(this.now, due);
      this.wheel.expire(instant(this.now));
    }
    this.now = end;
    this.wheel.advance(instant(end));
  }

  /** Forgets what was sent and told so far. */
  forget(): void {
    this.sent = [];
    this.told = [];
  }

  /** Sends a request of ours. */
  asks(method: string, flow: Flow = testFlow(), branch = 'z9hG4bKours'): ClientTransaction {
    const request = requestOf(method, branch);
    const transaction = this.transactions.request(request, flow, branch, {
      responseReceived: (response) => this.tell(`response ${response.status}`, response),
      requestFailed: (failure, why) => this.tell(`${failure}: ${why}`),
    });
    this.requests.set(transaction, request);
    return transaction;
  }

  /** A request arrives and gets a server transaction. */
  serves(request: SipRequest, flow: Flow = testFlow()): ServerTransaction {
    this.transactions.requestArrived(request, flow);
    const served = this.served.at(-1);
    if (served === undefined) throw new Error('the request was not handed up');
    return served;
  }

  /** The answer to a request of ours. */
  answerTo(transaction: ClientTransaction, status: number): SipResponse {
    return buildResponse(this.requests.get(transaction)!, status, { toTag: 'b' });
  }

  /** Times at which something was sent, by method or status. */
  timesOf(what: string | number): number[] {
    return this.sent
      .filter(({ message }) =>
        message instanceof SipRequest ? message.method === what : message.status === what,
      )
      .map(({ at }) => at);
  }

  private tell(what: string, message?: SipMessage): void {
    this.told.push(message === undefined ? { at: this.now, what } : { at: this.now, what, message });
  }
}
