import type { Hashes, Random, SocketAddress, Sockets, Timers } from '@ringdown/sans-io';
import { AlternateDomain, AlternateServer } from './alternate-server.ts';
import { type ClientLink, openLink, type StunServerAddress } from './client-link.ts';
import {
  type ClientTransaction,
  ClientTransactions,
  defaultRetransmission,
  newTransactionId,
  overStream,
  type Retransmission,
  type TransactionOutcome,
} from './client-transaction.ts';
import { ErrorCode } from './error-code.ts';
import { BINDING } from './header.ts';
import { familyOf } from './local-address.ts';
import {
  LongTermClient,
  type LongTermClientOptions,
  type LongTermFailure,
  type SignedRequest,
} from './long-term-client.ts';
import { MappedAddress } from './mapped-address.ts';
import type { StunMessage } from './message.ts';
import { MessageWriter } from './message-writer.ts';
import type { TransportAddress } from './transport-address.ts';
import { XorMappedAddress } from './xor-mapped-address.ts';

export interface StunClientOptions {
  readonly server: StunServerAddress;
  /** The address to come from; the first of the server's family without it. */
  readonly localAddress?: string;
  /** For servers that ask for a long-term credential. */
  readonly credential?: LongTermClientOptions;
  /** Over UDP; {@link defaultRetransmission} without it. */
  readonly retransmission?: Retransmission;
}

export interface StunClientPorts {
  readonly sockets: Sockets;
  readonly timers: Timers;
  readonly random: Random;
  readonly hashes: Hashes;
}

/** What came of a request. */
export type StunOutcome =
  | {
      readonly kind: 'success';
      readonly message: StunMessage;
      readonly server: StunServerAddress;
      readonly local: SocketAddress;
    }
  /** The server refused; `reason` is what it says for people, and may be empty. */
  | { readonly kind: 'error'; readonly code: number; readonly reason: string; readonly message: StunMessage }
  | { readonly kind: 'failed'; readonly cause: StunFailure; readonly why: string };

export type StunFailure =
  | 'no answer'
  | 'integrity'
  | 'unreachable'
  | 'redirected in a circle'
  | LongTermFailure;

interface Exchange {
  readonly method: number;
  write(request: MessageWriter): void;
  done(outcome: StunOutcome): void;
}

const TRY_ALTERNATE = 300;
/** Servers that send us from one to the next are left after so many. */
const MOST_SERVERS = 5;

/** Sentences for what went wrong; the server's name stands before them. */
const WHY: Readonly<Record<Exclude<StunFailure, 'unreachable'>, string>> = {
  'no answer': 'does not answer: check its address and port, and whether a firewall lets this transport pass',
  integrity: 'sent answers that are not signed with this password: check the password',
  'redirected in a circle': 'sends to another server, and that one back: ask who runs them',
  'wrong credentials': 'does not accept the user name or the password: check both',
  'bid down': 'is not heard as it speaks: someone on the way has weakened its challenge',
  'no common algorithm': 'offers no password algorithm that is known here',
  'bad challenge': 'asks for a credential and does not say how, or calls all of its own nonces stale',
};

/**
 * A client of one server, over UDP, TCP or TLS (RFC 8489 §6.2): signs what is to be signed, follows ALTERNATE-SERVER (§10)
 * and trusts only what it may.
 *
 * @example
 * const client = new StunClient({ server: { address: '192.0.2.1', port: 3478 } }, { sockets, timers, random, hashes });
 * client.request(BINDING, () => {}, (outcome) => client.close());
 */
export class StunClient {
  readonly #options: StunClientOptions;
  readonly #ports: StunClientPorts;
  readonly #transactions: ClientTransactions;
  readonly #asked = new Set<string>();
  readonly #waiting: (() => void)[] = [];
  readonly #running = new Set<Exchange>();
  #server: StunServerAddress;
  #credential: LongTermClient | undefined = undefined;
  #link: ClientLink | undefined = undefined;
  #open = false;
  #failure: string | undefined = undefined;

  constructor(options: StunClientOptions, ports: StunClientPorts) {
    this.#options = options;
    this.#ports = ports;
    this.#transactions = new ClientTransactions(ports.timers);
    this.#server = options.server;
    this.#connect(options.server);
  }

  /** Asks the server. @param write adds the attributes; called again for each attempt */
  request(
    method: number,
    write: (request: MessageWriter) => void,
    done: (outcome: StunOutcome) => void,
  ): void {
    const exchange: Exchange = { method, write, done };
    this.#running.add(exchange);
    this.#whenOpen(() => this.#attempt(exchange));
  }

  /** Ends everything; nobody is told. */
  close(): void {
    this.#running.clear();
    this.#waiting.length = 0;
    this.#transactions.close();
    this.#link?.close();
  }

