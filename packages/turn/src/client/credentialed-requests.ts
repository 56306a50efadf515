import type { Hashes, Random, Timers } from '@ringdown/sans-io';
import {
  type ClientTransaction,
  ClientTransactions,
  ErrorCode,
  LongTermClient,
  type LongTermFailure,
  MessageWriter,
  newTransactionId,
  overStream,
  type Retransmission,
  type SignedRequest,
  type StunMessage,
  type TransactionOutcome,
} from '@ringdown/stun';
import { isReliable, type TurnServerAddress } from './link.ts';
import type { TurnClientOptions } from './turn-client-options.ts';

/** A request before it is signed: it may have to be written more than once. */
export interface TurnRequest {
  readonly method: number;
  add(writer: MessageWriter): void;
}

export type Answer =
  | { readonly kind: 'success'; readonly message: StunMessage }
  /** An error that has nothing to do with the credential. */
  | {
      readonly kind: 'error';
      readonly code: number;
      readonly reason: string;
      readonly message: StunMessage;
    }
  | { readonly kind: 'unauthorized'; readonly cause: LongTermFailure }
  /** None came, or none that could be trusted. */
  | { readonly kind: 'timeout'; readonly violated: boolean };

/** Requests to one server over one link, each signed as the server's last challenge wants it (RFC 8489 §9.2). */
export class CredentialedRequests {
  readonly #server: TurnServerAddress;
  readonly #random: Random;
  readonly #transactions: ClientTransactions;
  readonly #credential: LongTermClient;
  readonly #retransmission: Retransmission | undefined;
  readonly #send: (bytes: Uint8Array) => void;

  constructor(
    server: TurnServerAddress,
    { credentials, retransmission }: Pick<TurnClientOptions, 'credentials' | 'retransmission'>,
    ports: { readonly timers: Timers; readonly random: Random; readonly hashes: Hashes },
    send: (bytes: Uint8Array) => void,
  ) {
    this.#server = server;
    this.#random = ports.random;
    this.#transactions = new ClientTransactions(ports.timers);
    this.#credential = new LongTermClient(credentials, ports.hashes);
    this.#retransmission = isReliable(server) ? overStream : retransmission;
    this.#send = send;
  }

  /** `done` is called once, unless all are closed before. */
  ask(request: TurnRequest, done: (answer: Answer) => void): void {
    this.#attempt(request, undefined, done);
  }

  received(message: StunMessage): boolean {
    return this.#transactions.received(message, this.#server);
  }

  close(): void {
    this.#transactions.close();
  }

  #attempt(request: TurnRequest, before: SignedRequest | undefined, done: (answer: Answer) => void): void {
    const writer = new MessageWriter(request.method, 'request', newTransactionId(this.#random));
    request.add(writer);
    const signed = this.#credential.sign(writer, before);
    const started: { transaction?: ClientTransaction } = {};
    started.transaction = this.#transactions.start({
      bytes: signed.bytes,
      ...(this.#retransmission === undefined ? {} : { retransmission: this.#retransmission }),
      send: this.#send,
      accepts: (response) => {
        const accepted = response.method === request.method && signed.accepts(response);
        // On a stream nothing better can come behind it (RFC 8489 §9.2.5).
        if (!accepted && isReliable(this.#server)) {
          started.transaction?.cancel();
          done({ kind: 'timeout', violated: true });
        }
        return accepted;
      },
      done: (outcome) => {
        const answer = answerOf(signed, outcome);
        if (answer === 'again') this.#attempt(request, signed, done);
        else done(answer);
      },
    });
  }
}

const answerOf = (signed: SignedRequest, outcome: TransactionOutcome): Answer | 'again' => {
  if (outcome.kind === 'timeout') return { kind: 'timeout', violated: signed.violated };
  const { message } = outcome;
  const step = signed.step(message);
  if (step.kind === 'again') return 'again';
  if (step.kind === 'failed') return { kind: 'unauthorized', cause: step.cause };
  if (message.class === 'success') return { kind: 'success', message };
  // An error without its code is one of the server's own.
  const { code, reason } = message.get(ErrorCode) ?? { code: 500, reason: '' };
  return { kind: 'error', code, reason, message };
};
