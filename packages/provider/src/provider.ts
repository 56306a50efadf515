import type { Clock, Instant, Random, TimerTarget, TimingWheel } from '@ringdown/sans-io';
import {
  createLocator,
  type DnsAnswer,
  type DnsPort,
  edit,
  type Flow,
  type FlowFailure,
  flowKey,
  type Locator,
  MAGIC_COOKIE,
  requestDefect,
  responseDefect,
  type ServerTransaction,
  type SipMessage,
  SipRequest,
  type SipResponse,
  To,
  Transactions,
  type TransactionTimes,
  type TransactionUser,
  type Transport,
  type TransportName,
  type TransportUser,
  tagOf,
  Via,
} from '@ringdown/sip';
import type { Domains } from './domains.ts';
import { type Admission, Door } from './door.ts';
import type { ProviderEvent } from './events.ts';
import { type Incoming, refuse, type Verdict, type Way } from './incoming.ts';
import { KeepAlive } from './location/keep-alive.ts';
import { isSecureFlow, type Location } from './location/location.ts';
import type { Handler } from './pipeline.ts';
import type { FloodLimit } from './policy/flood.ts';
import { type PendingLimits, PendingRelays } from './policy/pending-relays.ts';
import { AckRelay } from './proxy/ack-relay.ts';
import type { FlowTokens } from './proxy/flow-token.ts';
import { viaOf } from './proxy/forward.ts';
import { defaultRelayTimes, type MayReach, type RelayServices, type RelayTimes } from './proxy/relay.ts';
import { ResponseContext } from './proxy/response-context.ts';
import { Unheard } from './proxy/unheard.ts';
import { isFromPhone, readWay } from './proxy/way.ts';
import { StatelessTags } from './stateless-tags.ts';

export interface ProviderOptions {
  /** The transports that we may open flows with, in the order of our preference. */
  readonly transports: readonly TransportName[];
  readonly times?: TransactionTimes;
  readonly relayTimes?: RelayTimes;
  /** How much may wait for answers. */
  readonly pending?: Partial<PendingLimits>;
  /** How often a NAT's mapping is kept open for a phone that does not do it itself. */
  readonly keepAliveMs?: number;
}

/** Methods whose request may begin a dialog or a subscription: they get our Record-Route (RFC 3261 §16.6 step 4). */
const MAKES_DIALOG: ReadonlySet<string> = new Set([
  'INVITE',
  'SUBSCRIBE',
  'REFER',
  'NOTIFY',
  'UPDATE',
  'INFO',
]);

const SWEEP_MS = 1_000;
const DEFAULT_KEEP_ALIVE_MS = 25_000;

/** What a provider is made of. */
export interface ProviderParts {
  /** The timers of all that is inside; the provider is the one who turns it. */
  readonly wheel: TimingWheel;
  readonly transport: Transport;
  readonly dns: DnsPort;
  readonly clock: Clock;
  readonly random: Random;
  readonly domains: Domains;
  readonly location: Location;
  readonly tokens: FlowTokens;
  /** Where requests may be sent that no flow leads to: an operator's own network is no place for strangers' names to lead to. */
  readonly mayReach: MayReach;
  /** Whether the servers at an address are believed about who calls (RFC 3325 §3); our users never are. */
  readonly trusts: (address: string) => boolean;
  /** A name that leads here and that our certificate proves at present: other servers come back by it over TLS. */
  readonly tlsName?: () => string | undefined;
  /** Bounds the answers to what cannot be read. */
  readonly flood: FloodLimit;
  /** Turns away, before they are read, requests that begin something, while there is too much to do. */
  readonly overload?: Admission;
  /** Gives the verdict on each new request; see `pipelines`. */
  readonly handle: Handler<Incoming>;
  readonly observe: (event: ProviderEvent) => void;
}

/**
 * A SIP provider as one machine: messages come in by {@link TransportUser}, verdicts come from the pipelines, and what they
 * say is carried out on transactions and flows. It owns the timing wheel of all parts inside.
 */
export class Provider implements TransportUser, TransactionUser, TimerTarget {
  private readonly parts: ProviderParts;
  private readonly wheel: TimingWheel;
  private readonly transactions: Transactions;
  private readonly locator: Locator;
  private readonly relay: RelayServices;
  private readonly acks: AckRelay;
  private readonly tags: StatelessTags;
  private readonly door: Door;
  private readonly pending: PendingRelays;
  private readonly keepAlive: KeepAlive;

