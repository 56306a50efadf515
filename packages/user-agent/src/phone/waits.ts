import type { Timers } from '@ringdown/sans-io';
import { Alarm } from '../alarm.ts';
import { deferred } from './deferred.ts';

/** Waiting for what events bring about, and no longer than a time. */
export class Waits {
  readonly #timers: Timers;
  readonly #waiting = new Set<() => void>();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Resolves when it is so, or `atMostMs` later. */
  until(isSo: () => boolean, atMostMs: number): Promise<void> {
    if (isSo()) return Promise.resolve();
    const done = deferred<void>();
    const alarm = new Alarm(this.#timers, () => over());
    const look = (): void => {
      if (isSo()) over();
    };
    const over = (): void => {
      alarm.stop();
      this.#waiting.delete(look);
      done.resolve();
    };
    this.#waiting.add(look);
    alarm.set(atMostMs);
    return done.promise;
  }

  /** Something happened. */
  look(): void {
    for (const look of [...this.#waiting]) look();
  }
}
