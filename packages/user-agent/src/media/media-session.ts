import type { Call } from '../call/call.ts';
import type { MediaAnswer, MediaEngine } from './media-engine.ts';
import type { MediaWishes } from './wishes.ts';

type Answered = (answer: MediaAnswer) => void;

/** Asks the engine, finds who waits for each of its answers, and whose session one is. */
export class MediaDesk {
  readonly #engine: MediaEngine;
  readonly #waiting = new Map<number, { readonly session: string; readonly answered: Answered }>();
  readonly #calls = new Map<string, Call>();
  #requests = 0;
  #sessions = 0;

  constructor(engine: MediaEngine) {
    this.#engine = engine;
  }

  /** How many answers are waited for. */
  get asking(): number {
    return this.#waiting.size;
  }

  /** How many sessions are open. */
  get open(): number {
    return this.#calls.size;
  }

  /** The call that an open session belongs to. */
  callOf(session: string): Call | undefined {
    return this.#calls.get(session);
  }

  openFor(call: Call): MediaSession {
    const session = new MediaSession(this, `session-${++this.#sessions}`);
    this.#calls.set(session.name, call);
    return session;
  }

  answered(id: number, answer: MediaAnswer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    waiting?.answered(answer);
  }

  ask(session: string, parts: MediaQuestion, answered: Answered): void {
    const id = ++this.#requests;
    this.#waiting.set(id, { session, answered });
    this.#engine.ask({ id, session, ...parts });
  }

  /** Says what needs no answer. */
  tell(session: string, parts: MediaNotice): void {
    this.#engine.ask({ session, ...parts });
  }

  fork(of: string): MediaSession {
    const call = this.#calls.get(of);
    if (call === undefined) throw new Error(`the session ${of} is over, and begins no other`);
    const forked = this.openFor(call);
    this.#engine.ask({ kind: 'fork', session: forked.name, of });
    return forked;
  }

  rollBack(session: string): void {
    this.#forget(session);
    this.#engine.ask({ kind: 'roll back', session });
  }

  close(session: string, isKnown: boolean): void {
    this.#forget(session);
    this.#calls.delete(session);
    if (isKnown) this.#engine.ask({ kind: 'close', session });
  }

  #forget(session: string): void {
    for (const [id, waiting] of this.#waiting) if (waiting.session === session) this.#waiting.delete(id);
  }
}

type MediaQuestion =
  | {
      readonly kind: 'offer';
      readonly hold: boolean;
      readonly restart: boolean;
      readonly wishes?: MediaWishes;
    }
  | {
      readonly kind: 'answer';
      readonly offer: string;
      readonly early: boolean;
      readonly wishes?: MediaWishes;
    }
  | { readonly kind: 'take answer'; readonly answer: string };

type MediaNotice =
  | { readonly kind: 'take fragment'; readonly fragment: string }
  | { readonly kind: 'establish'; readonly wishes?: MediaWishes };

/** How an offer of ours is to be. */
export interface OfferParts {
  readonly hold?: boolean;
  readonly restart?: boolean;
  /** Of a session that stands: what is to be otherwise. */
  readonly wishes?: MediaWishes | undefined;
}

/** How an offer of the peer's is to be answered. */
export interface AnswerParts {
  readonly early?: boolean;
  readonly wishes?: MediaWishes | undefined;
}

/** One session of the engine, as a call holds it. Answers that come after its end are lost. */
export class MediaSession {
  readonly name: string;
  readonly #desk: MediaDesk;
  #isOpen = true;
  #isKnown = false;

  constructor(desk: MediaDesk, name: string) {
    this.#desk = desk;
    this.name = name;
  }

  /** Whether the engine was told of it, and not yet that it is over. */
  get isUnderWay(): boolean {
    return this.#isOpen && this.#isKnown;
  }

  offer({ hold = false, restart = false, wishes }: OfferParts, answered: Answered): void {
    this.#ask({ kind: 'offer', hold, restart, ...(wishes !== undefined && { wishes }) }, answered);
  }

  answer(offer: string, { early = false, wishes }: AnswerParts, answered: Answered): void {
    this.#ask({ kind: 'answer', offer, early, ...this.#first(wishes) }, answered);
  }

  takeAnswer(answer: string, answered: Answered): void {
    this.#ask({ kind: 'take answer', answer }, answered);
  }

  takeFragment(fragment: string): void {
    if (this.isUnderWay) this.#desk.tell(this.name, { kind: 'take fragment', fragment });
  }

  /** `wishes`: what the first request did not know. */
  establish(wishes?: MediaWishes): void {
    if (this.isUnderWay)
      this.#desk.tell(this.name, { kind: 'establish', ...(wishes !== undefined && { wishes }) });
  }

  fork(): MediaSession {
    const forked = this.#desk.fork(this.name);
    forked.#isKnown = true;
    return forked;
  }

  rollBack(): void {
    if (this.isUnderWay) this.#desk.rollBack(this.name);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#desk.close(this.name, this.#isKnown);
  }

  #ask(question: MediaQuestion, answered: Answered): void {
    if (!this.#isOpen) return;
    this.#isKnown = true;
    this.#desk.ask(this.name, question, answered);
  }

  /** Wishes go along with what makes the session (see {@link MediaRequest}). */
  #first(wishes: MediaWishes | undefined): { readonly wishes?: MediaWishes } {
    return this.#isKnown || wishes === undefined ? {} : { wishes };
  }
}
