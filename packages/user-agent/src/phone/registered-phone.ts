import type { PresenceStatus, WatchedStatus } from '../event/presence.ts';
import type { RegistrationState } from '../registration/registration-table.ts';
import type { CallOptions } from './call-options.ts';
import { rejected } from './deferred.ts';
import type { Exchange } from './exchange.ts';
import type { Capabilities, Phone } from './phone.ts';
import type { IncomingPhoneCall, PhoneCall } from './phone-call.ts';
import type { PhoneEvent } from './phone-event.ts';

/** A phone, as its user holds it. */
export class RegisteredPhone<Sound> implements Phone<Sound> {
  readonly address: string;
  readonly #exchange: Exchange<Sound>;

  constructor(address: string, exchange: Exchange<Sound>) {
    this.address = address;
    this.#exchange = exchange;
  }

  get registration(): RegistrationState {
    return this.#exchange.isOver ? 'unregistered' : this.#exchange.agent.registration;
  }

  get calls(): readonly PhoneCall[] {
    return this.#exchange.lines.filter(({ state }) => state !== 'ended');
  }

  dial(target: string, options: CallOptions<Sound> = {}): PhoneCall {
    return this.#exchange.dial(target, options);
  }

  call(target: string, options: CallOptions<Sound> = {}): Promise<PhoneCall> {
    return this.#open(() => {
      const call = this.#exchange.dial(target, options);
      return call.answered.then(() => call);
    });
  }

  incoming(): AsyncIterableIterator<IncomingPhoneCall<Sound>> {
    this.#exchange.mustBeOpen();
    return this.#exchange.incoming.join();
  }

  events(): AsyncIterableIterator<PhoneEvent> {
    this.#exchange.mustBeOpen();
    return this.#exchange.events.join();
  }

  message(target: string, text: string): Promise<void> {
    return this.#open(() => this.#exchange.errands.message(target, text));
  }

  presence(target: string): AsyncIterableIterator<WatchedStatus> {
    this.#exchange.mustBeOpen();
    return this.#exchange.errands.presence(target);
  }

  publish(status: PresenceStatus | undefined): Promise<void> {
    return this.#open(() => this.#exchange.publish(status));
  }

  capabilities(target: string): Promise<Capabilities> {
    return this.#open(() => this.#exchange.errands.capabilities(target));
  }

  moved(): void {
    this.#exchange.mustBeOpen();
    this.#exchange.agent.moved();
  }

  close(): Promise<void> {
    return this.#exchange.close();
  }

  /** Rejects where the phone is closed; what nobody waits for may be rejected. */
  #open<Value>(ask: () => Promise<Value>): Promise<Value> {
    try {
      this.#exchange.mustBeOpen();
      const answer = ask();
      answer.catch(() => undefined);
      return answer;
    } catch (error) {
      return rejected(error as Error);
    }
  }
}
