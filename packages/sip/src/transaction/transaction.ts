import type { Instant, Timer, Timers, TimerTarget } from '@ringdown/sans-io';
import type { SipMessage } from '../message/message.ts';
import { type Flow, isReliable } from '../transport/flow.ts';
import type { Transport } from '../transport/transport.ts';
import { type TransactionTimes, timerDelay } from './delays.ts';
import type { TimerTable, TransitionTable } from './table.ts';

/** What transactions are run with. */
export interface TransactionServices {
  readonly transport: Pick<Transport, 'send' | 'flowTo'>;
  readonly timers: Timers;
  readonly times: TransactionTimes;
  /** A transaction has ended and is to be forgotten. */
  terminated(transaction: Transaction): void;
}

/** One of the four figures: its table and the timers of its states. */
export interface Figure {
  readonly table: TransitionTable<string, string, string>;
  readonly timers: TimerTable<string, string>;
}

/** Runs one of the four tables: keeps the state, its timers, and does what each transition lists. */
export abstract class Transaction implements TimerTarget {
  /** What messages are matched by (RFC 3261 §17.1.3, §17.2.3). */
  readonly key: string;
  private currentState: string;
  protected readonly services: TransactionServices;
  protected readonly kind: Figure;
  private firstTimer: Timer | undefined = undefined;
  private secondTimer: Timer | undefined = undefined;
  /** How often Timer A, E or G has fired. */
  private fired = 0;

  constructor(key: string, initial: string, figure: Figure, services: TransactionServices) {
    this.key = key;
    this.currentState = initial;
    this.kind = figure;
    this.services = services;
  }

  abstract readonly flow: Flow;

  get state(): string {
    return this.currentState;
  }

  /** Does one thing that a transition lists. */
  protected abstract act(action: string, message: SipMessage | undefined): void;

  /** Ends the transaction in silence. */
  abandon(): void {
    if (this.currentState !== 'terminated') this.enter('terminated');
  }

  timerFired(name: string, _now: Instant): void {
    if (this.firstTimer?.name === name) this.firstTimer = undefined;
    else if (this.secondTimer?.name === name) this.secondTimer = undefined;
    const again = name === 'timer A' || name === 'timer E' || name === 'timer G';
    if (again) this.fired++;
    this.step(name);
    if (again && this.currentState !== 'terminated') this.runTimers();
  }

  protected step(stimulus: string, message?: SipMessage): void {
    const transition = this.kind.table[this.currentState]?.[stimulus];
    if (transition === undefined) return;
    if (transition[0] !== this.currentState) this.enter(transition[0]);
    for (let index = 1; index < transition.length; index++) this.act(transition[index]!, message);
  }

  /** A state was entered: what it does not need may be let go. */
  protected entered(_state: string): void {}

  protected enter(next: string): void {
    this.currentState = next;
    this.entered(next);
    this.runTimers();
    if (next === 'terminated') this.services.terminated(this);
  }

  /** Stops the timers that the state does not list, starts those it lists and that do not run. */
  private runTimers(): void {
    const names = this.kind.timers[this.currentState]!;
    const { firstTimer, secondTimer } = this;
    if (firstTimer !== undefined && !names.includes(firstTimer.name)) {
      this.services.timers.stop(firstTimer);
      this.firstTimer = undefined;
    }
    if (secondTimer !== undefined && !names.includes(secondTimer.name)) {
      this.services.timers.stop(secondTimer);
      this.secondTimer = undefined;
    }
    for (let index = 0; index < names.length; index++) this.startTimer(names[index]!);
  }

  private startTimer(name: string): void {
    if (this.firstTimer?.name === name || this.secondTimer?.name === name) return;
    const delay = this.delayOf(name, isReliable(this.flow.transport), this.fired);
    if (delay === undefined) return;
    const timer = this.services.timers.start(this, name, delay);
    if (this.firstTimer === undefined) this.firstTimer = timer;
    else this.secondTimer = timer;
  }

  protected delayOf(name: string, reliable: boolean, fired: number): number | undefined {
    return timerDelay(name, this.services.times, reliable, fired);
  }
}
