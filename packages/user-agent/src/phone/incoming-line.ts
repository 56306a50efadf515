import type { IncomingCall } from '../call/call.ts';
import type { Cause } from '../cause.ts';
import type { MediaWishes } from '../media/wishes.ts';
import type { CallOptions } from './call-options.ts';
import { rejected } from './deferred.ts';
import { Line, type LineExchange } from './line.ts';
import type { IncomingPhoneCall } from './phone-call.ts';
import { PhoneError } from './phone-error.ts';

/** What a call that rings needs of its phone besides. */
export interface IncomingLineExchange<Sound = unknown> extends LineExchange<Sound> {
  wishesOf(options: CallOptions<Sound>): MediaWishes;
}

/** A call that rings, or rang, here. */
export class IncomingLine<Sound = unknown> extends Line<Sound> implements IncomingPhoneCall<Sound> {
  readonly direction = 'incoming';
  readonly isDirect: boolean;
  #isMadeReady = false;
  readonly replaces: string | undefined;
  readonly #exchange: IncomingLineExchange<Sound>;
  readonly #call: IncomingCall;

  constructor(exchange: IncomingLineExchange<Sound>, call: IncomingCall, isMuted: boolean) {
    super(exchange, call, isMuted);
    this.#exchange = exchange;
    this.#call = call;
    this.isDirect = call.isDirect;
    this.replaces = call.replaces?.id;
  }

  answer(options: CallOptions<Sound> = {}): Promise<void> {
    const early = this.#isMadeReady && this.state === 'ringing' ? this.#unmet(options) : undefined;
    if (early !== undefined) return rejected(new PhoneError(early));
    if (this.state === 'ringing') this.#call.answer(this.#exchange.wishesOf(options));
    this.listen();
    return this.answered;
  }

  /** The way is made ready: who calls learns our addresses, and how packets are protected is agreed. */
  makeReady(): void {
    this.#isMadeReady = true;
    this.#call.answerEarly(this.#exchange.wishesOf({}));
  }

  /** What was agreed while it rang, and is against what is wanted now. */
  #unmet({ security, relayOnly }: CallOptions<Sound>): Cause | undefined {
    const agreed = this.media?.security;
    if (security !== undefined && agreed !== undefined && !security.includes(agreed))
      return {
        what: `The call was made ready while it rang, with ${agreed}, and only ${security.join(' or ')} is wanted.`,
        next: "Name security with connect, or early: 'nobody'.",
      };
    if (relayOnly === true && this.#exchange.wishesOf({}).relayOnly !== true)
      return {
        what: 'The call was made ready while it rang, and the caller knows our addresses.',
        next: "Name relayOnly with connect, or early: 'nobody'.",
      };
    return undefined;
  }

  /** Nobody declined: other phones of ours may ring on (RFC 3261 §16.7). */
  override leave(): void {
    if (this.state === 'ringing') this.#call.refuse(480);
    else this.hangUp();
  }

  refuse(status?: number): void {
    if (this.state !== 'ended') this.#call.refuse(status);
  }
}