  #connect(server: StunServerAddress): void {
    this.#link?.close();
    this.#server = server;
    this.#open = false;
    this.#failure = undefined;
    this.#asked.add(nameOf(server));
    const { credential, localAddress } = this.#options;
    // Realm and nonce are those of one server (RFC 8489 §9.2.3).
    if (credential !== undefined) this.#credential = new LongTermClient(credential, this.#ports.hashes);
    const current = (): boolean => this.#server === server;
    this.#link = openLink(server, this.#ports.sockets, localAddress, {
      opened: () => {
        if (!current()) return;
        this.#open = true;
        for (const start of this.#waiting.splice(0)) start();
      },
      received: (message) => {
        if (current()) this.#transactions.received(message, server);
      },
      failed: (why) => {
        if (current()) this.#fail(why);
      },
    });
  }

  #whenOpen(start: () => void): void {
    if (this.#open || this.#failure !== undefined) start();
    else this.#waiting.push(start);
  }

  #fail(why: string): void {
    this.#failure = why;
    this.#transactions.close();
    this.#waiting.length = 0;
    for (const exchange of [...this.#running]) this.#end(exchange, this.#unreachable(why));
  }

  #attempt(exchange: Exchange, before?: SignedRequest): void {
    if (this.#failure !== undefined) {
      this.#end(exchange, this.#unreachable(this.#failure));
      return;
    }
    const stream = (this.#server.transport ?? 'udp') !== 'udp';
    const request = new MessageWriter(exchange.method, 'request', newTransactionId(this.#ports.random));
    exchange.write(request);
    const signed = this.#credential?.sign(request, before);
    const transaction: { current?: ClientTransaction } = {};
    transaction.current = this.#transactions.start({
      bytes: signed?.bytes ?? request.bytes,
      retransmission: stream ? overStream : (this.#options.retransmission ?? defaultRetransmission),
      send: (bytes) => this.#link?.send(bytes),
      accepts: (response) => {
        const accepted = signed?.accepts(response) ?? true;
        if (!accepted && stream) {
          // Nothing better can come behind it (RFC 8489 §9.2.5).
          transaction.current?.cancel();
          this.#end(exchange, this.#failed('integrity'));
        }
        return accepted;
      },
      done: (outcome) => {
        const end = this.#outcomeOf(exchange, signed, outcome);
        if (end !== undefined) this.#end(exchange, end);
      },
    });
  }

  /** What a transaction's end means for the exchange; undefined where that goes on. */
  #outcomeOf(
    exchange: Exchange,
    signed: SignedRequest | undefined,
    outcome: TransactionOutcome,
  ): StunOutcome | undefined {
    if (outcome.kind === 'timeout')
      return this.#failed(signed?.violated === true ? 'integrity' : 'no answer');
    const { message } = outcome;
    const step = signed?.step(message) ?? { kind: 'final' };
    if (step.kind === 'failed') return this.#failed(step.cause);
    if (step.kind === 'again') {
      this.#attempt(exchange, signed);
      return undefined;
    }
    if (message.class === 'success')
      return { kind: 'success', message, server: this.#server, local: this.#link!.local! };
    const { code, reason } = message.get(ErrorCode) ?? { code: 500, reason: '' };
    const alternate = code === TRY_ALTERNATE ? this.#alternateOf(message) : undefined;
    if (alternate === undefined) return { kind: 'error', code, reason, message };
    return this.#follow(alternate) ? undefined : this.#failed('redirected in a circle');
  }

  /** Where a 300 says to ask (RFC 8489 §10), if that can be reached from here. */
  #alternateOf(message: StunMessage): StunServerAddress | undefined {
    const to = message.get(AlternateServer);
    if (to === undefined || familyOf(to.address) !== familyOf(this.#server.address)) return undefined;
    const domain = message.get(AlternateDomain);
    return { ...this.#server, ...to, ...(domain === undefined ? {} : { serverName: domain }) };
  }

  /** Asks another server all that is not answered yet. @returns whether it was not asked before */
  #follow(server: StunServerAddress): boolean {
    if (this.#asked.has(nameOf(server)) || this.#asked.size >= MOST_SERVERS) return false;
    const moved = [...this.#running];
    this.#transactions.close();
    this.#connect(server);
    for (const one of moved) this.#whenOpen(() => this.#attempt(one));
    return true;
  }

  #end(exchange: Exchange, outcome: StunOutcome): void {
    if (this.#running.delete(exchange)) exchange.done(outcome);
  }

  #failed(cause: Exclude<StunFailure, 'unreachable'>): StunOutcome {
    return { kind: 'failed', cause, why: `STUN server ${nameOf(this.#server)} ${WHY[cause]}` };
  }

  #unreachable(why: string): StunOutcome {
    const server = nameOf(this.#server);
    return { kind: 'failed', cause: 'unreachable', why: `STUN server ${server} cannot be reached: ${why}` };
  }
}

const nameOf = ({ address, port, transport = 'udp' }: StunServerAddress): string =>
  `${address.includes(':') ? `[${address}]` : address}:${port} over ${transport.toUpperCase()}`;

/** What a Binding request found out. */
export type BindingOutcome =
  | {
      readonly kind: 'mapped';
      /** Where the server sees this device. */
      readonly mapped: TransportAddress;
      readonly local: SocketAddress;
      readonly message: StunMessage;
    }
  | Exclude<StunOutcome, { kind: 'success' }>;

/** Asks a server once where it sees this device (RFC 8489 §2). Never rejects. */
export const bindingRequest = (options: StunClientOptions, ports: StunClientPorts): Promise<BindingOutcome> =>
  new Promise((resolve) => {
    const client = new StunClient(options, ports);
    client.request(
      BINDING,
      () => {},
      (outcome) => {
        client.close();
        resolve(outcome.kind === 'success' ? mappedBy(outcome.message, outcome.local) : outcome);
      },
    );
  });

const mappedBy = (message: StunMessage, local: SocketAddress): BindingOutcome => {
  const mapped = message.get(XorMappedAddress) ?? message.get(MappedAddress);
  return mapped === undefined
    ? { kind: 'error', code: 500, reason: 'an answer without an address', message }
    : { kind: 'mapped', mapped, local, message };
};
