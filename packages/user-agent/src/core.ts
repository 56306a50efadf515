import {
  createLocator,
  DigestClient,
  type Flow,
  flowKey,
  formatSipUri,
  type HeaderLines,
  type Locator,
  MAGIC_COOKIE,
  type ResponseParts,
  type SipRequest,
  type Transactions,
} from '@ringdown/sip';
import { type Account, accountOnWire, addressOfRecord, firstHop } from './account.ts';
import type { UserAgentEvent } from './events.ts';
import { MediaDesk } from './media/media-session.ts';
import { type UserAgentOptions, type UserAgentPorts, userAgentDefaults } from './options.ts';
import { ServerPlaces } from './registration/server-places.ts';

/** The methods that we answer (RFC 3261 §20.5). */
export const METHODS = 'INVITE, ACK, CANCEL, BYE, PRACK, UPDATE, INFO, REFER, NOTIFY, MESSAGE, OPTIONS';
/** The extensions that we speak (RFC 3261 §20.37). */
export const EXTENSIONS = '100rel, timer, replaces, outbound, trickle-ice';
/** The extension, and the package of information, that candidates come by (RFC 8840 §10). */
export const TRICKLE = 'trickle-ice';
/** What we say of ourselves wherever a dialog is made or changed. */
export const ABILITIES: HeaderLines = [
  ['Allow', METHODS],
  ['Supported', EXTENSIONS],
  ['Recv-Info', TRICKLE],
];

/** Who answers the requests of a dialog. */
export interface DialogUser {
  /** A request that is no retransmission, no ACK and no CANCEL. */
  requestReceived(request: SipRequest, flow: Flow): void;
  ackReceived(ack: SipRequest): void;
  /** We are reached over another flow now; `isElsewhere`: at another address, too, or so it may be. */
  moved?(isElsewhere: boolean): void;
}

/** What lives for a while. */
export interface Part {
  /** Ends in silence: gives back what it holds, and tells nobody. */
  close(): void;
  /** We are registered over another flow than before: the server may be another one, or have forgotten what it knew. */
  registeredAnew?(): void;
}

/** What all parts of a user agent share. */
export class Core {
  /** As messages have it. */
  readonly account: Account;
  readonly options: Required<UserAgentOptions>;
  readonly ports: UserAgentPorts;
  readonly transactions: Transactions;
  readonly locator: Locator;
  readonly digest: DigestClient;
  readonly media: MediaDesk;
  readonly server = new ServerPlaces();
  /** Every dialog by its ID. */
  readonly dialogs = new Map<string, DialogUser>();
  /** What has timers, or something of the media engine's, as long as it lives. */
  readonly parts = new Set<Part>();
  #isClosed = false;
  /** The flow that we are registered over: requests go over it as long as it is open (RFC 5626 §4.3). */
  flow: Flow | undefined = undefined;
  /** Our address changed, and we are not registered from the new one yet: nobody can be told where we are. */
  isMoving = false;
  /** What the registrar told us to send requests through (RFC 3608). */
  serviceRoute: readonly string[] = [];

  constructor(options: UserAgentOptions, ports: UserAgentPorts, transactions: Transactions) {
    this.options = { ...userAgentDefaults, ...options };
    this.account = accountOnWire(options.account, ports.text);
    this.ports = ports;
    this.transactions = transactions;
    this.locator = createLocator({ random: ports.random }, ports.dns);
    this.media = new MediaDesk(ports.media);
    const { authUsername, username, realm, password } = options.account;
    const identity = { realm, authUsername: authUsername ?? username, password };
    this.digest = new DigestClient(ports, [identity]);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  deliver(event: UserAgentEvent): void {
    if (!this.#isClosed) this.ports.deliver(event);
  }

  /** Answers a request at once, and keeps the answer for its retransmissions. */
  respond(request: SipRequest, flow: Flow, status: number, parts: ResponseParts = {}): void {
    this.transactions.answer(request, flow, status, { toTag: this.token(), ...parts });
  }

  /** A tag, or the beginning of a Call-ID: at least 32 bits of chance (RFC 3261 §19.3). */
  token(): string {
    return this.ports.random.token(16);
  }

  branch(): string {
    return `${MAGIC_COOKIE}${this.token()}`;
  }

  /** The URI that we are reached at over a flow. */
  contactUri({ advertised, transport }: Flow): string {
    return formatSipUri({
      user: this.account.username,
      host: advertised.address,
      port: advertised.port,
      parameters: transport === 'udp' ? '' : `;transport=${transport}`,
    });
  }

  /** Contact of requests and answers that make a dialog; `ob` keeps its requests on this flow (RFC 5626 §4.3). */
  contact(flow: Flow): readonly [string, string] {
    const uri = this.contactUri(flow);
    return ['Contact', `<${this.isRegisteredOver(flow) ? `${uri};ob` : uri}>`];
  }

  isRegisteredOver(flow: Flow): boolean {
    if (this.flow === undefined || flow === this.flow) return flow === this.flow;
    return flow.transport === 'udp' && flowKey(flow) === flowKey(this.flow);
  }

  /** Whether what comes over a flow comes from our server, which knows its users by their passwords. */
  isFromServer(flow: Flow): boolean {
    return this.server.isSought && (this.isRegisteredOver(flow) || this.server.has(flow));
  }

  /** Whether a request outside of dialogs may come over a flow. */
  admits(flow: Flow): boolean {
    return !this.server.isSought || this.options.direct || this.isFromServer(flow);
  }

  /** Ends everything in silence. */
  close(): void {
    this.#isClosed = true;
    for (const part of [...this.parts]) part.close();
    this.transactions.close();
  }

  /** Peers have to learn where we are, or what they send within dialogs goes to where we were (RFC 3261 §12.2). */
  moved(isElsewhere: boolean): void {
    for (const dialog of [...this.dialogs.values()]) dialog.moved?.(isElsewhere);
    for (const part of [...this.parts]) part.registeredAnew?.();
  }

  /** Route of requests outside of dialogs. */
  presetRoute(): HeaderLines {
    if (this.serviceRoute.length > 0) return [['Route', this.serviceRoute.join(', ')]];
    if (this.account.outboundProxy === undefined) return [];
    const { text, parameters } = firstHop(this.account);
    return [['Route', `<${parameters.has('lr') ? text : `${text};lr`}>`]];
  }

  get addressOfRecord(): string {
    return addressOfRecord(this.account);
  }
}
