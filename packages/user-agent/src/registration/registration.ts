import {
  Contact,
  Expires,
  type Flow,
  formatSipUri,
  isSipUri,
  RetryAfter,
  ServiceRoute,
  type SipResponse,
} from '@ringdown/sip';
import { namedAddress } from '../account.ts';
import { Alarm } from '../alarm.ts';
import { type Cause, causeOf, causes } from '../cause.ts';
import type { Core } from '../core.ts';
import { sendOutside } from '../sending/outside.ts';
import type { SendFailure, Sending, SendingUser } from '../sending/sending.ts';
import { AskedTime, backOffMs, isForGood, refreshAfterMs } from '../soft-state.ts';
import { FlowKeeper } from './flow-keeper.ts';
import {
  type RegistrationAction,
  type RegistrationState,
  type RegistrationStimulus,
  registrationStates,
} from './registration-table.ts';

/** A flow that lives as long is a success, one that breaks sooner a failure (RFC 5626 §4.5). */
const STABLE_MS = 120_000;

/** Keeps our address-of-record bound to this device (RFC 3261 §10.2, RFC 5626 §4). */
export class Registration implements SendingUser {
  readonly #core: Core;
  readonly #callId: string;
  readonly #fromTag: string;
  readonly #sequence = { last: 0 };
  readonly #refresh: Alarm;
  readonly #keeper: FlowKeeper;
  #state: RegistrationState = 'unregistered';
  #sending: Sending | undefined;
  /** What the registrar said last. */
  #accepted: SipResponse | undefined;
  #cause: Cause | undefined;
  #failures = 0;
  /** The flow was lost, and the try that costs no time is under way: where it fails, both are one failure. */
  #isTriedAtOnce = false;
  #registeredAt = 0;
  /** Where we were registered from last; and whether we are said to be elsewhere by now. */
  #address: string | undefined;
  #isMoving = false;
  readonly #asked: AskedTime;

