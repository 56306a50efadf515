import type { Timer, Timers, TimerTarget } from '@ringdown/sans-io';
import { inOnePiece } from '../message/in-one-piece.ts';
import { SipResponse } from '../message/message.ts';
import { type Flow, flowKey, isReliable } from '../transport/flow.ts';
import type { Transport } from '../transport/transport.ts';
import { type TransactionTimes, timerDelay } from './delays.ts';

/** What was answered within so long is forgotten together, that much after its time at most. */
const GROUP_MS = 100;

/** Stands between the parts of a record: no header line has it within. */
const END_OF_PART = '\n';

/** What was answered at about the same time. */
interface Group {
  readonly numbers: number[];
  readonly timer: Timer;
}

/**
 * Requests that were answered as soon as they came over UDP: server transactions in the state `completed` of `nonInviteServer`,
 * where all there is to do is to send the answer again until Timer J ends it (RFC 3261 §17.2.2). A registrar leaves
 * hundreds of thousands behind, so each of them is nothing but one text under a number, and their timers are one.
 */
export class AnsweredRequests implements TimerTarget {
  private readonly transport: Pick<Transport, 'send' | 'flowOf'>;
  private readonly timers: Timers;
  private readonly lifetimeMs: number;
  /** The key of a request, that of its flow and the head of its answer, by the number of the request's key. */
  private readonly records = new Map<number, string>();
  /** The oldest first. */
  private readonly groups: Group[] = [];
  /** The group that takes more. */
  private current: Group | undefined = undefined;

  constructor(transport: Pick<Transport, 'send' | 'flowOf'>, timers: Timers, times: TransactionTimes) {
    this.transport = transport;
    this.timers = timers;
    this.lifetimeMs = timerDelay('timer J', times, false, 0) ?? 0;
  }

  get size(): number {
    return this.records.size;
  }

  /**
   * Keeps an answer, under the key of its request's transaction.
   *
   * @returns false where it needs a transaction of its own: over a connection, with a body, and where another request has
   * the same number, which somebody may have arranged.
   */
  keep(key: string, flow: Flow, { head, body }: SipResponse): boolean {
    const number = numberOf(key);
    if (isReliable(flow.transport) || body.length > 0 || this.records.has(number)) return false;
    this.records.set(number, inOnePiece([key, END_OF_PART, flowKey(flow), END_OF_PART, head]));
    this.current ??= this.begin();
    this.current.numbers.push(number);
    return true;
  }

  has(key: string): boolean {
    return this.recordOf(key) !== undefined;
  }

  /** Sends the answer to a request again, the way that it went before. @returns false where none is kept. */
  sendAgain(key: string): boolean {
    const record = this.recordOf(key);
    if (record === undefined) return false;
    const flowEnd = record.indexOf(END_OF_PART, key.length + 1);
    const flow = this.transport.flowOf(record.slice(key.length + 1, flowEnd));
    if (flow !== undefined) this.transport.send(flow, responseOf(record.slice(flowEnd + 1)));
    return true;
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
    const record = this.records.get(numberOf(key));
    return record?.startsWith(key) === true && record[key.length] === END_OF_PART ? record : undefined;
  }
}

const responseOf = (head: string): SipResponse => {
  const end = head.indexOf('\r\n');
  return new SipResponse(Number(head.slice(8, 11)), head.slice(12, end), head);
};

/** A small integer, which V8 finds in a map of hundreds of thousands at half the cost of a text. */
const numberOf = (key: string): number => {
  let number = 0;
  for (let index = 0; index < key.length; index++)
    number = (Math.imul(number, 0x01000193) ^ key.charCodeAt(index)) | 0;
  return number;
};
