import type { Clock } from '@ringdown/sans-io';
import {
  buildResponse,
  CallId,
  type Flow,
  type Glance,
  glance,
  type SipRequest,
  stampAnswer,
  stampVia,
  To,
  type Transactions,
  type Transport,
  tagOf,
} from '@ringdown/sip';
import type { ProviderEvent } from './events.ts';
import { isBeginning, OVERLOADED, type Overload } from './policy/overload.ts';
import type { StatelessTags } from './stateless-tags.ts';

/** What turns requests away while there is too much to do. */
export type Admission = Pick<Overload, 'isStrained' | 'turnsAway' | 'refusal'>;

export interface DoorParts {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly transactions: Transactions;
  readonly tags: StatelessTags;
  readonly overload: Admission | undefined;
  readonly observe: (event: ProviderEvent) => void;
}

/**
 * Who gets no further than the door: requests that begin something while there is too much to do, which are refused, and
 * ACKs of answers that nobody keeps. Both must cost next to nothing, or those under way pay for it: most are told at a
 * glance, before a datagram is read or the provider's time goes on.
 */
export class Door {
  private readonly parts: DoorParts;

  constructor(parts: DoorParts) {
    this.parts = parts;
  }

  /** Whether a request, as it came, is done with. One that is let in has paid for what it begins. */
  stops(request: SipRequest, flow: Flow): boolean {
    const { overload, tags, clock, transport } = this.parts;
    if (request.method === 'ACK') return this.isOurs(request);
    // A CANCEL ends what was begun.
    if (overload?.isStrained !== true || request.method === 'CANCEL') return false;
    const seen = glance(request);
    const begins =
      seen === undefined ? isBeginning(request) : !seen.hasCredentials && seen.toTag === undefined;
    if (!begins || this.isServed(request, seen, flow) || !overload.turnsAway(clock.now())) return false;
    const toTag = seen === undefined ? tags.tagFor(request) : tags.tagOfCall(seen.callId);
    const refusal = buildResponse(seen ?? request, 503, { toTag, headers: overload.refusal });
    transport.send(flow, stampAnswer(refusal, flow.remote));
    this.parts.observe({ kind: 'answered', request, flow, status: 503, why: OVERLOADED });
    return true;
  }

  /** Whether it has begun before, and this is its retransmission. */
  private isServed(request: SipRequest, seen: Glance | undefined, flow: Flow): boolean {
    const { transactions } = this.parts;
    const isServed = seen && transactions.isServingPlain(seen.via, request.method);
    // Requests without a branch are known by what we have made of their Via.
    return isServed ?? transactions.isServing(stampVia(request, flow.remote));
  }

  private isOurs(ack: SipRequest): boolean {
    const { tags } = this.parts;
    const seen = glance(ack);
    return seen === undefined
      ? tags.isOurs(tagOf(ack.get(To)), ack.get(CallId) ?? '')
      : tags.isOurs(seen.toTag, seen.callId);
  }
}
