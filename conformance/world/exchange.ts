import {
  acknowledge,
  buildResponse,
  Contact,
  CSeq,
  cancelOf,
  type HeaderLines,
  RecordRoute,
  Route,
  type SipMessage,
  type SipRequest,
  type SipResponse,
  To,
  tagOf,
} from '@ringdown/sip';
import { bytesOf, type MemoryFlow, type Network } from './network.ts';
import type { Saying } from './saying.ts';

/** Whose exchange it is: what of a phone an exchange uses. */
export interface Speaker {
  readonly user: string;
  readonly address: string;
  readonly contact: string;
  readonly flow: MemoryFlow;
  readonly world: { readonly network: Network };
  put(message: Pick<SipMessage, 'head' | 'body'>): void;
  send(request: SipRequest): Asking;
  writes(method: string, target: string, saying?: Saying): SipRequest;
  asks(method: string, target: string, saying?: Saying): Asking;
  nextSerial(): number;
}

/** A request that a phone sent, and its responses. An INVITE's refusal is acknowledged by itself, a 2xx by {@link acks}. */
export class Asking {
  readonly phone: Speaker;
  readonly request: SipRequest;
  readonly responses: SipResponse[] = [];

  constructor(phone: Speaker, request: SipRequest) {
    this.phone = phone;
    this.request = request;
  }

  receive(response: SipResponse): void {
    this.responses.push(response);
    if (this.request.method === 'INVITE' && response.status >= 300)
      this.transmit(acknowledge(this.request, response));
  }

  /** Every status that came, 100 included. */
  get statuses(): number[] {
    return this.responses.map(({ status }) => status);
  }

  /** The last status; undefined while none came. */
  get status(): number | undefined {
    return this.responses.at(-1)?.status;
  }

  get last(): SipResponse {
    const last = this.responses.at(-1);
    if (last === undefined) throw new Error(`${this.request.method} was not answered`);
    return last;
  }

  /** Sends the same bytes once more. */
  again(): void {
    this.phone.put(this.request);
  }

  cancels(): Asking {
    return this.phone.send(cancelOf(this.request));
  }

  /** Acknowledges a 2xx: within its dialog, end to end. */
  acks(): SipRequest {
    const ack = this.within('ACK');
    this.phone.put(ack);
    return ack;
  }

  /** Sends a request within the dialog that the last response made. */
  asks(method: string, saying: Saying = {}): Asking {
    return this.phone.send(this.within(method, saying));
  }

  /** A request within the dialog: to the answer's Contact, along the route set that the first answer made (RFC 3261 §12.1.2). */
  within(method: string, saying: Saying = {}, answer = this.last): SipRequest {
    const isFirst = tagOf(this.request.get(To)) === undefined;
    const routes = isFirst ? answer.texts(RecordRoute).reverse() : this.request.texts(Route);
    const contact = answer.get(Contact);
    const target = contact === undefined || contact === '*' ? this.request.uri : contact.uri.text;
    return this.phone.writes(method, target, {
      routes,
      to: answer.text('To')!,
      from: this.request.text('From')!,
      callId: this.request.text('Call-ID')!,
      cseq: method === 'ACK' ? this.request.get(CSeq)!.sequence : this.request.get(CSeq)!.sequence + 1,
      credentials: undefined,
      ...saying,
    });
  }

  private transmit(request: SipRequest): void {
    const { network } = this.phone.world;
    const { flow } = this.phone;
    network.later(() => network.arriveAtProvider(flow, bytesOf(request)));
  }
}

export interface Answering {
  readonly headers?: HeaderLines;
  readonly body?: string;
  readonly reason?: string;
  readonly tag?: string;
}

/** A request that a phone received, and how it answers. */
export class Asked {
  readonly phone: Speaker;
  readonly request: SipRequest;
  readonly flow: MemoryFlow;
  taken = false;

  constructor(phone: Speaker, request: SipRequest, flow: MemoryFlow) {
    this.phone = phone;
    this.request = request;
    this.flow = flow;
  }

  answers(status: number, { headers = [], body = '', reason, tag }: Answering = {}): this {
    const makesDialog = status > 100 && status < 300;
    const contact: HeaderLines = makesDialog ? [['Contact', `<${this.phone.contact}>`]] : [];
    return this.says(
      buildResponse(this.request, status, {
        ...(status > 100 && { toTag: tag ?? `t${this.phone.user}${this.phone.address.split('.')[3]}` }),
        ...(reason !== undefined && { reason }),
        recordRoute: makesDialog,
        headers: [...contact, ...headers],
        body: Uint8Array.from(body, (character) => character.charCodeAt(0)),
      }),
    );
  }

  /** A response as it is. */
  says(response: SipResponse): this {
    const { network } = this.phone.world;
    network.later(() => network.arriveAtProvider(this.flow, bytesOf(response)));
    network.settle();
    return this;
  }

  /** Sends a request of the callee within the dialog: to the caller's Contact, along its Record-Route. */
  asks(method: string, saying: Saying = {}): Asking {
    const { request, phone } = this;
    const contact = request.get(Contact);
    const target = contact === undefined || contact === '*' ? request.uri : contact.uri.text;
    const to = request.get(To)!;
    const own = tagOf(to) ?? `t${phone.user}${phone.address.split('.')[3]}`;
    return phone.asks(method, target, {
      routes: request.texts(RecordRoute),
      from: `<${to.uri.text}>;tag=${own}`,
      to: request.text('From')!,
      callId: request.text('Call-ID')!,
      cseq: phone.nextSerial() + 1000,
      credentials: undefined,
      ...saying,
    });
  }
}
