import { errorTo, finishAnswer, successTo, unknownAttributesTo } from './answer.ts';
import {
  ChangedAddress,
  ChangeRequest,
  OtherAddress,
  Padding,
  ResponseOrigin,
  ResponsePort,
  SourceAddress,
} from './behaviour-attributes.ts';
import { fingerprintHolds } from './fingerprint.ts';
import { BINDING } from './header.ts';
import { Malformed } from './malformed.ts';
import { MappedAddress } from './mapped-address.ts';
import { parseStun, type StunMessage } from './message.ts';
import type { MessageWriter } from './message-writer.ts';
import type { TransportAddress } from './transport-address.ts';
import { XorMappedAddress } from './xor-mapped-address.ts';

/**
 * What a server without credentials knows and has no use for: USERNAME, MESSAGE-INTEGRITY, REALM, NONCE,
 * MESSAGE-INTEGRITY-SHA256, PASSWORD-ALGORITHM, USERHASH (RFC 8489 §18.3.1).
 */
const KNOWN: readonly number[] = [0x0006, 0x0008, 0x0014, 0x0015, 0x001c, 0x001d, 0x001e];
const KNOWN_WITHOUT: ReadonlySet<number> = new Set(KNOWN);
const KNOWN_TO_CLASSIC: ReadonlySet<number> = new Set([...KNOWN, ChangeRequest.type]);

/**
 * Answers a Binding request with the address it came from (RFC 8489 §6.3, without authentication). RFC 3489 clients, which
 * know no magic cookie, get MAPPED-ADDRESS (§11).
 *
 * @returns undefined, for silence, to everything else: indications, responses, other methods, a wrong FINGERPRINT and what
 * is no STUN message. Answers say only what they must, so that a forged source gains nothing.
 */
export const answerBinding = (bytes: Uint8Array, source: TransportAddress): Uint8Array | undefined => {
  const request = bindingRequestOf(bytes);
  return request === undefined ? undefined : plainAnswer(request, source);
};

const bindingRequestOf = (bytes: Uint8Array): StunMessage | undefined => {
  const request = parseStun(bytes);
  if (request instanceof Malformed || request.method !== BINDING || request.class !== 'request')
    return undefined;
  return fingerprintHolds(request) === false ? undefined : request;
};

const plainAnswer = (request: StunMessage, source: TransportAddress): Uint8Array => {
  const unknown = request.unknown(asksForNoChange(request) ? KNOWN_TO_CLASSIC : KNOWN_WITHOUT);
  const answer = unknown.length > 0 ? unknownAttributesTo(request, unknown) : success(request, source);
  return finishAnswer(answer, request);
};

/** RFC 3489 clients put CHANGE-REQUEST into every request, without flags where nothing is to change. */
const asksForNoChange = (request: StunMessage): boolean => {
  const change = request.classic ? request.get(ChangeRequest) : undefined;
  return change !== undefined && !change.changeAddress && !change.changePort;
};

const success = (request: StunMessage, source: TransportAddress): MessageWriter =>
  successTo(request).add(request.classic ? MappedAddress : XorMappedAddress, source);

/** The four sockets of a server that tells NATs apart (RFC 5780 §6): two addresses of one family, two ports on each. */
export interface BehaviourAddresses {
  /** The addresses that sockets are bound to. */
  readonly addresses: readonly [string, string];
  readonly ports: readonly [number, number];
  /** What the addresses are called outside, where that is something else. */
  readonly advertised?: readonly [string, string];
}

export interface BindingServerOptions {
  /** RFC 5780 for those who ask on one of these four. Without it every request is answered as {@link answerBinding} does. */
  readonly behaviour?: BehaviourAddresses;
  /**
   * Whether an answer may go to another port of the client's address: it helps to measure how long mappings live. It also
   * sends to whoever else has that address; ports below 1024 are refused.
   */
  readonly responsePort?: boolean;
  /** How much padding an answer may have, never more than its request; 0: none, PADDING is not known. */
  readonly maxPaddingBytes?: number;
}

export const bindingServerDefaults = Object.freeze({ responsePort: false, maxPaddingBytes: 0 });

/** A datagram to send, and from which of the server's sockets. */
export interface BindingAnswer {
  readonly bytes: Uint8Array;
  readonly from: TransportAddress;
  readonly to: TransportAddress;
}

const LOWEST_RESPONSE_PORT = 1024;

