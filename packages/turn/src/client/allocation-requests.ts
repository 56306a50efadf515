import type { Hashes, Random, SocketAddress, Timers } from '@ringdown/sans-io';
import {
  AlternateDomain,
  AlternateServer,
  Malformed,
  type MessageWriter,
  type StunMessage,
  type TransportAddress,
  XorMappedAddress,
} from '@ringdown/stun';
import { XorPeerAddress, XorRelayedAddress } from '../attributes/addresses.ts';
import { ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, REFRESH } from '../attributes/methods.ts';
import {
  AdditionalAddressFamily,
  ChannelNumber,
  IPV6,
  Lifetime,
  RequestedAddressFamily,
  RequestedTransport,
  UDP,
} from '../attributes/numbers.ts';
import { type Answer, CredentialedRequests } from './credentialed-requests.ts';
import { nameOf, type TurnServerAddress } from './link.ts';
import type { TurnClientOptions } from './turn-client-options.ts';
import { failure, refusal, type TurnFailure, unauthorized } from './turn-failure.ts';

/** What a server that does not say gives (RFC 8656 §7.2). */
const DEFAULT_LIFETIME_S = 600;
/** One that gives less would be asked all the time. */
const SHORTEST_LIFETIME_S = 10;
const TRY_ALTERNATE = 300;

export type AllocateOutcome =
  | {
      readonly kind: 'granted';
      readonly relayed: readonly SocketAddress[];
      readonly mapped: SocketAddress;
      readonly lifetimeMs: number;
    }
  /** Another server is to be asked; the failure counts where that leads nowhere. */
  | { readonly kind: 'redirected'; readonly server: TurnServerAddress; readonly failure: TurnFailure }
  | { readonly kind: 'refused'; readonly failure: TurnFailure };

export type RefreshOutcome =
  | { readonly kind: 'refreshed'; readonly lifetimeMs: number }
  | { readonly kind: 'refused'; readonly failure: TurnFailure };

type Asked = Pick<TurnClientOptions, 'credentials' | 'requestedFamily' | 'lifetimeMs' | 'retransmission'>;

/** The requests of one client to one server, and what their answers mean (RFC 8656 §7, §8, §10, §12). */
export class AllocationRequests {
  readonly #server: TurnServerAddress;
  readonly #asked: Asked;
  readonly #requests: CredentialedRequests;

  constructor(
    server: TurnServerAddress,
    asked: Asked,
    ports: { readonly timers: Timers; readonly random: Random; readonly hashes: Hashes },
    send: (bytes: Uint8Array) => void,
  ) {
    this.#server = server;
    this.#asked = asked;
    this.#requests = new CredentialedRequests(server, asked, ports, send);
  }

  allocate(done: (outcome: AllocateOutcome) => void): void {
    const { requestedFamily, lifetimeMs } = this.#asked;
    const add = (writer: MessageWriter): void => {
      writer.add(RequestedTransport, UDP);
      // Nothing for IPv4: older servers refuse what they do not know.
      if (requestedFamily === 'ipv6') writer.add(RequestedAddressFamily, IPV6);
      if (requestedFamily === 'both') writer.add(AdditionalAddressFamily, IPV6);
      if (lifetimeMs !== undefined) writer.add(Lifetime, Math.ceil(lifetimeMs / 1000));
    };
    this.#requests.ask({ method: ALLOCATE, add }, (answer) => done(this.#allocated(answer)));
  }

  refresh(done: (outcome: RefreshOutcome) => void): void {
    const { lifetimeMs } = this.#asked;
    const add = (writer: MessageWriter): void => {
      if (lifetimeMs !== undefined) writer.add(Lifetime, Math.ceil(lifetimeMs / 1000));
    };
    this.#requests.ask({ method: REFRESH, add }, (answer) =>
      done(
        answer.kind === 'success'
          ? { kind: 'refreshed', lifetimeMs: lifetimeOf(answer.message) }
          : { kind: 'refused', failure: this.#failed('the refresh of the allocation', answer) },
      ),
    );
  }

  /** Gives the allocation back; what is still asked for is asked for no more. */
  release(done: () => void): void {
    this.#requests.close();
    this.#requests.ask({ method: REFRESH, add: (writer) => void writer.add(Lifetime, 0) }, done);
  }

  createPermission(peer: SocketAddress, done: (failure: TurnFailure | undefined) => void): void {
    const add = (writer: MessageWriter): void => void writer.add(XorPeerAddress, peer);
    this.#requests.ask({ method: CREATE_PERMISSION, add }, (answer) =>
      done(
        answer.kind === 'success' ? undefined : this.#failed(`the permission for ${peer.address}`, answer),
      ),
    );
  }

  channelBind(number: number, peer: SocketAddress, done: (failure: TurnFailure | undefined) => void): void {
    const add = (writer: MessageWriter): void =>
      void writer.add(ChannelNumber, number).add(XorPeerAddress, peer);
    this.#requests.ask({ method: CHANNEL_BIND, add }, (answer) =>
      done(answer.kind === 'success' ? undefined : this.#failed(`a channel for ${peer.address}`, answer)),
    );
  }

  /** @returns whether it was the answer to one of them */
  received(message: StunMessage): boolean {
    return this.#requests.received(message);
  }

  /** Ends all of them; nobody is told. */
  close(): void {
    this.#requests.close();
  }

  #allocated(answer: Answer): AllocateOutcome {
    if (answer.kind === 'success') return this.#granted(answer.message);
    const why = this.#failed('the allocation', answer);
    if (answer.kind !== 'error' || answer.code !== TRY_ALTERNATE) return { kind: 'refused', failure: why };
    const to = answer.message.get(AlternateServer);
    if (to === undefined) return { kind: 'refused', failure: why };
    const domain = answer.message.get(AlternateDomain) ?? this.#server.serverName ?? this.#server.address;
    const { transport } = this.#server;
    const server = { ...to, transport, ...(transport === 'tls' ? { serverName: domain } : {}) };
    return { kind: 'redirected', server, failure: why };
  }

  #granted(message: StunMessage): AllocateOutcome {
    const relayed = message.all(XorRelayedAddress).filter(isAddress);
    const mapped = message.get(XorMappedAddress);
    if (relayed.length > 0 && mapped !== undefined)
      return { kind: 'granted', relayed, mapped, lifetimeMs: lifetimeOf(message) };
    const what = `TURN server ${nameOf(this.#server)} granted an allocation without saying its address`;
    return { kind: 'refused', failure: failure('server error', what, 'use a server that follows RFC 8656') };
  }

  #failed(what: string, answer: Exclude<Answer, { readonly kind: 'success' }>): TurnFailure {
    const server = nameOf(this.#server);
    if (answer.kind === 'error') return refusal(what, server, answer.code, answer.reason);
    if (answer.kind === 'unauthorized') return unauthorized(what, server, answer.cause);
    if (answer.violated)
      return failure(
        'untrusted answers',
        `What answered the request for ${what} in the name of TURN server ${server} does not know the password`,
        'use TLS, or another network',
      );
    return failure(
      'no answer',
      `TURN server ${server} did not answer the request for ${what}`,
      'look at its address, its port and the firewalls between, or try TCP or TLS',
    );
  }
}

const isAddress = (one: TransportAddress | Malformed): one is TransportAddress => !(one instanceof Malformed);

const lifetimeOf = (message: StunMessage): number =>
  1000 * Math.max(message.get(Lifetime) ?? DEFAULT_LIFETIME_S, SHORTEST_LIFETIME_S);