  constructor(parts: ProviderParts, options: ProviderOptions) {
    this.parts = parts;
    const { transport, random, clock } = parts;
    this.wheel = parts.wheel;
    const secret = random.fraction();
    const seed = Math.floor(secret * 2 ** 32);
    this.transactions = new Transactions(
      { transport, timers: this.wheel, seed, ...(options.times && { times: options.times }) },
      this,
    );
    this.locator = createLocator({ random }, parts.dns);
    this.tags = new StatelessTags(secret);
    this.door = new Door({
      transport,
      clock,
      transactions: this.transactions,
      tags: this.tags,
      overload: parts.overload,
      observe: parts.observe,
    });
    this.pending = new PendingRelays(options.pending);
    this.relay = {
      transactions: this.transactions,
      transport,
      locator: this.locator,
      timers: this.wheel,
      random,
      tokens: parts.tokens,
      transports: options.transports,
      times: options.relayTimes ?? defaultRelayTimes,
      mayReach: parts.mayReach,
      trusts: parts.trusts,
      realms: parts.domains,
      unheard: new Unheard(),
      deviceOn: ({ id }, flow) => parts.location.deviceOn(id, flow, clock.wallTime()),
      tlsName: parts.tlsName ?? (() => undefined),
      now: () => clock.now(),
      relayed: (outcome, place) => {
        this.pending.end(place);
        parts.observe({ kind: 'relayed', outcome });
      },
    };
    this.acks = new AckRelay(this.relay);
    parts.location.onMoved((device, flow) => this.relay.unheard.moved(device, flow));
    this.keepAlive = new KeepAlive(parts.location, transport, options.keepAliveMs ?? DEFAULT_KEEP_ALIVE_MS);
    this.wheel.start(this, 'sweep', SWEEP_MS);
  }

  /** How many transactions are kept. */
  get transactionCount(): { readonly servers: number; readonly clients: number } {
    return this.transactions.size;
  }

  glanceAt(bytes: Uint8Array, flow: Flow): Uint8Array | 'go on' | undefined {
    return this.door.glanceAt(bytes, flow);
  }

  isDoneWith(request: SipRequest, flow: Flow): boolean {
    return this.door.stops(request, flow);
  }

  messageReceived(message: SipMessage, flow: Flow): void {
    this.wheel.advance(this.parts.clock.now());
    if (message instanceof SipRequest) this.requestArrived(message, flow);
    else this.responseArrived(message, flow);
  }

  flowFailed(flow: Flow, failure: FlowFailure): void {
    this.wheel.advance(this.parts.clock.now());
    this.transactions.flowFailed(flow, failure);
    const bindings = this.parts.location.connectionClosed(flowKey(flow));
    if (bindings.length > 0) this.parts.observe({ kind: 'unreachable', bindings, why: failure.why });
  }

  /** The DNS answered a question of ours. */
  dnsAnswered(id: number, answer: DnsAnswer): void {
    this.wheel.advance(this.parts.clock.now());
    this.locator.answered(id, answer, this.parts.clock.now());
  }

  /**
   * Sends a request of our own, without Via, over a flow.
   *
   * @param done told its final status, or `failed` where none came
   */
  request(request: SipRequest, flowKey: string, done: (status: number | 'failed') => void): void {
    const flow = this.parts.transport.flowOf(flowKey);
    if (flow?.open !== true) {
      this.wheel.start({ timerFired: () => done('failed') }, 'no flow', 0);
      return;
    }
    const branch = `${MAGIC_COOKIE}${this.parts.random.token(16)}`;
    const withVia = edit(request).prepend(Via, viaOf(flow, branch)).build();
    this.transactions.request(withVia, flow, branch, {
      responseReceived: ({ status }) => {
        if (status >= 200) done(status);
      },
      requestFailed: () => done('failed'),
    });
  }

  deadline(): Instant | undefined {
    return this.wheel.deadline();
  }

  expire(now: Instant): void {
    this.wheel.expire(now);
  }

  close(): void {
    this.transactions.close();
  }

  timerFired(_name: string, _now: Instant): void {
    this.parts.location.sweep(this.parts.clock.wallTime());
    this.keepAlive.tick(SWEEP_MS);
    this.wheel.start(this, 'sweep', SWEEP_MS);
  }

  requestReceived(request: SipRequest, flow: Flow): void {
    const { clock } = this.parts;
    const way = this.wayOf(request);
    const incoming: Incoming = {
      kind: 'incoming',
      request,
      flow,
      way,
      now: clock.now(),
      wallTime: clock.wallTime(),
    };
    this.carryOut(this.parts.handle(incoming), incoming);
  }

