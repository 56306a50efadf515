import type { Clock } from '@ringdown/sans-io';
import {
  answerAtAGlance,
  buildResponse,
  CallId,
  type Flow,
  type Glance,
  glance,
  reasonPhrase,
  type SipRequest,
  stampAnswer,
  stampVia,
  To,
  type Transactions,
  type Transport,
  tagOf,
  textAt,
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

const STATUS = 503;
const START_LINE = `SIP/2.0 ${STATUS} ${reasonPhrase(STATUS)}\r\n`;
const NOTHING = new Uint8Array(0);
const [A, C, K] = [0x41, 0x43, 0x4b];

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

  /** What a datagram gets before it is read (see `TransportUser.glanceAt`). One that is let in has paid for what it begins. */
  glanceAt(bytes: Uint8Array, flow: Flow): Uint8Array | 'go on' | undefined {
    const { overload, tags } = this.parts;
    const isAck = bytes[0] === A && bytes[1] === C && bytes[2] === K;
    if (!isAck && overload?.isStrained !== true) return 'go on';
    const seen = glance(bytes);
    if (seen === undefined) return undefined;
    if (seen === 'has credentials') return 'go on';
    if (seen.method === 'ACK') return tags.isOursAt(bytes, seen.toTag, seen.callId) ? NOTHING : 'go on';
    if (seen.toTag.start < seen.toTag.end) return 'go on';
    return this.judge(seen, flow);
  }

  /** What begins something, and was told at a glance. */
  private judge(seen: Glance, flow: Flow): Uint8Array | 'go on' | undefined {
    const { overload, tags, clock, transactions } = this.parts;
    const { bytes, method, viaValue } = seen;
    const isServed = transactions.isServingPlain(() => textAt(bytes, viaValue), method);
    if (isServed === undefined || overload === undefined) return undefined;
    if (isServed || !overload.turnsAway(clock.now())) return 'go on';
    const toTag = tags.tagOfCallAt(bytes, seen.callId);
    const answer = answerAtAGlance(seen, START_LINE, toTag, overload.refusal, flow.remote);
    // Judged again when it is read.
    if (answer === undefined) return undefined;
    this.parts.observe({ kind: 'turned away', method, bytes, flow, status: STATUS, why: OVERLOADED });
    return answer;
  }

  /** Whether a request, as it came, is done with, where no glance has told. One that is let in has paid for what it begins. */
  stops(request: SipRequest, flow: Flow): boolean {
    const { overload, tags, clock, transport, transactions } = this.parts;
    if (request.method === 'ACK') return tags.isOurs(tagOf(request.get(To)), request.get(CallId) ?? '');
    // A CANCEL ends what was begun.
    if (overload?.isStrained !== true || request.method === 'CANCEL' || !isBeginning(request)) return false;
    // Its retransmissions belong to what has begun. Requests without a branch are known by what we have made of their Via.
    if (transactions.isServing(stampVia(request, flow.remote)) || !overload.turnsAway(clock.now()))
      return false;
    const parts = { toTag: tags.tagFor(request), headers: overload.refusal };
    transport.send(flow, stampAnswer(buildResponse(request, STATUS, parts), flow.remote));
    this.parts.observe({ kind: 'answered', request, flow, status: STATUS, why: OVERLOADED });
    return true;
  }
}
