import type { SipMessage, SipRequest } from '../message/message.ts';
import type { Destination, Flow } from './flow.ts';

/** Why something could not be sent, or a flow ended; `why` is one clause for a log line. */
export interface FlowFailure {
  readonly why: string;
}

/**
 * What sends SIP messages: the edges implement it over real sockets, tests in memory. Nothing waits: what cannot be sent
 * at once is queued within a bound.
 */
export interface Transport {
  /**
   * Sends over a flow. A stream still connecting queues the message. Failure is told later by
   * {@link TransportUser.flowFailed}; a message that finds the flow closed, or its queue full, fails at once.
   *
   * @returns false where the message was not taken.
   */
  send(flow: Flow, message: SipMessage): boolean;
  /**
   * The flow to a destination: for streams an open or opening connection is used again (RFC 3261 §18.1.1, RFC 5923),
   * otherwise one is opened.
   *
   * @returns undefined where no socket of ours can reach it (no such transport or address family).
   */
  flowTo(destination: Destination): Flow | undefined;
  /** Sends CRLF CRLF, which keeps a NAT's mapping open and which every receiver passes over (RFC 5626 §4.4.1). */
  keepAlive(flow: Flow): void;
  /** The flow of that key where it is still there: for UDP it always is while we listen at its local address. */
  flowOf(key: string): Flow | undefined;
}

/** What the transport calls. */
export interface TransportUser {
  /**
   * Shown the bytes of each datagram before they are read; they are good until this returns.
   *
   * @returns what it is answered, good until the next is shown and empty where it needs no answer: nothing more is to be done with it.
   * `'go on'`: it is to be read and taken. undefined: it is to be read, and asked about by {@link isDoneWith}.
   */
  glanceAt?(bytes: Uint8Array, flow: Flow): Uint8Array | 'go on' | undefined;
  /**
   * Asked about each request before anything is done with it: true where nothing more is to be done, be it answered already or
   * in need of no answer. Its Via may still be as it came (see `stampAnswer`).
   */
  isDoneWith?(request: SipRequest, flow: Flow): boolean;
  /** A message came over a flow; a request's top Via already says received and rport (RFC 3261 §18.2.1, RFC 3581). */
  messageReceived(message: SipMessage, flow: Flow): void;
  /** A connection could not be opened, broke or was closed, or a datagram was refused (ICMP): what waits on it has failed. */
  flowFailed(flow: Flow, failure: FlowFailure): void;
}
