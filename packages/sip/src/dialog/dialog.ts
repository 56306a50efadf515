import {
  type AddressValue,
  addressOf,
  Contact,
  encodeAddress,
  From,
  RecordRoute,
  To,
  tagOf,
} from '../message/address.ts';
import { buildRequest, type HeaderLines } from '../message/build.ts';
import { isToken } from '../message/characters.ts';
import { Authorization, CallId, CSeq, ProxyAuthorization } from '../message/fields.ts';
import { Malformed } from '../message/malformed.ts';
import type { SipMessage, SipRequest, SipResponse } from '../message/message.ts';
import { isSipUri, type SipUri } from '../message/uri.ts';
import { dialogId } from './dialog-id.ts';
import { detached, nextHop, recordedRoutes, requestRoute } from './route-set.ts';

/** Early until a 2xx; a dialog that was terminated sends nothing any more. */
export type DialogState = 'early' | 'confirmed' | 'terminated';

/** What a request within a dialog is built from besides the dialog; Via is the caller's. */
export interface DialogRequestParts {
  readonly method: string;
  /** All but From, To, Call-ID, CSeq, Max-Forwards, Route and Content-Length. Target refresh requests say Contact. */
  readonly headers?: HeaderLines;
  readonly body?: Uint8Array;
}

/** The state of RFC 3261 §12 that is not in the messages. */
export interface DialogBeginning {
  readonly state: 'early' | 'confirmed';
  /** Whether the request went over TLS: with a SIPS Request-URI that makes the dialog secure. */
  readonly overTls: boolean;
}

interface DialogParts {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  readonly local: AddressValue;
  readonly remote: AddressValue;
  readonly remoteTarget: string;
  readonly routeSet: readonly string[];
  readonly isSecure: boolean;
  readonly localSequence: number | undefined;
  readonly remoteSequence: number | undefined;
  readonly state: DialogState;
}

const MAX_FORWARDS = '70';

/**
 * A peer-to-peer relationship between two user agents (RFC 3261 §12; RFC 6665 makes its subscriptions of the same): the
 * order of requests both ways and the way they take. It keeps texts of its own, never the messages it came from.
 *
 * @example
 * const dialog = dialogOfRequest(subscribe, { localTag, state: 'confirmed', overTls: false });
 * if (dialog instanceof Malformed) return respond(400, dialog.why);
 * send(dialog.request({ method: 'NOTIFY', headers: [['Event', 'presence'], …], body }));
 */
export class Dialog {
  readonly callId: string;
  readonly localTag: string;
  /** Empty where the peer gave none (RFC 2543). */
  readonly remoteTag: string;
  /** Whether all its requests must go by SIPS. */
  readonly isSecure: boolean;
  readonly #local: string;
  readonly #remote: string;
  #state: DialogState;
  #remoteTarget: string;
  #routeSet: readonly string[];
  #localSequence: number | undefined;
  #remoteSequence: number | undefined;

  constructor(parts: DialogParts) {
    this.callId = detached(parts.callId);
    this.localTag = detached(parts.localTag);
    this.remoteTag = detached(parts.remoteTag);
    this.isSecure = parts.isSecure;
    this.#local = party(parts.local, this.localTag);
    this.#remote = party(parts.remote, this.remoteTag);
    this.#remoteTarget = parts.remoteTarget;
    this.#routeSet = parts.routeSet;
    this.#localSequence = parts.localSequence;
    this.#remoteSequence = parts.remoteSequence;
    this.#state = parts.state;
  }

  /** As {@link dialogIdOf} computes it for the messages of this dialog that we receive. */
  get id(): string {
    return dialogId(this.callId, this.localTag, this.remoteTag);
  }

  get state(): DialogState {
    return this.#state;
  }

  /** The URI of the peer's Contact, as written. */
  get remoteTarget(): string {
    return this.#remoteTarget;
  }

  /** The Route values of our requests, in order, as written. */
  get routeSet(): readonly string[] {
    return this.#routeSet;
  }

  /** The number of our last request; undefined before the first where the peer made the dialog. */
  get localSequence(): number | undefined {
    return this.#localSequence;
  }

  /** The number of the peer's last request in order; undefined before the first. */
  get remoteSequence(): number | undefined {
    return this.#remoteSequence;
  }

