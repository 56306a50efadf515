import type { Instant, TimerTarget } from '@ringdown/sans-io';
import {
  type ClientFailure,
  type ClientTransaction,
  type Destination,
  edit,
  encodeVia,
  type Flow,
  formatHost,
  type HeaderLines,
  isMalformed,
  isSecure,
  Parameters,
  ProxyAuthorization,
  parseChallenges,
  parseCredentials,
  type SipRequest,
  type SipResponse,
  type SipUri,
  To,
  Via,
  viaTransport,
  WwwAuthenticate,
} from '@ringdown/sip';
import type { Core } from '../core.ts';

/** A request to send: where, and how it is written once the flow is known. */
export interface SendingParts {
  /** Where it goes where `flow` is not open: what RFC 3263 locates. */
  readonly nextHop: SipUri | undefined;
  readonly flow?: Flow | undefined;
  /** It belongs to no dialog, and goes to our server. */
  readonly isOutside?: boolean;
  /**
   * Writes the request without Via and credentials. Called for each try, which needs a number of its own. Undefined where nothing is
   * to be said any more.
   */
  readonly build: (flow: Flow) => SipRequest | undefined;
}

/** `no network`: nothing was sent, or the way broke; `silence`: nobody answered. */
export type SendFailure = 'no network' | 'silence' | 'cancelled';

export interface SendingUser {
  provisional?(response: SipResponse, sending: Sending): void;
  /** A final response, challenges that could be answered left out; to an INVITE every 2xx. */
  answered(response: SipResponse, sending: Sending): void;
  failed(failure: SendFailure, why: string, sending: Sending): void;
}

/** Tries with credentials: a challenge of the proxy, one of the server, and each of them stale once. */
const MAX_CHALLENGES = 4;

/** One request of ours until its answer: finds the way (RFC 3263), shows credentials (RFC 3261 §22), tries the next server. */
export class Sending implements TimerTarget {
  readonly #core: Core;
  readonly #parts: SendingParts;
  readonly #user: SendingUser;
  #destinations: readonly Destination[] = [];
  #located: readonly Destination[] = [];
  #flow: Flow | undefined;
  #sentAt: Instant;
  #request: SipRequest | undefined;
  #transaction: ClientTransaction | undefined;
  #challenges = 0;
  #isProceeding = false;
  #isLocated = false;
  #isCancelled = false;
  #cancelHeaders: HeaderLines = [];
  #isDone = false;
  #failure: readonly [SendFailure, string] = ['no network', ''];

  constructor(core: Core, parts: SendingParts, user: SendingUser) {
    this.#core = core;
    this.#sentAt = core.ports.clock.now();
    this.#parts = parts;
    this.#user = user;
  }

