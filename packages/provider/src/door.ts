import type { Clock } from '@ringdown/sans-io';
import {
  buildResponse,
  CallId,
  type Flow,
  type Glance,
  glance,
  type SipRequest,
  stampAnswer,
  To,
  type Transactions,
  type Transport,
  tagOf,
} from '@ringdown/sip';
import type { ProviderEvent } from './events.ts';
import { isBeginning, OVERLOADED, type Overload } from './policy/overload.ts';
import type { StatelessTags } from './stateless-tags.ts';

/** What turns requests away while there is too much to do. */
export type Admission = Pick<Overload, 'isStrained' | 'hasRoom' | 'turnsAway' | 'refusal'>;

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

  /** Whether a request, as it came in a datagram, is done with. False where only reading it can tell. */
  stopsAtAGlance(request: SipRequest, flow: Flow): boolean {
    const isAck = request.method === 'ACK';
    const { overload, tags } = this.parts;
    if (!isAck && overload?.isStrained !== true) return false;
    const seen = glance(request);
    if (seen === undefined) return false;
    if (isAck) return tags.isOurs(seen.toTag, seen.callId);
    if (!isRefusable(request) || seen.hasCredentials || seen.toTag !== undefined) return false;
    return this.refusesAtAGlance(request, seen, flow);
  }

  /** The same for a request that is read. */
  stops(request: SipRequest, flow: Flow): boolean {
    const { overload, tags, clock, transactions } = this.parts;
    if (request.method === 'ACK') return tags.isOurs(tagOf(request.get(To)), request.get(CallId) ?? '');
    if (overload?.isStrained !== true || !isRefusable(request) || !isBeginning(request)) return false;
    if (transactions.isServing(request) || !overload.turnsAway(request, clock.now())) return false;
    const parts = { toTag: tags.tagFor(request), headers: overload.refusal };
    transactions.respondStateless(request, flow, 503, parts);
    this.tell(request, flow);
    return true;
  }

  private refusesAtAGlance(request: SipRequest, seen: Glance, flow: Flow): boolean {
    const { overload, tags, clock, transactions, transport } = this.parts;
    const now = clock.now();
    // Who is let in is read first, and pays then.
    if (overload === undefined || overload.hasRoom(now)) return false;
    if (transactions.isServingBranch(seen.via, request.method) !== false) return false;
    overload.turnsAway(request, now);
    const parts = { toTag: tags.tagOfCall(seen.callId), headers: overload.refusal };
    transport.send(flow, stampAnswer(buildResponse(seen, 503, parts), flow.remote));
    this.tell(request, flow);
    return true;
  }

  private tell(request: SipRequest, flow: Flow): void {
    this.parts.observe({ kind: 'answered', request, flow, status: 503, why: OVERLOADED });
  }
}

/** A CANCEL ends what was begun. */
const isRefusable = ({ method }: SipRequest): boolean => method !== 'CANCEL';