  /** Where our next request goes first: what the locator is asked for. */
  nextHop(): SipUri | undefined {
    return nextHop(requestRoute(this.#remoteTarget, this.#routeSet));
  }

  /**
   * Our next request, with the next sequence number (§12.2.1.1).
   *
   * @throws where the dialog was terminated, and for ACK and CANCEL, which have the number of their INVITE.
   */
  request(parts: DialogRequestParts): SipRequest {
    if (parts.method === 'ACK' || parts.method === 'CANCEL')
      throw new Error(
        `${parts.method} takes its number from an INVITE: use acknowledge, or cancel the transaction`,
      );
    if (this.#state === 'terminated') throw new Error(`the dialog ${this.id} is terminated`);
    this.#localSequence = (this.#localSequence ?? 0) + 1;
    return this.#build(parts, this.#localSequence);
  }

  /**
   * The ACK to a 2xx (§13.2.2.4): the number and the credentials of its INVITE, the dialog's route. It goes to the
   * transport without a transaction, once for each time the 2xx comes; terminated dialogs acknowledge, too.
   */
  acknowledge(invite: SipRequest, parts: Omit<DialogRequestParts, 'method'> = {}): SipRequest {
    const sequence = invite.get(CSeq)?.sequence;
    if (sequence === undefined) throw new Error('the INVITE to acknowledge has no CSeq');
    const headers = [...credentialsOf(invite), ...(parts.headers ?? [])];
    return this.#build({ ...parts, method: 'ACK', headers }, sequence);
  }

  /**
   * Takes note of the number of a request from the peer (§12.2.2). ACK and CANCEL have that of their INVITE and pass.
   *
   * @returns false where it is out of order: answer 500 and change nothing.
   */
  receive(request: SipRequest): boolean {
    if (request.method === 'ACK' || request.method === 'CANCEL') return true;
    const sequence = request.get(CSeq)?.sequence;
    if (sequence === undefined) return false;
    if (this.#remoteSequence !== undefined && sequence <= this.#remoteSequence) return false;
    this.#remoteSequence = sequence;
    return true;
  }

  /**
   * Takes over the Contact of a target refresh that was accepted: a request of the peer that we answer with 2xx (§12.2.2),
   * or the 2xx to one of ours (§12.2.1.2). Other messages change nothing, nor does one without a Contact.
   *
   * @returns Malformed where the Contact is none that can be sent to: the target stays.
   */
  refresh(message: SipMessage): Malformed | undefined {
    if (!isTargetRefresh(message)) return undefined;
    if (message.get(Contact) === undefined && message.malformed(Contact) === undefined) return undefined;
    const target = targetOf(message);
    if (target instanceof Malformed) return target;
    this.#remoteTarget = target;
    return undefined;
  }

  /**
   * The 2xx to the INVITE of an early dialog of ours: confirms it, and takes the route set anew, for a 1xx of RFC 2543
   * need not have said it (§13.2.2.4).
   *
   * @returns Malformed where the response has no route or Contact that can be used: the dialog is as it was.
   */
  confirm(response: SipResponse): Malformed | undefined {
    const routes = recordedRoutes(response);
    if (routes instanceof Malformed) return routes;
    const target = targetOf(response);
    if (target instanceof Malformed) return target;
    if (this.#state === 'early') {
      this.#state = 'confirmed';
      this.#routeSet = routes.reverse();
      this.#remoteTarget = target;
    }
    return undefined;
  }

  /** We answered 2xx to the INVITE of an early dialog of the peer's (§12): what it said stays. */
  accepted(): void {
    if (this.#state === 'early') this.#state = 'confirmed';
  }

  /** §12.3: the method says when. */
  terminate(): void {
    this.#state = 'terminated';
  }

  #build({ method, headers = [], body }: DialogRequestParts, sequence: number): SipRequest {
    const { uri, routes } = requestRoute(this.#remoteTarget, this.#routeSet);
    const lines: (readonly [string, string])[] = [
      ['Max-Forwards', MAX_FORWARDS],
      ['From', this.#local],
      ['To', this.#remote],
      ['Call-ID', this.callId],
      ['CSeq', `${sequence} ${method}`],
    ];
    if (routes.length > 0) lines.push(['Route', routes.join(', ')]);
    return buildRequest({
      method,
      uri,
      headers: [...lines, ...headers],
      ...(body === undefined ? {} : { body }),
    });
  }
}

/** What the peer's request makes a dialog of. */
export interface UasBeginning extends DialogBeginning {
  /** The tag in the To of our response. A request whose To has a tag keeps that one. */
  readonly localTag: string;
  /**
   * The number of the request of ours that this one follows: of the SUBSCRIBE, where a NOTIFY makes the dialog (RFC 6665
   * §4.4.1). Undefined where the peer began (§12.1.1).
   */
  readonly localSequence?: number;
}

/**
 * The dialog that our response to a request makes (§12.1.1): for a response with `buildResponse(…, { recordRoute: true })`,
 * a Contact of the scheme that {@link contactScheme} says, and `localTag`.
 *
 * @returns Malformed, for a 400, where the request lacks what a dialog needs.
 */
export const dialogOfRequest = (request: SipRequest, beginning: UasBeginning): Dialog | Malformed => {
  const routeSet = recordedRoutes(request);
  const remoteTarget = targetOf(request);
  const named = partiesOf(request);
  if (routeSet instanceof Malformed) return routeSet;
  if (remoteTarget instanceof Malformed) return remoteTarget;
  if (named instanceof Malformed) return named;
  return new Dialog({
    callId: named.callId,
    localTag: named.toTag === '' ? beginning.localTag : named.toTag,
    remoteTag: named.fromTag,
    local: named.to,
    remote: named.from,
    remoteTarget,
    routeSet,
    isSecure: beginning.overTls && isSips(request.uri),
    localSequence: beginning.localSequence,
    remoteSequence: named.sequence,
    state: beginning.state,
  });
};

/**
 * The dialog that a 101–199 with a To tag or a 2xx to our request makes (§12.1.2).
 *
 * @returns Malformed where the response lacks what a dialog needs.
 */
export const dialogOfResponse = (
  request: SipRequest,
  response: SipResponse,
  overTls: boolean,
): Dialog | Malformed => {
  const routes = recordedRoutes(response);
  const remoteTarget = targetOf(response);
  const named = partiesOf(response);
  if (routes instanceof Malformed) return routes;
  if (remoteTarget instanceof Malformed) return remoteTarget;
  if (named instanceof Malformed) return named;
  if (response.status === 100 || response.status >= 300)
    return new Malformed(`a ${response.status} makes no dialog`);
  if (response.status < 200 && named.toTag === '')
    return new Malformed('a provisional response without a To tag makes no dialog');
  return new Dialog({
    callId: named.callId,
    localTag: named.fromTag,
    remoteTag: named.toTag,
    local: named.from,
    remote: named.to,
    remoteTarget,
    routeSet: routes.reverse(),
    isSecure: overTls && isSips(request.uri),
    localSequence: named.sequence,
    remoteSequence: undefined,
    state: response.status < 200 ? 'early' : 'confirmed',
  });
};

interface Parties {
  readonly callId: string;
  readonly from: AddressValue;
  readonly to: AddressValue;
  readonly fromTag: string;
  readonly toTag: string;
  readonly sequence: number;
}

const partiesOf = (message: SipMessage): Parties | Malformed => {
  const callId = message.get(CallId);
  const from = message.get(From);
  const to = message.get(To);
  const sequence = message.get(CSeq)?.sequence;
  if (callId === undefined || from === undefined || to === undefined || sequence === undefined)
    return new Malformed('Call-ID, From, To or CSeq is missing or cannot be read');
  const fromTag = tagOf(from) ?? '';
  const toTag = tagOf(to) ?? '';
  // A tag is written into every request of the dialog: a quoted one could write more than a tag.
  if ((fromTag !== '' && !isToken(fromTag)) || (toTag !== '' && !isToken(toTag)))
    return new Malformed('a tag that is no token');
  return { callId, from, to, fromTag, toTag, sequence };
};

/** The URI of a message's Contact, which must be one that a Request-URI can be (§12.1.1: a SIP or SIPS URI). */
const targetOf = (message: SipMessage): string | Malformed => {
  const malformed = message.malformed(Contact);
  if (malformed !== undefined) return malformed;
  const contact = message.get(Contact);
  if (contact === undefined) return new Malformed('no Contact, so nobody could be reached in the dialog');
  if (contact === '*' || !isSipUri(contact.uri)) return new Malformed('a Contact that is no SIP or SIPS URI');
  return detached(contact.uri.text);
};

const party = ({ displayName, uri }: AddressValue, tag: string): string =>
  detached(encodeAddress({ ...addressOf(uri, tag === '' ? '' : `;tag=${tag}`), displayName }));

/** The same credentials as those of the INVITE (§13.2.2.4). */
const credentialsOf = (invite: SipRequest): (readonly [string, string])[] =>
  [Authorization, ProxyAuthorization].flatMap((field) =>
    invite.texts(field).map((value) => [field.name, value] as const),
  );

const isSips = (uri: string): boolean => uri.slice(0, 5).toLowerCase() === 'sips:';

/** Methods whose Contact moves the remote target: RFC 3261 §12.2, RFC 3311 §5.1, RFC 6665 §3.1.1 and §3.2.1. */
const targetRefreshes: ReadonlySet<string> = new Set(['INVITE', 'UPDATE', 'SUBSCRIBE', 'NOTIFY']);

const isTargetRefresh = (message: SipMessage): boolean => {
  if ('method' in message) return targetRefreshes.has(message.method);
  const isSuccess = message.status >= 200 && message.status < 300;
  return isSuccess && targetRefreshes.has(message.get(CSeq)?.method ?? '');
};

/** Whether a response to a request within a dialog ends it: 481, and 408, which a timeout counts as (§12.2.1.2). */
export const endsDialog = (status: number): boolean => status === 481 || status === 408;

/**
 * The scheme that the Contact of a response must have which makes a dialog (§12.1.1): SIPS where the Request-URI is SIPS, or
 * the top Record-Route, or without one the Contact.
 */
export const contactScheme = (request: SipRequest): 'sip' | 'sips' => {
  const contact = request.get(Contact);
  const lastHop = request.get(RecordRoute) ?? (contact === '*' ? undefined : contact);
  return isSips(request.uri) || lastHop?.uri.scheme === 'sips' ? 'sips' : 'sip';
};
