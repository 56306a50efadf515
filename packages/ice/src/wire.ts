import {
  type ClientTransaction,
  ClientTransactions,
  ErrorCode,
  newTransactionId,
  type Retransmission,
  type StunMessage,
  type TransportAddress,
} from '@ringdown/stun';
import { canonical, isLinkLocalIpv6, zoneOf } from './address.ts';
import type { Base } from './candidate.ts';
import { isAuthentic } from './check-message.ts';
import type { IcePorts } from './options.ts';
import type { Outlet } from './outlet.ts';

/** How a request ended. */
export type Answer =
  | {
      readonly kind: 'response';
      readonly message: StunMessage;
      /** Where it came from and at which base it arrived: both have to be those of the request (RFC 8445 §7.2.5.2.1). */
      readonly from: TransportAddress;
      readonly base: string;
    }
  /** @property refusal the code of an error that came without integrity, which proves nothing but may be the reason */
  | { readonly kind: 'timeout'; readonly refusal: number | undefined };

export interface Question {
  readonly base: Base;
  readonly to: TransportAddress;
  /** Answers must bear integrity of this key; without one any answer counts. */
  readonly key?: Uint8Array;
  readonly retransmission: Retransmission;
  write(transactionId: Uint8Array): Uint8Array;
  /** Called each time that it is sent. */
  sent?(): void;
  done(answer: Answer): void;
}

/** Requests and their answers, over all bases of an agent. */
export class Wire {
  readonly #ports: IcePorts;
  readonly #outlet: Outlet;
  readonly #transactions: ClientTransactions;
  #arrivedAt = '';

  constructor(ports: IcePorts, outlet: Outlet) {
    this.#ports = ports;
    this.#outlet = outlet;
    this.#transactions = new ClientTransactions(ports.timers);
  }

  newId(): Uint8Array {
    return newTransactionId(this.#ports.random);
  }

  transmit(base: Base, to: TransportAddress, bytes: Uint8Array): void {
    // A socket bound to a link-local address still wants to hear which link.
    const address = isLinkLocalIpv6(to.address) ? `${to.address}${zoneOf(base.address)}` : to.address;
    this.#outlet.emit({ kind: 'transmit', base: base.id, to: { address, port: to.port }, bytes });
  }

  ask({ base, to, key, retransmission, write, sent, done }: Question): ClientTransaction {
    let refusal: number | undefined;
    return this.#transactions.start({
      bytes: write(this.newId()),
      retransmission,
      send: (bytes) => {
        // What is sent again must not be a buffer that a socket has been given.
        this.transmit(base, to, bytes.slice());
        sent?.();
      },
      accepts: (response) => {
        if (key === undefined || isAuthentic(response, key, this.#ports.hashes) === true) return true;
        refusal = response.get(ErrorCode)?.code ?? refusal;
        return false;
      },
      done: (outcome) =>
        done(
          outcome.kind === 'timeout'
            ? { kind: 'timeout', refusal }
            : { ...outcome, from: canonical(outcome.from), base: this.#arrivedAt },
        ),
    });
  }

  /** @returns whether it was the answer to a request from here */
  answered(baseId: string, message: StunMessage, from: TransportAddress): boolean {
    this.#arrivedAt = baseId;
    return this.#transactions.received(message, from);
  }

  close(): void {
    this.#transactions.close();
  }
}
