import type { Timers } from '@ringdown/sans-io';
import { defineField, Malformed, Parameters, readParameters, type SipMessage } from '@ringdown/sip';
import { Alarm } from '../alarm.ts';

/** As delta-seconds have it (RFC 3261 §20.19). */
const MOST_SECONDS = 2 ** 32 - 1;

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
    const seconds = Math.min(Number.parseInt(text, 10), MOST_SECONDS);
    const parameters = semicolon < 0 ? new Parameters('') : readParameters(text.slice(semicolon));
    if (!(seconds > 0) || parameters instanceof Malformed)
      return new Malformed('Session-Expires is no number of seconds');
    const refresher = parameters.get('refresher')?.toLowerCase();
    return { seconds, refresher: refresher === 'uac' || refresher === 'uas' ? refresher : undefined };
  },
});

export const sessionExpiresOf = (message: SipMessage): SessionExpires | undefined =>
  message.get(SessionExpiresField);

/** What a 422 asks for at the least (RFC 4028 §5); undefined where it is no number of seconds. */
export const minSeconds = (refusal: SipMessage): number | undefined => {
  const seconds = Number.parseInt(refusal.text('Min-SE') ?? '', 10);
  return seconds <= MOST_SECONDS ? seconds : undefined;
};

/** Whether a request wants signs of life more often than is good for us (RFC 4028 §9): 422 says what is the least. */
export const isTooShort = (request: SipMessage, leastSeconds: number): boolean =>
  (sessionExpiresOf(request)?.seconds ?? leastSeconds) < leastSeconds;

/** The signs of life of a call (RFC 4028): one side refreshes at half time, the other hangs up where nothing comes. */
export class SessionTimer {
  readonly #alarm: Alarm;
  readonly #leastSeconds: number;
  readonly #refresh: () => void;
  readonly #expired: () => void;
  #rings: 'refresh' | 'expire' = 'expire';

  /** `leastSeconds`: nobody makes it shorter, whatever was said. */
  constructor(timers: Timers, leastSeconds: number, refresh: () => void, expired: () => void) {
    this.#leastSeconds = leastSeconds;
    this.#alarm = new Alarm(timers, () => (this.#rings === 'refresh' ? this.#refresh() : this.#expired()));
    this.#refresh = refresh;
    this.#expired = expired;
  }

  /** Begins anew; undefined: there is no timer (§7.2). */
  agreed(said: number | undefined, weRefresh: boolean): void {
    if (said === undefined) {
      this.#alarm.stop();
      return;
    }
    const seconds = Math.max(said, this.#leastSeconds);
    this.#rings = weRefresh ? 'refresh' : 'expire';
    // §10: the side that waits hangs up a little before the end.
    const waits = weRefresh ? seconds / 2 : seconds - Math.min(32, seconds / 3);
    this.#alarm.set(waits * 1000);
  }

  stop(): void {
    this.#alarm.stop();
  }
}
