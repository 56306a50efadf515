import type { MediaAnswer, MediaEngine } from './media-engine.ts';

type Answered = (answer: MediaAnswer) => void;

/** Asks the engine and finds who waits for each of its answers. */
export class MediaDesk {
  readonly #engine: MediaEngine;
  readonly #waiting = new Map<number, { readonly session: string; readonly answered: Answered }>();
  #requests = 0;
  #sessions = 0;

  constructor(engine: MediaEngine) {
    this.#engine = engine;
  }

  /** How many answers are waited for. */
  get asking(): number {
    return this.#waiting.size;
  }

  open(): MediaSession {
    return new MediaSession(this, `session-${++this.#sessions}`);
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

  fork(of: string): MediaSession {
    const forked = this.open();
    this.#engine.ask({ kind: 'fork', session: forked.name, of });
    return forked;
  }

  rollBack(session: string): void {
    this.#forget(session);
    this.#engine.ask({ kind: 'roll back', session });
  }

  close(session: string): void {
    this.#forget(session);
    this.#engine.ask({ kind: 'close', session });
  }

  #forget(session: string): void {
    for (const [id, waiting] of this.#waiting) if (waiting.session === session) this.#waiting.delete(id);
  }
}

type MediaQuestion =
  | { readonly kind: 'offer'; readonly hold: boolean; readonly restart: boolean }
  | { readonly kind: 'answer'; readonly offer: string; readonly early: boolean }
  | { readonly kind: 'take answer'; readonly answer: string };

/** One session of the engine, as a call holds it. Answers that come after its end are lost. */
export class MediaSession {
  readonly name: string;
  readonly #desk: MediaDesk;
  #isOpen = true;

  constructor(desk: MediaDesk, name: string) {
    this.#desk = desk;
    this.name = name;
  }

  offer(hold: boolean, answered: Answered): void {
    this.#desk.ask(this.name, { kind: 'offer', hold, restart: false }, answered);
  }

  answer(offer: string, answered: Answered): void {
    this.#desk.ask(this.name, { kind: 'answer', offer, early: false }, answered);
  }

  takeAnswer(answer: string, answered: Answered): void {
    this.#desk.ask(this.name, { kind: 'take answer', answer }, answered);
  }

  fork(): MediaSession {
    return this.#desk.fork(this.name);
  }

  rollBack(): void {
    if (this.#isOpen) this.#desk.rollBack(this.name);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#desk.close(this.name);
  }
}
