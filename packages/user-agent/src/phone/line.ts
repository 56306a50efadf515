import type { Clock, Instant, Text } from '@ringdown/sans-io';
import type { Call } from '../call/call.ts';
import type { CallState } from '../call/call-table.ts';
import { type Cause, causes } from '../cause.ts';
import type { Levels, MediaEvent, MediaReport, PairRow, PathReport, Quality } from '../media/media-event.ts';
import type { MediaSecurity } from '../media/wishes.ts';
import { type Deferred, deferred, rejected } from './deferred.ts';
import { Audience } from './event-queue.ts';
import { HoldWishes } from './hold-wishes.ts';
import { type Peer, peerOf } from './peer.ts';
import type { CallEnd, PhoneCall } from './phone-call.ts';
import { PhoneError } from './phone-error.ts';
import type { PhoneEvent } from './phone-event.ts';
import type { PhoneMedia } from './platform.ts';

/** What a call needs of its phone. */
export interface LineExchange<Sound = unknown> {
  readonly clock: Clock;
  readonly text: Text;
  readonly media: PhoneMedia<Sound>;
  tell(event: PhoneEvent): void;
  /** Does something when the machine has done what it is at. */
  later(action: () => void): void;
  /** The machine's side of a call of this phone. */
  machineOf(call: PhoneCall): Call | undefined;
}

const notEstablished: Cause = {
  what: 'The call is not established.',
  next: 'Wait until it is answered.',
};
const transferring: Cause = {
  what: 'The other side is asked already to call somebody else.',
  next: 'Wait for what becomes of it.',
};

/** What the media engine told of one session. */
interface SessionReport {
  readonly media: MediaReport | undefined;
  readonly path: PathReport | undefined;
}

/** One call, told of by the machine and by the media engine. */
export abstract class Line<Sound = unknown> implements PhoneCall {
  abstract readonly direction: 'outgoing' | 'incoming';
  readonly id: string;
  readonly peer: Peer;
  readonly #exchange: LineExchange<Sound>;
  readonly #call: Call;
  readonly #answered = deferred<void>();
  readonly #ended = deferred<CallEnd>();
  readonly #quality = new Audience<Quality>({ capacity: 1 });
  readonly #holding: HoldWishes;
  #transfer: Deferred<void> | undefined;
  #answeredAt: Instant | undefined;
  #hungUpAt: Instant | undefined;
  #end: CallEnd | undefined;
  #isMuted: boolean;
  /** The session that is heard now, or was last; and what was told of each that the phones we reached began. */
  #heard: string | undefined;
  readonly #reports = new Map<string, SessionReport>();

  /** `isMuted`: as the call was whose place it takes. */
  constructor(exchange: LineExchange<Sound>, call: Call, isMuted: boolean) {
    this.#exchange = exchange;
    this.#call = call;
    this.id = call.id;
    this.#isMuted = isMuted;
    this.peer = peerOf(call.peer, exchange.text);
    this.#holding = new HoldWishes(call, (action) => exchange.later(action));
  }

  get state(): CallState {
    return this.#end === undefined ? this.#call.state : 'ended';
  }

  get isHeld(): boolean {
    return this.#call.isHeld;
  }

  get isHeldByPeer(): boolean {
    return this.#call.isHeldByPeer;
  }

  get isMuted(): boolean {
    return this.#isMuted;
  }

  get media(): MediaReport | undefined {
    return this.#report?.media;
  }

  get path(): PathReport | undefined {
    return this.#report?.path;
  }