  /** The flow of the last try. @throws before the first. */
  get flow(): Flow {
    if (this.#flow === undefined) throw new Error('nothing was sent yet');
    return this.#flow;
  }

  /** The request of the last try, as it was sent. @throws before the first. */
  get request(): SipRequest {
    if (this.#request === undefined) throw new Error('nothing was sent yet');
    return this.#request;
  }

  /** Every place where it might have gone (RFC 3263); none where a flow was open. */
  get located(): readonly Destination[] {
    return this.#located;
  }

  /** When the last try was sent. */
  get sentAt(): Instant {
    return this.#sentAt;
  }

  get isSecure(): boolean {
    return isSecure(this.flow.transport);
  }

  start(): this {
    const { flow } = this.#parts;
    if (flow?.open === true) this.#try(flow);
    else this.#locate('the request leads nowhere');
    return this;
  }

  /** Looks where it may go (RFC 3263). `why`: in case that is nowhere. */
  #locate(why: string): void {
    const { locator, options, ports } = this.#core;
    const { nextHop } = this.#parts;
    this.#isLocated = true;
    if (nextHop === undefined) {
      this.#failSoon('no network', why);
      return;
    }
    const { transports, families } = options;
    locator.locate(nextHop, { transports, families }, ports.clock.now(), (result) => {
      if (this.#isDone || this.#isCancelled || this.#core.isClosed) return;
      if (result.kind === 'failed') this.#failSoon('no network', result.why);
      else {
        this.#destinations = result.destinations;
        this.#located = result.destinations;
        this.#tryNext('no network', 'none of our sockets leads there');
      }
    });
  }

  /** Takes an INVITE back (RFC 3261 §9.1): at once, or as soon as a provisional response has come. */
  cancel(headers: HeaderLines = []): void {
    if (this.#isCancelled || this.#isDone) return;
    this.#isCancelled = true;
    this.#cancelHeaders = headers;
    if (this.#transaction === undefined) this.#failSoon('cancelled', 'it was taken back before it was sent');
    else if (this.#isProceeding) this.#sendCancel();
  }

  timerFired(name: string): void {
    if (this.#isDone || this.#core.isClosed) return;
    if (name === 'cancelled in vain') {
      this.#transaction?.abandon();
      this.#fail('cancelled', 'the server says nothing about the INVITE that was taken back');
    } else this.#fail(...this.#failure);
  }

  responseReceived(response: SipResponse): void {
    const { status } = response;
    if (status < 200) {
      this.#isProceeding = true;
      if (this.#isCancelled) this.#sendCancel();
      if (!this.#isDone) this.#user.provisional?.(response, this);
      return;
    }
    const isChallenge = status === 401 || status === 407;
    if (isChallenge && this.#answersChallenge(response)) return;
    if (status === 503 && this.#destinations.length > 0 && !this.#isCancelled) {
      this.#tryNext('silence', 'the server is overloaded');
      return;
    }
    this.#isDone = true;
    this.#user.answered(response, this);
  }

  requestFailed(failure: ClientFailure, why: string): void {
    if (this.#isCancelled) this.#fail('cancelled', why);
    // The flow of before broke, and nobody had heard of the request: there may be another.
    else if (failure === 'transport error' && !this.#isLocated && !this.#isProceeding) this.#locate(why);
    else this.#tryNext(failure === 'timeout' ? 'silence' : 'no network', why);
  }

  #answersChallenge(response: SipResponse): boolean {
    const { digest, server } = this.#core;
    const flow = server.mayAsk(this.flow) ? this.flow : this.#throughServer(response);
    const mayAnswer =
      flow !== undefined &&
      !asksAgain(this.request, response) &&
      (flow !== this.flow || digest.challenged(this.request, response));
    if (!mayAnswer || this.#isCancelled || ++this.#challenges > MAX_CHALLENGES) return false;
    this.#try(flow);
    return true;
  }

  /**
   * The server may have put another address of its own into the Route than the one that we found it at. Who asks there learns
   * nothing: the request is made once more, over the flow that we are registered over, and who is there passes it on or asks himself.
   */
  #throughServer({ status }: SipResponse): Flow | undefined {
    const { flow } = this.#core;
    const isRouted = status === 407 && this.request.text('Route') !== undefined;
    return isRouted && flow?.open === true ? flow : undefined;
  }

  #tryNext(failure: SendFailure, why: string): void {
    for (;;) {
      const [next, ...others] = this.#destinations;
      if (next === undefined) break;
      this.#destinations = others;
      const flow = this.#core.ports.transport.flowTo(next);
      if (flow === undefined) continue;
      this.#try(flow);
      return;
    }
    this.#failSoon(failure, why);
  }

  #try(flow: Flow): void {
    this.#flow = flow;
    this.#sentAt = this.#core.ports.clock.now();
    this.#isProceeding = false;
    const branch = this.#core.branch();
    const request = this.#parts.build(flow);
    if (request === undefined) {
      this.#failSoon('no network', 'what it belongs to is over');
      return;
    }
    const edited = edit(request).prepend(Via, viaOf(flow, branch));
    for (const [name, value] of this.#credentials(request, flow)) edited.append({ name }, value);
    this.#request = edited.build();
    this.#transaction = this.#core.transactions.request(this.#request, flow, branch, this);
  }

  /** A peer that is spoken with directly would try passwords on them, or show them to our server in our place. */
  #credentials(request: SipRequest, flow: Flow): HeaderLines {
    const { digest, server } = this.#core;
    if (this.#parts.isOutside === true) server.asked(flow);
    if (!server.mayAsk(flow)) return [];
    return digest.authorize(request.method, request.uri, request.get(To)?.uri.text);
  }

  #sendCancel(): void {
    if (this.#transaction === undefined) return;
    this.#core.transactions.cancel(this.#transaction, this.#cancelHeaders);
    const { t1Ms } = this.#core.options.times;
    this.#core.ports.timers.start(this, 'cancelled in vain', 64 * t1Ms);
  }

  /** Who sends is told a moment later, when the sending is known to him. */
  #failSoon(failure: SendFailure, why: string): void {
    this.#failure = [failure, why];
    this.#core.ports.timers.start(this, 'failed', 0);
  }

  #fail(failure: SendFailure, why: string): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#user.failed(failure, why, this);
  }
}

/**
 * Whether somebody asks for what our server was shown in this very request: a 401 in the realm of credentials that the proxy let
 * pass. It is whoever the request went on to, who would try passwords on credentials for a nonce of his choice.
 */
export const asksAgain = (request: SipRequest, response: SipResponse): boolean => {
  if (response.status !== 401 || ANSWERED_BY_SERVERS.has(request.method)) return false;
  const shown = request.texts(ProxyAuthorization).map(parseCredentials);
  return parseChallenges(response.texts(WwwAuthenticate)).some(({ realm }) =>
    shown.some((one) => one !== undefined && !isMalformed(one) && one.realm === realm),
  );
};

/** A server that is proxy and registrar asks in one realm, by 401 for what it answers itself (RFC 3261 §22.2, §22.3). */
const ANSWERED_BY_SERVERS: ReadonlySet<string> = new Set(['REGISTER', 'PUBLISH', 'SUBSCRIBE']);

/** Our Via on a flow; `rport` brings the answer back to where it is seen from (RFC 3581). */
export const viaOf = ({ transport, advertised }: Flow, branch: string): string =>
  encodeVia({
    transport: viaTransport(transport),
    host: formatHost(advertised.address),
    port: advertised.port,
    parameters: new Parameters(`;branch=${branch};rport`),
  });
