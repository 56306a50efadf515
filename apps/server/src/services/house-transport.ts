import {
  type Destination,
  type Flow,
  flowKey,
  type SipMessage,
  SipRequest,
  stampVia,
  type Transport,
} from '@ringdown/sip';
import { HOUSE, HouseFlow } from './house-flow.ts';

/** Takes what the server sends to a service. */
export type HouseReceiver = (message: SipMessage) => void;

/** The way between the server and one of its services. */
export interface HouseWay {
  /** What names it among the server's flows. */
  readonly key: string;
  /** The service's end. */
  readonly flow: HouseFlow;
  /** Sends to the server. */
  send(message: SipMessage): void;
}

/**
 * The server's transport, with services of the same process among its peers: what is sent to them is handed over, a moment
 * later as over any network, and touches none.
 */
export class HouseTransport implements Transport {
  readonly #network: Transport;
  readonly #deliver: (message: SipMessage, flow: Flow) => void;
  readonly #receivers = new Map<HouseFlow, HouseReceiver>();
  readonly #flows = new Map<string, HouseFlow>();

  /** @param deliver takes what services send, as if it had come over the network */
  constructor(network: Transport, deliver: (message: SipMessage, flow: Flow) => void) {
    this.#network = network;
    this.#deliver = deliver;
  }

  /** A way to one more service. */
  lay(receive: HouseReceiver): HouseWay {
    const place = { address: HOUSE.address, port: this.#flows.size + 1 };
    const near = new HouseFlow(HOUSE, place, HOUSE);
    const far = new HouseFlow(place, HOUSE, { address: 'service.invalid', port: 443 });
    const key = flowKey(near);
    this.#flows.set(key, near);
    this.#receivers.set(near, receive);
    return {
      key,
      flow: far,
      send: (message) => queueMicrotask(() => this.#deliver(stamped(message, near), near)),
    };
  }

  send(flow: Flow, message: SipMessage): boolean {
    if (!(flow instanceof HouseFlow)) return this.#network.send(flow, message);
    const receive = this.#receivers.get(flow);
    if (receive === undefined || !flow.open) return false;
    queueMicrotask(() => receive(message));
    return true;
  }

  flowTo(destination: Destination): Flow | undefined {
    return this.#network.flowTo(destination);
  }

  flowOf(key: string): Flow | undefined {
    return this.#flows.get(key) ?? this.#network.flowOf(key);
  }

  keepAlive(flow: Flow): void {
    if (!(flow instanceof HouseFlow)) this.#network.keepAlive(flow);
  }

  /** Nothing goes to services any more. */
  close(): void {
    for (const flow of this.#receivers.keys()) flow.open = false;
  }
}

const stamped = (message: SipMessage, { remote }: HouseFlow): SipMessage =>
  message instanceof SipRequest ? stampVia(message, remote) : message;
