import { reduce } from './state/reduce.ts';
import type { ScreenEffect } from './state/screen-effect.ts';
import type { ScreenEvent } from './state/screen-event.ts';
import type { ScreenState } from './state/screen-state.ts';
import { frame } from './views/frame.ts';
import type { Glyphs } from './views/glyphs.ts';
import { isSameLine, type Line } from './views/line.ts';

export interface ScreenStoreUser {
  now(): number;
  /** Something is to be done; what comes of it is told to the store later, or at once. */
  carryOut(effect: ScreenEffect): void;
}

/** Keeps the state and what is drawn of it. Whoever draws is called only where a row has changed. */
export class ScreenStore {
  readonly #glyphs: Glyphs;
  readonly #user: ScreenStoreUser;
  readonly #listeners = new Set<() => void>();
  readonly #waiting: ScreenEvent[] = [];
  #state: ScreenState;
  #rows: readonly Line[];
  #isBusy = false;

  constructor(state: ScreenState, glyphs: Glyphs, user: ScreenStoreUser) {
    this.#state = state;
    this.#glyphs = glyphs;
    this.#user = user;
    this.#rows = frame(state, glyphs);
  }

  get state(): ScreenState {
    return this.#state;
  }

  /** Rows that did not change are the same objects as before. */
  readonly rows = (): readonly Line[] => this.#rows;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** What an event brings about is told in its turn, never from within another one. */
  dispatch(...events: readonly ScreenEvent[]): void {
    this.#waiting.push(...events);
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      for (let event = this.#waiting.shift(); event !== undefined; event = this.#waiting.shift()) {
        const [state, ...effects] = reduce(this.#state, event, this.#user.now());
        this.#state = state;
        for (const effect of effects) this.#user.carryOut(effect);
      }
    } finally {
      this.#isBusy = false;
    }
    this.#draw();
  }

  #draw(): void {
    const before = this.#rows;
    const drawn = frame(this.#state, this.#glyphs);
    const rows = drawn.map((row, place) => {
      const old = before[place];
      return old !== undefined && isSameLine(old, row) ? old : row;
    });
    if (rows.length === before.length && rows.every((row, place) => row === before[place])) return;
    this.#rows = rows;
    for (const listener of this.#listeners) listener();
  }
}