/**
 * The Binding server of RFC 8489, and of RFC 5780 where its operator wants that: answers then are two to four times as large
 * as their requests, and come from where the client says.
 *
 * @example
 * const behaviour = { addresses: ['192.0.2.1', '192.0.2.2'], ports: [3478, 3479] } as const;
 * const answer = new BindingServer({ behaviour }).answer(datagram, source, local);
 * if (answer !== undefined) socketAt(answer.from).send(answer.bytes, answer.to);
 */
export class BindingServer {
  readonly #behaviour: BehaviourAddresses | undefined;
  readonly #responsePort: boolean;
  readonly #maxPaddingBytes: number;
  readonly #known: ReadonlySet<number>;

  constructor(options: BindingServerOptions = {}) {
    const { behaviour, responsePort, maxPaddingBytes } = { ...bindingServerDefaults, ...options };
    this.#behaviour = behaviour;
    this.#responsePort = responsePort;
    this.#maxPaddingBytes = maxPaddingBytes;
    const known = [...KNOWN, ChangeRequest.type];
    if (responsePort) known.push(ResponsePort.type);
    if (maxPaddingBytes > 0) known.push(Padding.type);
    this.#known = new Set(known);
  }

  /**
   * @param source where the request came from
   * @param local the address and port of the server's that it came to
   * @returns undefined for silence, as {@link answerBinding}
   */
  answer(bytes: Uint8Array, source: TransportAddress, local: TransportAddress): BindingAnswer | undefined {
    const request = bindingRequestOf(bytes);
    if (request === undefined) return undefined;
    const side = this.#behaviour === undefined ? undefined : sideOf(this.#behaviour, local);
    if (side === undefined) return { bytes: plainAnswer(request, source), from: local, to: source };
    return this.#behaviourAnswer(request, source, side);
  }

  #behaviourAnswer(request: StunMessage, source: TransportAddress, side: Side): BindingAnswer {
    const refused = this.#refusal(request);
    if (refused !== undefined)
      return { bytes: finishAnswer(refused, request), from: side.local(false, false), to: source };
    const { changeAddress, changePort } = request.get(ChangeRequest) ?? UNCHANGED;
    const answer = success(request, source);
    const origin = side.outside(changeAddress, changePort);
    const other = side.outside(true, true);
    if (request.classic) answer.add(SourceAddress, origin).add(ChangedAddress, other);
    else answer.add(MappedAddress, source).add(ResponseOrigin, origin).add(OtherAddress, other);
    const padding = request.get(Padding);
    if (padding !== undefined)
      answer.add(Padding, new Uint8Array(Math.min(padding.length, this.#maxPaddingBytes) & ~3));
    return {
      bytes: finishAnswer(answer, request),
      from: side.local(changeAddress, changePort),
      to: { address: source.address, port: request.get(ResponsePort) ?? source.port },
    };
  }

  /** What is not known, or not allowed: 400 to what would make others pay (RFC 5780 §6.1, §7.5). */
  #refusal(request: StunMessage): MessageWriter | undefined {
    const unknown = request.unknown(this.#known);
    if (unknown.length > 0) return unknownAttributesTo(request, unknown);
    if (request.malformed(ChangeRequest) !== undefined) return errorTo(request, 400);
    if (!this.#responsePort || !request.has(ResponsePort)) return undefined;
    const port = request.get(ResponsePort) ?? 0;
    return port < LOWEST_RESPONSE_PORT || request.has(Padding) ? errorTo(request, 400) : undefined;
  }
}

const UNCHANGED = { changeAddress: false, changePort: false };

/** Where a request came to, and its three neighbours (RFC 5780 §6.1, table 1). */
interface Side {
  local(changeAddress: boolean, changePort: boolean): TransportAddress;
  outside(changeAddress: boolean, changePort: boolean): TransportAddress;
}

const sideOf = (behaviour: BehaviourAddresses, { address, port }: TransportAddress): Side | undefined => {
  const { addresses, ports, advertised = addresses } = behaviour;
  const row = addresses.indexOf(address);
  const column = ports.indexOf(port);
  if (row < 0 || column < 0) return undefined;
  const at =
    (names: readonly [string, string]) =>
    (changeAddress: boolean, changePort: boolean): TransportAddress => ({
      address: names[(row + (changeAddress ? 1 : 0)) % 2]!,
      port: ports[(column + (changePort ? 1 : 0)) % 2]!,
    });
  return { local: at(addresses), outside: at(advertised) };
};
