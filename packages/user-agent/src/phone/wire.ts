import type { DnsAnswer, Flow, FlowFailure, SipMessage, Transport } from '@ringdown/sip';
import type { MediaAnswer } from '../media/media-engine.ts';
import type { MediaEvent } from '../media/media-event.ts';
import type { Exchange } from './exchange.ts';
import type { PlatformUser } from './platform.ts';
import { signallingOf } from './signalling.ts';
import type { Way } from './way.ts';

/** What a device has to say, on its way to the machine, and what the machine sends: others look on here. */
export class Wire<Sound> implements PlatformUser {
  readonly way: Way;
  #exchange: Exchange<Sound> | undefined;

  constructor(way: Way) {
    this.way = way;
  }

  /** Whom it leads to. Nothing is told before; nothing was sent. */
  leadsTo(exchange: Exchange<Sound>): void {
    this.#exchange = exchange;
  }

  messageReceived(message: SipMessage, flow: Flow): void {
    const exchange = this.#open;
    if (exchange === undefined) return;
    this.way.isOpen();
    this.#show('received', message, flow);
    exchange.agent.messageReceived(message, flow);
  }

  flowFailed(flow: Flow, failure: FlowFailure): void {
    this.way.flowFailed(failure.why);
    this.#open?.agent.flowFailed(flow, failure);
  }

  stunReceived(bytes: Uint8Array, flow: Flow): void {
    this.#open?.agent.stunReceived(bytes, flow);
  }

  dnsAnswered(id: number, answer: DnsAnswer): void {
    this.way.dnsAnswered(answer);
    this.#open?.agent.dnsAnswered(id, answer);
  }

  mediaAnswered(id: number, answer: MediaAnswer): void {
    this.#open?.agent.mediaAnswered(id, answer);
  }

  mediaTold(event: MediaEvent): void {
    this.#open?.mediaTold(event);
  }

  moved(): void {
    this.#open?.agent.moved();
  }

  /** The transport of a device, so that what is sent can be seen. */
  observed(transport: Transport): Transport {
    return {
      send: (flow, message) => {
        const isTaken = transport.send(flow, message);
        if (isTaken) this.#show('sent', message, flow);
        return isTaken;
      },
      flowTo: (destination) => transport.flowTo(destination),
      keepAlive: (flow) => transport.keepAlive(flow),
      flowOf: (key) => transport.flowOf(key),
    };
  }

  get #open(): Exchange<Sound> | undefined {
    return this.#exchange?.isOver === false ? this.#exchange : undefined;
  }

  /** Nothing is written where nobody looks on. */
  #show(direction: 'sent' | 'received', message: SipMessage, flow: Flow): void {
    const exchange = this.#open;
    if (exchange?.isObserved !== true) return;
    const { clock, text } = exchange;
    exchange.tell(signallingOf(direction, message, flow, clock.now(), text));
  }
}