  ackReceived(ack: SipRequest, flow: Flow): void {
    const why = this.acks.forward(ack, this.wayOf(ack), flow);
    if (why !== undefined) this.parts.observe({ kind: 'dropped', message: ack, flow, why });
  }

  strayResponse(response: SipResponse, flow: Flow): void {
    this.parts.observe({ kind: 'dropped', message: response, flow, why: 'a response to no request of ours' });
  }

  responseFailed(why: string, transaction: ServerTransaction): void {
    this.parts.observe({ kind: 'dropped', message: transaction.request, flow: transaction.flow, why });
  }

  private requestArrived(request: SipRequest, flow: Flow): void {
    const defect = requestDefect(request);
    if (defect === undefined) {
      this.transactions.requestArrived(request, flow);
      return;
    }
    if (this.parts.flood.take(flow.remote.address, this.parts.clock.now()) !== 'answer') {
      this.parts.observe({ kind: 'dropped', message: request, flow, why: defect.why });
      return;
    }
    this.transactions.respondStateless(request, flow, defect.status, { toTag: this.tags.tagFor(request) });
    this.parts.observe({ kind: 'answered', request, flow, status: defect.status, why: defect.why });
  }

  /** Where a request is going, by where the devices of its dialog are now (RFC 5626 §5.3). */
  private wayOf(request: SipRequest): Way {
    const { domains, tokens, location, clock } = this.parts;
    return readWay(request, domains, tokens, (token) => {
      const flow = location.flowTo(token.device!, token.flow, clock.wallTime());
      if (flow === undefined || flow === token.flow) return token;
      // What was promised to go over TLS does not go on without (RFC 3261 §26.2.2).
      return /^sips:/i.test(request.uri) && !isSecureFlow(flow) ? token : { ...token, flow };
    });
  }

  private responseArrived(response: SipResponse, flow: Flow): void {
    const defect = responseDefect(response);
    if (defect === undefined) this.transactions.responseArrived(response, flow);
    else this.parts.observe({ kind: 'dropped', message: response, flow, why: defect.why });
  }

  private carryOut(verdict: Verdict, incoming: Incoming): void {
    const { request, flow } = incoming;
    switch (verdict.kind) {
      case 'drop':
        this.parts.observe({ kind: 'dropped', message: request, flow, why: verdict.why });
        break;
      case 'respond':
        this.respond(verdict, incoming);
        break;
      case 'relay':
        this.startRelay(verdict, incoming);
        break;
    }
  }

  private respond(verdict: Extract<Verdict, { kind: 'respond' }>, { request, flow }: Incoming): void {
    const { status, reason, headers, body, why, dialogTag } = verdict;
    const parts = {
      toTag:
        dialogTag ?? (verdict.stateless === true ? this.tags.tagFor(request) : this.tags.keptTagFor(request)),
      recordRoute: dialogTag !== undefined,
      ...(reason !== undefined && { reason }),
      ...(headers !== undefined && { headers }),
      ...(body !== undefined && { body }),
    };
    if (verdict.stateless === true) this.transactions.respondStateless(request, flow, status, parts);
    else this.transactions.answer(request, flow, status, parts);
    this.parts.observe({ kind: 'answered', request, flow, status, why });
  }

  private startRelay(verdict: Extract<Verdict, { kind: 'relay' }>, incoming: Incoming): void {
    const { request, flow, way, now } = incoming;
    const isStranger = verdict.sender === 'peer' && !isFromPhone(way, flow);
    const stranger = isStranger ? flow.remote.address : undefined;
    const place = this.pending.begin(verdict.targets.length, stranger);
    if (place === undefined) {
      this.carryOut(this.tooMuch(incoming), incoming);
      return;
    }
    const transaction = this.transactions.serve(request, flow);
    const isInDialog = tagOf(request.get(To)) !== undefined;
    const context = new ResponseContext(
      {
        transaction,
        request,
        flow,
        way,
        targets: verdict.targets,
        sender: verdict.sender,
        account: verdict.account,
        makesDialog: !isInDialog && MAKES_DIALOG.has(request.method),
        secure: way.uri.startsWith('sips:'),
        place,
        now,
      },
      this.relay,
    );
    if (request.method === 'INVITE') transaction.onCancel(context);
    context.start();
  }

  private tooMuch({ flow, now }: Incoming): Verdict {
    const why = 'too many requests wait for their answers';
    return this.parts.flood.take(flow.remote.address, now) === 'answer'
      ? refuse(503, why, [['Retry-After', '30']])
      : { kind: 'drop', why };
  }
}
