import type { Timer, Timers, TimerTarget } from '@ringdown/sans-io';
import { buildResponse, type HeaderLines, type ResponseParts } from '../message/build.ts';
import { inOnePiece } from '../message/in-one-piece.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';
import { type Flow, flowKey, isReliable } from '../transport/flow.ts';
import { type TransactionTimes, timerDelay } from './delays.ts';

/** What was answered within so long is forgotten together, that much after its time at most. */
const GROUP_MS = 100;

/** Stands behind each part of a record: none has it within, nor has any header line. */
const END = '\n';

/** What was answered at about the same time. */
interface Group {
  readonly numbers: number[];
  readonly timer: Timer;
}

/**
 * Requests that were answered as soon as they came over UDP: server transactions in the state `completed` of `nonInviteServer`,
 * where all there is to do is to send the answer again until Timer J ends it (RFC 3261 §17.2.2). A registrar leaves
 * hundreds of thousands behind. So each is nothing but one text under a number, which has what the answer says besides the
 * request: that comes again, from where it came before, and the answer is written anew. They have one timer together.
 */
export class AnsweredRequests implements TimerTarget {
  private readonly timers: Timers;
  private readonly lifetimeMs: number;
  private readonly seed: number;
  /** By the number of a request's key. */
  private readonly records = new Map<number, string>();
  /** The oldest first. */
  private readonly groups: Group[] = [];
  /** The group that takes more. */
  private current: Group | undefined = undefined;

  /** @param seed unknown to others: who knew it could choose requests that are hard to tell apart */
  constructor(timers: Timers, times: TransactionTimes, seed: number) {
    this.seed = seed;
    this.timers = timers;
    this.lifetimeMs = timerDelay('timer J', times, false, 0) ?? 0;
  }

  get size(): number {
    return this.records.size;
  }

  /**
   * Keeps what a request was answered, under the key of its transaction.
   *
   * @returns false where it needs a transaction of its own: over a connection, for what no text says, and where another
   * request has the same number, which somebody may have arranged.
   */
  keep(key: string, flow: Flow, status: number, parts: ResponseParts): boolean {
    const number = numberOf(key, this.seed);
    const { reason = '', toTag = '', headers = [], recordRoute, body } = parts;
    if (isReliable(flow.transport) || recordRoute === true || body !== undefined || this.records.has(number))
      return false;
    const pieces = [key, END, flowKey(flow), END, String(status), END, reason, END, toTag, END];
    for (const [name, value] of headers) pieces.push(name, END, value, END);
    this.records.set(number, inOnePiece(pieces));
    this.current ??= this.begin();
    this.current.numbers.push(number);
    return true;
  }

  has(key: string): boolean {
    return this.recordOf(key) !== undefined;
  }

  /**
   * What a request that came again is answered. Nothing where it comes from elsewhere than before: it is no retransmission, or
   * its sender, behind a NAT, has another port by now, and nobody hears the answer at the old one.
   *
   * @returns undefined where nothing is known of such a request
   */
  answerTo(request: SipRequest, key: string, flow: Flow): SipResponse | 'silence' | undefined {
    const record = this.recordOf(key);
    if (record === undefined) return undefined;
    const [from, status, reason = '', toTag = '', ...texts] = record.slice(key.length + 1).split(END);
    if (from !== flowKey(flow)) return 'silence';
    const headers: HeaderLines = Array.from({ length: texts.length >> 1 }, (_, at) => [
      texts[2 * at]!,
      texts[2 * at + 1]!,
    ]);
    return buildResponse(request, Number(status), { headers, toTag, ...(reason !== '' && { reason }) });
  }

  timerFired(name: string): void {
    if (name === 'group full') this.current = undefined;
    else for (const number of this.groups.shift()?.numbers ?? []) this.records.delete(number);
  }

  /** Forgets all. */
  clear(): void {
    for (const { timer } of this.groups.splice(0)) this.timers.stop(timer);
    this.records.clear();
    this.current = undefined;
  }

  private begin(): Group {
    this.timers.start(this, 'group full', GROUP_MS);
    const timer = this.timers.start(this, 'timer J', this.lifetimeMs + GROUP_MS);
    const group: Group = { numbers: [], timer };
    this.groups.push(group);
    return group;
  }

  private recordOf(key: string): string | undefined {
    if (this.records.size === 0) return undefined;
    const record = this.records.get(numberOf(key, this.seed));
    return record?.startsWith(key) === true && record[key.length] === END ? record : undefined;
  }
}

/** A small integer, which V8 finds among hundreds of thousands in two thirds of the time that a text takes. */
const numberOf = (key: string, seed: number): number => {
  let number = seed | 0;
  for (let index = 0; index < key.length; index++)
    number = (Math.imul(number, 0x01000193) ^ key.charCodeAt(index)) | 0;
  return number;
};
