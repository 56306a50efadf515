import type { Random, SocketAddress, Sockets, Timers, UdpSocket } from '@ringdown/sans-io';
import { ChangedAddress, OtherAddress } from '../behaviour-attributes.ts';
import { ClientTransactions, newTransactionId, type Retransmission } from '../client-transaction.ts';
import { ErrorCode } from '../error-code.ts';
import { BINDING } from '../header.ts';
import { MappedAddress } from '../mapped-address.ts';
import { parseStun, StunMessage } from '../message.ts';
import { MessageWriter } from '../message-writer.ts';
import type { TransportAddress } from '../transport-address.ts';
import { XorMappedAddress } from '../xor-mapped-address.ts';

/** What the tests of a NAT stand on, and what they have seen so far. */
export interface ProbePorts {
  readonly sockets: Sockets;
  readonly timers: Timers;
  readonly random: Random;
}

export type ProbeAnswer =
  | {
      readonly kind: 'mapped';
      readonly mapped: TransportAddress;
      /** From where the answer really came. */
      readonly from: SocketAddress;
      /** The other address and port of the server, if it has them. */
      readonly other: TransportAddress | undefined;
      /** How often was asked until it came: more than once, where the network loses datagrams. */
      readonly asked: number;
    }
  | { readonly kind: 'error'; readonly code: number }
  | { readonly kind: 'silence' };

export interface Question {
  /** Adds attributes to the Binding request. */
  write?(request: MessageWriter): void;
  readonly transactionId?: Uint8Array;
}

/** A UDP socket that asks Binding servers, one fresh port for each test of a NAT. */
export class ProbeSocket {
  readonly #socket: UdpSocket;
  readonly #transactions: ClientTransactions;
  readonly #retransmission: Retransmission;
  readonly #random: Random;
  /** Told of every STUN message that answers nothing which was asked here. */
  strayed: ((message: StunMessage, from: SocketAddress) => void) | undefined = undefined;
  #closed = false;

  private constructor(socket: UdpSocket, { timers, random }: ProbePorts, retransmission: Retransmission) {
    this.#socket = socket;
    this.#transactions = new ClientTransactions(timers);
    this.#retransmission = retransmission;
    this.#random = random;
  }

  /** @returns undefined where no socket can be bound to that address */
  static open(
    ports: ProbePorts,
    address: string,
    retransmission: Retransmission,
  ): Promise<ProbeSocket | undefined> {
    return new Promise((resolve) => {
      let probe: ProbeSocket | undefined;
      ports.sockets.openUdp(
        { address },
        {
          opened: (socket) => {
            probe = new ProbeSocket(socket, ports, retransmission);
            resolve(probe);
          },
          // Later failures tell of destinations that cannot be reached: silence says the same.
          failed: () => resolve(undefined),
          received: (bytes, from) => probe?.received(bytes, from),
        },
      );
    });
  }

  get local(): SocketAddress {
    return this.#socket.local;
  }

  async ask(server: TransportAddress, { write, transactionId }: Question = {}): Promise<ProbeAnswer> {
    if (this.#closed) return { kind: 'silence' };
    const id = transactionId ?? newTransactionId(this.#random);
    const request = new MessageWriter(BINDING, 'request', id);
    write?.(request);
    let asked = 0;
    return new Promise((resolve) => {
      this.#transactions.start({
        bytes: request.bytes,
        retransmission: this.#retransmission,
        send: (bytes) => {
          asked++;
          this.send(bytes, server);
        },
        done: (outcome) =>
          resolve(
            outcome.kind === 'timeout' ? { kind: 'silence' } : answerOf(outcome.message, outcome.from, asked),
          ),
      });
    });
  }

  send(bytes: Uint8Array, to: TransportAddress): void {
    if (!this.#closed) this.#socket.send(bytes.slice(), to);
  }

  received(bytes: Uint8Array, from: SocketAddress): void {
    const message = parseStun(bytes);
    if (message instanceof StunMessage && !this.#transactions.received(message, from))
      this.strayed?.(message, from);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#transactions.close();
    this.#socket.close();
  }
}

const answerOf = (message: StunMessage, from: SocketAddress, asked: number): ProbeAnswer => {
  const mapped = message.get(XorMappedAddress) ?? message.get(MappedAddress);
  if (message.class === 'error' || mapped === undefined)
    return { kind: 'error', code: message.get(ErrorCode)?.code ?? 500 };
  const other = message.get(OtherAddress) ?? message.get(ChangedAddress);
  return { kind: 'mapped', mapped, from, other, asked };
};

/** So much time, on the timers of a machine. */
export const pause = (timers: Timers, milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    timers.start({ timerFired: () => resolve() }, 'pause', milliseconds);
  });