  constructor(core: Core) {
    this.#core = core;
    this.#callId = core.token();
    this.#fromTag = core.token();
    this.#asked = new AskedTime(core.options.registerSeconds);
    this.#refresh = new Alarm(core.ports.timers, () =>
      this.#step(this.#state === 'waiting' ? 'retry due' : 'refresh due'),
    );
    core.parts.add(this);
    this.#keeper = new FlowKeeper(core, {
      lost: () => this.#lost(),
      shifted: () => this.#step('flow lost'),
      doubted: () => this.#step('refresh due'),
      slept: () => this.moved(),
    });
  }

  get state(): RegistrationState {
    return this.#state;
  }

  /** Whether we are registered, or about to be. */
  get isWanted(): boolean {
    const { moved } = registrationStates[this.#state];
    return moved !== undefined;
  }

  start(): void {
    this.#core.server.seek();
    this.#step('start');
  }

  stop(): void {
    this.#step('stop');
  }

  close(): void {
    this.#letGo();
  }

  /** Our address changed, or we woke: the flow of before leads nowhere. */
  moved(): void {
    this.#failures = 0;
    this.#isTriedAtOnce = false;
    this.#isMoving = true;
    this.#step('moved');
  }

  flowFailed(flow: Flow): void {
    if (this.#core.isRegisteredOver(flow)) this.#lost();
  }

  stunReceived(bytes: Uint8Array, flow: Flow): void {
    this.#keeper.stunReceived(bytes, flow);
  }

  /** The flow that we are registered over leads nowhere any more. */
  #lost(): void {
    this.#cause = causes.noNetwork;
    const lived = this.#core.ports.clock.now() - this.#registeredAt;
    if (lived >= STABLE_MS) this.#failures = 0;
    this.#step(this.#failures > 0 ? 'failed' : 'flow lost');
    if (this.#failures > 0) return;
    // Once at no cost: a flow that breaks again before it was stable has to wait.
    this.#failures = 1;
    this.#isTriedAtOnce = this.#state === 'registering';
  }

  answered(response: SipResponse, sending: Sending): void {
    if (sending !== this.#sending) return;
    const { status } = response;
    if (status >= 200 && status < 300) {
      if (this.#state !== 'unregistering') this.#accept(response, sending);
      this.#step('accepted');
      return;
    }
    if (this.#state !== 'unregistering' && this.#asked.raise(response)) {
      this.#register();
      return;
    }
    this.#asked.settled();
    // One that is overloaded, or going: another may be there (RFC 3263 §4.3).
    if (status === 503 && this.#state === 'refreshing') this.#lost();
    if (sending !== this.#sending) return;
    this.#cause = causeOf(status, response.get(RetryAfter));
    this.#step(isForGood(status) ? 'refused' : 'failed');
  }

  failed(failure: SendFailure, _why: string, sending: Sending): void {
    if (sending !== this.#sending) return;
    // The server of before is gone: another may be there (RFC 3263 §4.3).
    if (this.#state === 'refreshing') this.#lost();
    this.#cause = failure === 'silence' ? causes.silence : causes.noNetwork;
    if (sending === this.#sending) this.#step('failed');
  }

  #step(stimulus: RegistrationStimulus): void {
    const [next, ...actions] = registrationStates[this.#state][stimulus] ?? [];
    if (next === undefined) return;
    this.#state = next;
    this.#core.isMoving = this.#isMoving && this.isWanted;
    for (const action of actions) this.#act(action);
  }

  #act(action: RegistrationAction): void {
    switch (action) {
      case 'register':
        this.#register();
        break;
      case 'register anew':
        this.#letGo();
        this.#register();
        break;
      case 'remove':
        this.#send(0);
        break;
      case 'keep':
        if (this.#accepted !== undefined && this.#core.flow !== undefined)
          this.#keeper.keep(this.#core.flow, this.#accepted);
        break;
      case 'back off':
        if (!this.#isTriedAtOnce) this.#failures++;
        this.#isTriedAtOnce = false;
        this.#refresh.set(
          Math.max(this.#cause?.retryAfterMs ?? 0, backOffMs(this.#failures, this.#core.ports.random)),
        );
        break;
      case 'let go':
        this.#letGo();
        break;
      case 'report':
        this.#report();
        break;
    }
  }

  #register(): void {
    this.#refresh.stop();
    this.#send(this.#asked.seconds);
  }

  #send(seconds: number): void {
    const core = this.#core;
    this.#sending = sendOutside(
      core,
      {
        method: 'REGISTER',
        uri: formatSipUri({ host: core.account.domain }),
        to: namedAddress(core.account),
        fromTag: this.#fromTag,
        callId: this.#callId,
        sequence: this.#sequence,
        contactParameters: `;+sip.instance="<${core.options.instance}>";reg-id=1;expires=${seconds}`,
        headers: [
          ['Supported', 'path, outbound'],
          ['Expires', String(seconds)],
        ],
      },
      this,
    );
  }

  #accept(response: SipResponse, sending: Sending): void {
    const core = this.#core;
    const isNew = !core.isRegisteredOver(sending.flow);
    core.flow = sending.flow;
    core.server.found(sending.flow, sending.located);
    core.digest.registered(sending.request);
    this.#accepted = response;
    core.serviceRoute = response.texts(ServiceRoute);
    const { address } = sending.flow.local;
    const isElsewhere = this.#isMoving || (this.#address !== undefined && address !== this.#address);
    this.#isMoving = false;
    core.isMoving = false;
    this.#address = address;
    if (isNew) core.moved(isElsewhere);
    const now = core.ports.clock.now();
    if (this.#state === 'refreshing' && now - this.#registeredAt >= STABLE_MS) this.#failures = 0;
    if (this.#state === 'registering') this.#registeredAt = now;
    this.#cause = undefined;
    this.#isTriedAtOnce = false;
    this.#asked.settled();
    const seconds = grantedSeconds(response, core.contactUri(sending.flow)) ?? this.#asked.seconds;
    this.#refresh.set(refreshAfterMs(seconds));
  }

  #letGo(): void {
    this.#core.flow = undefined;
    this.#sending = undefined;
    this.#keeper.letGo();
    this.#refresh.stop();
  }

  #report(): void {
    const cause = this.#cause;
    this.#core.deliver({
      kind: 'registration',
      state: this.#state,
      ...(cause !== undefined && this.#state !== 'registered' && { cause }),
    });
  }
}

/** What the registrar gave our Contact (RFC 3261 §10.2.4); undefined where it does not list it. */
const grantedSeconds = (response: SipResponse, contact: string): number | undefined => {
  const contacts = response.all(Contact);
  if (!Array.isArray(contacts)) return response.get(Expires);
  for (const value of contacts) {
    if (value === '*' || !isSipUri(value.uri) || value.uri.text !== contact) continue;
    const seconds = Number(value.parameters.get('expires') ?? Number.NaN);
    if (seconds > 0) return seconds;
  }
  return response.get(Expires);
};
