import type { IncomingCall } from '../call/call.ts';
import type { MediaWishes } from '../media/wishes.ts';
import type { CallOptions } from './call-options.ts';
import { Line, type LineExchange } from './line.ts';
import type { IncomingPhoneCall } from './phone-call.ts';

/** What a call that rings needs of its phone besides. */
export interface IncomingLineExchange<Sound = unknown> extends LineExchange<Sound> {
  wishesOf(options: CallOptions<Sound>): MediaWishes;
}

/** A call that rings, or rang, here. */
export class IncomingLine<Sound = unknown> extends Line<Sound> implements IncomingPhoneCall<Sound> {
  readonly direction = 'incoming';
  readonly isDirect: boolean;
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
    if (this.state === 'ringing') this.#call.answer(this.#exchange.wishesOf(options));
    this.listen();
    return this.answered;
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
