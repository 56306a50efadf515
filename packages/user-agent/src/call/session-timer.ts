import type { Timers } from '@ringdown/sans-io';
import { defineField, Malformed, Parameters, readParameters, type SipMessage } from '@ringdown/sip';
import { Alarm } from '../alarm.ts';

/** What both sides agreed on (RFC 4028 §4). */
export interface SessionExpires {
  readonly seconds: number;
  readonly refresher: 'uac' | 'uas' | undefined;
}

const SessionExpiresField = defineField<SessionExpires>({
  name: 'Session-Expires',
  compact: 'x',
  decode: (text) => {
    const semicolon = text.indexOf(';');
    const seconds = Number.parseInt(text, 10);
    const parameters = semicolon < 0 ? new Parameters('') : readParameters(text.slice(semicolon));
    if (!(seconds > 0) || parameters instanceof Malformed)
      return new Malformed('Session-Expires is no number of seconds');
    const refresher = parameters.get('refresher')?.toLowerCase();
    return { seconds, refresher: refresher === 'uac' || refresher === 'uas' ? refresher : undefined };
  },
});

export const sessionExpiresOf = (message: SipMessage): SessionExpires | undefined =>
  message.get(SessionExpiresField);

/** The signs of life of a call (RFC 4028): one side refreshes at half time, the other hangs up where nothing comes. */
export class SessionTimer {
  readonly #alarm: Alarm;
  readonly #refresh: () => void;
  readonly #expired: () => void;
  #rings: 'refresh' | 'expire' = 'expire';

  constructor(timers: Timers, refresh: () => void, expired: () => void) {
    this.#alarm = new Alarm(timers, () => (this.#rings === 'refresh' ? this.#refresh() : this.#expired()));
    this.#refresh = refresh;
    this.#expired = expired;
  }

  /** Begins anew; undefined: there is no timer (§7.2). */
  agreed(seconds: number | undefined, weRefresh: boolean): void {
    if (seconds === undefined) {
      this.#alarm.stop();
      return;
    }
    this.#rings = weRefresh ? 'refresh' : 'expire';
    // §10: the side that waits hangs up a little before the end.
    const waits = weRefresh ? seconds / 2 : seconds - Math.min(32, seconds / 3);
    this.#alarm.set(waits * 1000);
  }

  stop(): void {
    this.#alarm.stop();
  }
}