  get durationMs(): number | undefined {
    if (this.#end !== undefined) return this.#end.durationMs;
    if (this.#answeredAt === undefined) return undefined;
    // That the peer takes its time to agree is no time that was spoken.
    return (this.#hungUpAt ?? this.#exchange.clock.now()) - this.#answeredAt;
  }

  get answered(): Promise<void> {
    return this.#answered.promise;
  }

  get ended(): Promise<CallEnd> {
    return this.#ended.promise;
  }

  quality(): AsyncIterableIterator<Quality> {
    return this.#quality.join();
  }

  levels(): Levels | undefined {
    const session = this.#session;
    return session === undefined ? undefined : this.#exchange.media.levels(session);
  }

  pairs(): readonly PairRow[] {
    const session = this.#session;
    return session === undefined ? [] : this.#exchange.media.pairs(session);
  }

  hangUp(): void {
    if (this.#end !== undefined) return;
    if (this.#answeredAt !== undefined) this.#hungUpAt ??= this.#exchange.clock.now();
    this.#call.hangUp();
  }

  hold(): Promise<void> {
    return this.#whereEstablished() ?? this.#holding.want(true);
  }

  resume(): Promise<void> {
    return this.#whereEstablished() ?? this.#holding.want(false);
  }

  mute(isMuted: boolean): void {
    this.#isMuted = isMuted;
    const session = this.#session;
    if (session !== undefined) this.#exchange.media.mute(session, isMuted);
  }

  sendDigits(digits: string): void {
    if (!/^[0-9A-D*#]+$/.test(digits))
      throw new RangeError(`"${digits}" are no DTMF digits: these are 0 to 9, A to D, * and #`);
    const session = this.#session;
    if (session !== undefined && this.#exchange.media.sendDigits(session, digits)) return;
    if (this.state !== 'established') throw new PhoneError(this.#end?.cause ?? notEstablished);
    this.#call.sendDigits(digits);
  }

  transfer(target: string | PhoneCall): Promise<void> {
    const refusal = this.#whereEstablished();
    if (refusal !== undefined) return refusal;
    if (this.#transfer !== undefined) return rejected(new PhoneError(transferring));
    const to = typeof target === 'string' ? target : this.#exchange.machineOf(target);
    if (to === undefined) return rejected(new TypeError('the other call is none of this phone, or is over'));
    if (typeof to !== 'string' && to.state !== 'established') return rejected(new PhoneError(notEstablished));
    if (to === this.#call) return rejected(new TypeError('a call cannot be handed over to itself'));
    try {
      this.#call.transfer(to);
    } catch (error) {
      return rejected(error as Error);
    }
    this.#transfer = deferred();
    return this.#transfer.promise;
  }

  /** It rings there, or is heard already. */
  progressed(status: number, early: boolean): void {
    this.listen();
    this.#exchange.tell({ kind: 'ringing', call: this, status, early });
  }

  redirected(target: string): void {
    this.#exchange.tell({ kind: 'redirected', call: this, target });
  }

  /** It is tried once more with another protection: what the media engine told of the offer before is over. */
  offeredAgain(status: number, security: MediaSecurity): void {
    this.#reports.clear();
    this.#exchange.tell({ kind: 'offered again', call: this, status, security });
  }

  established(): void {
    this.#answeredAt = this.#exchange.clock.now();
    this.listen();
    for (const session of this.#reports.keys()) if (session !== this.#heard) this.#reports.delete(session);
    this.#answered.resolve();
    this.#exchange.tell({ kind: 'answered', call: this });
  }

  held(isHeld: boolean, by: 'us' | 'peer'): void {
    this.#exchange.tell({ kind: isHeld ? 'held' : 'resumed', call: this, by });
    if (by === 'us') this.#holding.agreed(isHeld);
  }

  changeFailed(change: 'hold' | 'resume' | 'transfer' | 'renewal' | 'profile', cause: Cause): void {
    if (change === 'transfer') this.#transferred((transfer) => transfer.reject(new PhoneError(cause)));
    else if (change === 'hold' || change === 'resume') this.#holding.refused(cause);
    else {
      const what = change === 'renewal' ? 'no new way to' : 'no other profile with';
      this.#exchange.tell({ kind: 'dropped', why: `${what} ${this.peer.uri}: ${cause.what}` });
    }
  }

  transferProgressed(status: number): void {
    if (status >= 200 && status < 300) this.#transferred((transfer) => transfer.resolve());
  }

  /** The phone is closed. */
  leave(): void {
    this.hangUp();
  }

  /** Over. `by` and `cause` as the machine says, or as the phone does that waits no longer. */
  closed(by: CallEnd['by'], cause: Cause): void {
    if (this.#end !== undefined) return;
    const end: CallEnd = { by, cause, durationMs: this.durationMs };
    this.#end = end;
    const error = new PhoneError(cause);
    this.#answered.reject(error);
    this.#holding.ended(cause);
    this.#transferred((transfer) =>
      cause === causes.transferred ? transfer.resolve() : transfer.reject(error),
    );
    this.#quality.end();
    this.#ended.resolve(end);
    this.#exchange.tell({ kind: 'ended', call: this, end });
  }

  /** What the media engine tells of a session of this call. */
  mediaTold(event: MediaEvent): void {
    if (this.#end !== undefined) return;
    const exchange = this.#exchange;
    if (event.kind === 'fragment') this.#call.sendFragment(event.fragment, event.session);
    this.listen();
    if (event.kind === 'media' || event.kind === 'path') this.#note(event);
    if (event.session !== this.#heard) return;
    switch (event.kind) {
      case 'media':
        exchange.tell({ kind: 'media', call: this, media: event.media });
        break;
      case 'path':
        exchange.tell({ kind: 'path', call: this, path: event.path });
        break;
      case 'way lost':
        exchange.tell({ kind: 'way lost', call: this, why: event.why });
        break;
      case 'quality':
        this.#quality.tell(event.quality);
        exchange.tell({ kind: 'quality', call: this, quality: event.quality });
        break;
      case 'digit':
        exchange.tell({ kind: 'digit', call: this, digit: event.digit });
        break;
      case 'sound':
      case 'played':
        exchange.tell({ kind: event.kind, call: this });
        break;
      case 'restart wanted':
        this.#call.renew(event.why);
        break;
      case 'failed':
        this.#failed({ what: event.why, next: event.next });
        break;
    }
  }

  /** Whoever is gone may not answer a BYE either: nobody waits for that to learn that the call is over. */
  #failed(cause: Cause): void {
    this.#call.hangUp(cause);
    if (this.#call.state === 'ending') this.#exchange.later(() => this.closed('network', cause));
  }

  /**
   * Looks which session is heard now: it is another one where another phone of several is heard, or answered. Who is muted is so
   * from its first moment on.
   */
  listen(): void {
    const session = this.#session;
    if (session === undefined || session === this.#heard) return;
    this.#heard = session;
    if (this.#isMuted) this.#exchange.media.mute(session, true);
    const { media, path } = this.#report ?? {};
    if (media !== undefined) this.#exchange.tell({ kind: 'media', call: this, media });
    if (path !== undefined) this.#exchange.tell({ kind: 'path', call: this, path });
  }

  get #session(): string | undefined {
    return this.#end === undefined ? this.#call.mediaSession : undefined;
  }

  get #report(): SessionReport | undefined {
    return this.#heard === undefined ? undefined : this.#reports.get(this.#heard);
  }

  #note(event: Extract<MediaEvent, { readonly kind: 'media' | 'path' }>): void {
    const known = this.#reports.get(event.session);
    this.#reports.set(event.session, {
      media: event.kind === 'media' ? event.media : known?.media,
      path: event.kind === 'path' ? event.path : known?.path,
    });
  }

  #whereEstablished(): Promise<void> | undefined {
    if (this.state === 'established') return undefined;
    return rejected(new PhoneError(this.#end?.cause ?? notEstablished));
  }

  #transferred(settle: (transfer: Deferred<void>) => void): void {
    const transfer = this.#transfer;
    this.#transfer = undefined;
    if (transfer !== undefined) settle(transfer);
  }
}
