import { Expires, type HeaderLines, RetryAfter, SipETag, type SipResponse } from '@ringdown/sip';
import { Alarm } from '../alarm.ts';
import { type Cause, causeOf, causes } from '../cause.ts';
import type { Core } from '../core.ts';
import { sendOutside } from '../sending/outside.ts';
import type { SendFailure, Sending, SendingUser } from '../sending/sending.ts';
import { AskedTime, backOffMs, isForGood, refreshAfterMs } from '../soft-state.ts';
import { PIDF_TYPE, type PresenceStatus, presenceDocument } from './presence.ts';

const ASKED_SECONDS = 3_600;

/**
 * What we tell of ourselves (RFC 3903): one request at a time brings the server to what is wanted at that moment, by the
 * entity tag that it gave last.
 */
export class Publication implements SendingUser {
  readonly #core: Core;
  readonly #alarm: Alarm;
  /** Other phones of the account publish, too; a letter begins what XML takes for an id. */
  readonly #tuple: string;
  #wanted: PresenceStatus | undefined;
  /** Whether the server has another document than the wanted one. */
  #isChanged = false;
  #isDue = false;
  /** The entity tag of what the server has; undefined where it has nothing. */
  #tag: string | undefined;
  #sending: Sending | undefined;
  readonly #asked = new AskedTime(ASKED_SECONDS);
  #failures = 0;
  /** Whether the next try waits because the server has said how long. */
  #isToldToWait = false;

  constructor(core: Core) {
    this.#core = core;
    core.parts.add(this);
    this.#tuple = `phone-${core.token()}`;
    this.#alarm = new Alarm(core.ports.timers, () => {
      this.#isDue = true;
      this.#isToldToWait = false;
      this.#proceed();
    });
  }

  publish(status: PresenceStatus): void {
    this.#wanted = status;
    this.#isChanged = true;
    this.#proceed();
  }

  close(): void {
    this.#alarm.stop();
  }

  /** A server that was started anew has forgotten it, and what failed for want of a way may go now. */
  registeredAnew(): void {
    if (this.#isToldToWait) return;
    this.#alarm.stop();
    this.#isDue = this.#tag !== undefined;
    this.#proceed();
  }

  withdraw(): void {
    this.#wanted = undefined;
    this.#isChanged = this.#tag !== undefined || this.#sending !== undefined;
    this.#proceed();
  }

  answered(response: SipResponse): void {
    const { status } = response;
    this.#sending = undefined;
    if (status < 300) this.#succeeded(response);
    else if (status === 412) {
      // The server forgot it, as after a restart: it is told all of it again (RFC 3903 §4.5).
      this.#tag = undefined;
      this.#isChanged = this.#wanted !== undefined;
      this.#isDue = false;
    } else if (this.#wanted !== undefined && this.#asked.raise(response)) this.#isChanged = true;
    else this.#unsuccessful(causeOf(status, response.get(RetryAfter)), isForGood(status));
    this.#proceed();
  }

  failed(failure: SendFailure): void {
    this.#sending = undefined;
    this.#unsuccessful(failure === 'silence' ? causes.silence : causes.noNetwork, false);
  }

  #proceed(): void {
    if (this.#sending !== undefined || this.#isWaitingForRetry) return;
    if (!this.#isChanged && !this.#isDue) return;
    const wanted = this.#wanted;
    if (wanted === undefined && this.#tag === undefined) {
      this.#isChanged = false;
      return;
    }
    const document =
      this.#isChanged && wanted !== undefined
        ? presenceDocument(this.#core.addressOfRecord, wanted, this.#tuple)
        : '';
    this.#isChanged = false;
    this.#isDue = false;
    this.#send(wanted === undefined ? 0 : this.#asked.seconds, document);
  }

  get #isWaitingForRetry(): boolean {
    return this.#failures > 0 && this.#alarm.isSet;
  }

  #send(seconds: number, document: string): void {
    const tag: HeaderLines = this.#tag === undefined ? [] : [['SIP-If-Match', this.#tag]];
    const type: HeaderLines = document === '' ? [] : [['Content-Type', PIDF_TYPE]];
    this.#sending = sendOutside(
      this.#core,
      {
        method: 'PUBLISH',
        uri: this.#core.addressOfRecord,
        headers: [['Event', 'presence'], ['Expires', String(seconds)], ...tag, ...type],
        body: this.#core.ports.text.utf8Bytes(document),
      },
      this,
    );
  }

  #succeeded(response: SipResponse): void {
    this.#failures = 0;
    this.#asked.settled();
    const seconds = response.get(Expires) ?? this.#asked.seconds;
    this.#tag = seconds > 0 ? response.get(SipETag) : undefined;
    if (this.#tag === undefined) this.#alarm.stop();
    else this.#alarm.set(refreshAfterMs(seconds));
    // What is sent next is another thing already.
    if (!this.#isChanged) this.#core.deliver({ kind: 'published', isKnown: this.#tag !== undefined });
  }

  #unsuccessful(cause: Cause, isForEver: boolean): void {
    this.#asked.settled();
    this.#core.deliver({ kind: 'publication failed', cause });
    this.#alarm.stop();
    if (isForEver) return;
    this.#isChanged = true;
    this.#failures++;
    this.#isToldToWait = cause.retryAfterMs !== undefined;
    this.#alarm.set(Math.max(cause.retryAfterMs ?? 0, backOffMs(this.#failures, this.#core.ports.random)));
  }
}
