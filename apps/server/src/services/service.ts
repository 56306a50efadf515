import {
  buildResponse,
  CallId,
  type HeaderLines,
  type SipMessage,
  SipRequest,
  To,
  tagOf,
} from '@ringdown/sip';
import type { HouseTransport, HouseWay } from './house-transport.ts';

/** A call that is answered. */
export interface AnsweredCall {
  received(message: SipMessage): void;
  hangUp(): void;
  /** At once, and in silence. */
  close(): Promise<void>;
}

/** What a service has to know of a new call. */
export interface ServiceGuest {
  readonly invite: SipRequest;
  readonly way: HouseWay;
  readonly ended: () => void;
  readonly gone: () => void;
}

export interface ServiceOptions {
  /**
   * What a call is told instead of being answered: busy (486), or not now (480: a proxy would make 500 of 503); undefined where it
   * may come.
   */
  readonly refusal: () => 486 | 480 | undefined;
  /** Answers a call. Rejects where that cannot be done. */
  readonly answer: (guest: ServiceGuest) => Promise<AnsweredCall>;
  /** Why a call could not be answered. */
  readonly onTrouble: (why: string) => void;
}

/** One call, from its INVITE on. What comes while it is made ready waits. */
interface Place {
  call: AnsweredCall | undefined;
  readonly waiting: SipMessage[];
}

/** A retransmission, a CANCEL, and what else may come before the first sound is loaded. */
const MOST_WAITING = 8;

/** A service that answers calls by itself: tells them apart, and bounds how many there are. */
export class Service {
  readonly #options: ServiceOptions;
  readonly #way: HouseWay;
  readonly #places = new Map<string, Place>();
  #active = 0;
  #isClosed = false;

  constructor(transport: HouseTransport, options: ServiceOptions) {
    this.#options = options;
    this.#way = transport.lay((message) => this.#received(message));
  }

  /** The server's flow that leads here. */
  get flow(): string {
    return this.#way.key;
  }

  /** How many calls are being answered. */
  get active(): number {
    return this.#active;
  }

  hangUp(): void {
    for (const { call } of this.#places.values()) call?.hangUp();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#places.values()].map(({ call }) => call?.close()));
  }

  #received(message: SipMessage): void {
    const callId = message.get(CallId) ?? '';
    const place = this.#places.get(callId);
    if (place?.call !== undefined) place.call.received(message);
    else if (place !== undefined) {
      if (place.waiting.length < MOST_WAITING) place.waiting.push(message);
    } else if (message instanceof SipRequest) this.#requested(message, callId);
  }

  #requested(request: SipRequest, callId: string): void {
    const isNew = tagOf(request.get(To)) === undefined;
    if (request.method === 'ACK') return;
    if (request.method === 'INVITE' && isNew) this.#invited(request, callId);
    else if (request.method === 'OPTIONS' && isNew) this.#respond(request, this.#refusal ?? 200);
    else this.#respond(request, isNew && request.method !== 'CANCEL' ? 405 : 481);
  }

  get #refusal(): 486 | 480 | undefined {
    return this.#isClosed ? 480 : this.#options.refusal();
  }

  #invited(invite: SipRequest, callId: string): void {
    const refusal = this.#refusal;
    if (refusal !== undefined) {
      this.#respond(invite, refusal);
      return;
    }
    this.#active++;
    const place: Place = { call: undefined, waiting: [invite] };
    this.#places.set(callId, place);
    const guest: ServiceGuest = {
      invite,
      way: this.#way,
      ended: () => this.#active--,
      gone: () => this.#places.delete(callId),
    };
    this.#options.answer(guest).then(
      (call) => this.#begin(call, place),
      (error: unknown) => {
        this.#options.onTrouble(error instanceof Error ? error.message : String(error));
        this.#active--;
        this.#places.delete(callId);
        this.#respond(invite, 500);
      },
    );
  }

  #begin(call: AnsweredCall, place: Place): void {
    place.call = call;
    if (this.#isClosed) void call.close();
    else for (const message of place.waiting.splice(0)) call.received(message);
  }

  #respond(request: SipRequest, status: number): void {
    this.#way.send(buildResponse(request, status, { toTag: 'service', headers: headersOf(status) }));
  }
}

/** What an answer says besides (RFC 3261 §20.5, §20.33). */
const headersOf = (status: number): HeaderLines => {
  if (status === 480) return [['Retry-After', '30']];
  return status === 200 || status === 405 ? [['Allow', 'INVITE, ACK, CANCEL, BYE, OPTIONS']] : [];
};
