import type { Key, KeyName } from '../state/key.ts';
import { reduce } from '../state/reduce.ts';
import type { ScreenEffect } from '../state/screen-effect.ts';
import type { ScreenEvent } from '../state/screen-event.ts';
import { initialState, type ScreenState } from '../state/screen-state.ts';

export const firstState = (columns = 80, rows = 24): ScreenState =>
  initialState({
    columns,
    rows,
    at: 1_800_000_000_000,
    address: 'sip:reporter@radio.example',
    device: { tool: 'pw-cat' },
    registration: 'registered',
  });

/** `<enter>` is a key with a name, everything else the characters themselves. */
export const keysOf = (written: string): readonly Key[] =>
  [...written.matchAll(/<([^>]+)>|(.)/gsu)].map(([, name, text]) =>
    name === undefined ? { kind: 'character', text: text ?? '' } : { kind: 'named', name: name as KeyName },
  );

/** A state that events are told to, one after the other; and all that was to be done. */
export class ScreenScript {
  state: ScreenState;
  effects: ScreenEffect[] = [];
  at: number;

  constructor(state = firstState()) {
    this.state = state;
    this.at = state.at;
  }

  tell(...events: readonly ScreenEvent[]): this {
    for (const event of events) {
      const [state, ...effects] = reduce(this.state, event, this.at);
      this.state = state;
      this.effects.push(...effects);
    }
    return this;
  }

  press(written: string): this {
    return this.tell(...keysOf(written).map((key) => ({ kind: 'key', key }) as const));
  }

  /** What was to be done since the last time that this was asked. */
  done(): readonly ScreenEffect[] {
    return this.effects.splice(0);
  }
}
