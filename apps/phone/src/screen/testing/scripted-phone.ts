import {
  type CallEnd,
  type CallState,
  causes,
  type IncomingPhoneCall,
  type Levels,
  type MediaReport,
  type PairRow,
  type PathReport,
  type Phone,
  type PhoneCall,
  type PhoneEvent,
  type PresenceStatus,
  type Quality,
  type RegistrationState,
} from '@ringdown/user-agent';
import { deferred } from '../../deferred.ts';
import { Feed } from '../../testing/feed.ts';

/** A call that does what a test says, and notes what is asked of it. */
export class ScriptedCall implements IncomingPhoneCall {
  readonly isDirect = false;
  readonly id: string;
  readonly direction: 'incoming';
  readonly peer: PhoneCall['peer'];
  readonly replaces = undefined;
  readonly answered: Promise<void> = Promise.resolve();
  readonly ended: Promise<CallEnd>;
  state: CallState;
  isHeld = false;
  isHeldByPeer = false;
  isMuted = false;
  media: MediaReport | undefined;
  path: PathReport | undefined;
  durationMs: number | undefined;
  /** What `levels` and `pairs` say. */
  loudness: Levels | undefined;
  candidates: readonly PairRow[] = [];
  readonly #phone: ScriptedPhone;
  readonly #over = deferred<CallEnd>();

  constructor(phone: ScriptedPhone, id: string, direction: PhoneCall['direction'], peer: PhoneCall['peer']) {
    this.#phone = phone;
    this.id = id;
    // The same class plays both parts; the type is that of the one that can do more.
    this.direction = direction as 'incoming';
    this.peer = peer;
    this.state = direction === 'incoming' ? 'ringing' : 'calling';
    this.ended = this.#over.promise;
  }

  /** The call is up from here on. */
  establish(media: MediaReport, path: PathReport): void {
    this.state = 'established';
    this.durationMs = 0;
    this.media = media;
    this.path = path;
    this.#phone.tell({ kind: 'answered', call: this });
    this.#phone.tell({ kind: 'media', call: this, media });
    this.#phone.tell({ kind: 'path', call: this, path });
  }

  end(end: Partial<CallEnd> = {}): void {
    if (this.state === 'ended') return;
    this.state = 'ended';
    const told: CallEnd = { by: 'us', cause: causes.hungUp, durationMs: this.durationMs, ...end };
    this.#phone.over(this);
    this.#phone.tell({ kind: 'ended', call: this, end: told });
    this.#over.resolve(told);
  }

  sounds(quality: Quality): void {
    this.#phone.tell({ kind: 'quality', call: this, quality });
  }

  async *quality(): AsyncIterableIterator<Quality> {}
  levels(): Levels | undefined {
    return this.loudness;
  }
  pairs(): readonly PairRow[] {
    return this.candidates;
  }
  hangUp(): void {
    this.#phone.note(`hang up ${this.id}`);
    this.end();
  }
  async hold(): Promise<void> {
    this.#phone.note(`hold ${this.id}`);
    this.isHeld = true;
    this.#phone.tell({ kind: 'held', call: this, by: 'us' });
  }
  async resume(): Promise<void> {
    this.#phone.note(`resume ${this.id}`);
    this.isHeld = false;
    this.#phone.tell({ kind: 'resumed', call: this, by: 'us' });
  }
  mute(isMuted: boolean): void {
    this.#phone.note(`${isMuted ? 'mute' : 'unmute'} ${this.id}`);
    this.isMuted = isMuted;
  }
  sendDigits(digits: string): void {
    this.#phone.note(`digits ${digits} to ${this.id}`);
  }
  async transfer(target: string | PhoneCall): Promise<void> {
    this.#phone.note(`transfer ${this.id} to ${typeof target === 'string' ? target : target.id}`);
    if (this.#phone.refuses !== undefined) throw this.#phone.refuses;
  }
  async answer(): Promise<void> {
    this.#phone.note(`answer ${this.id}`);
    this.#phone.answering(this);
  }
  refuse(status = 603): void {
    this.#phone.note(`refuse ${this.id} with ${status}`);
    this.end({ cause: causes.refused, durationMs: undefined });
  }
}

/** A phone without a network: it notes what is asked of it, and tells what a test says. */
export class ScriptedPhone implements Phone {
  readonly address: string;
  registration: RegistrationState = 'registered';
  /** What was asked of it, one line each. */
  readonly asked: string[] = [];
  /** What transfers and texts fail with, if they do. */
  refuses: Error | undefined;
  /** What follows when a call is answered here. */
  answering: (call: ScriptedCall) => void = () => {};
  /** What follows when a call is made. */
  dialled: (call: ScriptedCall) => void = () => {};
  readonly #events = new Feed<PhoneEvent>();
  readonly #presence = new Map<string, Feed<PresenceStatus>>();
  readonly #calls = new Map<string, ScriptedCall>();
  #count = 0;

  constructor(address = 'sip:reporter@radio.example') {
    this.address = address;
  }

  get calls(): readonly PhoneCall[] {
    return [...this.#calls.values()];
  }

  tell(event: PhoneEvent): void {
    this.#events.push(event);
  }
  note(line: string): void {
    this.asked.push(line);
  }
  over(call: ScriptedCall): void {
    this.#calls.delete(call.id);
  }
  /** Somebody calls us. */
  ring(uri: string, name?: string): ScriptedCall {
    const call = this.#add('incoming', { name, uri });
    this.tell({ kind: 'incoming', call });
    return call;
  }
  /** Somebody is so from now on. */
  show(address: string, status: PresenceStatus): void {
    this.#presence.get(address)?.push(status);
  }

  dial(target: string): PhoneCall {
    this.note(`dial ${target}`);
    if (target.includes(' ')) throw new TypeError(`Nobody can be called at “${target}”.`);
    const uri = target.startsWith('sip:') ? target : `sip:${target}`;
    const call = this.#add('outgoing', { name: undefined, uri });
    this.tell({ kind: 'calling', call });
    this.dialled(call);
    return call;
  }
  async call(target: string): Promise<PhoneCall> {
    return this.dial(target);
  }
  incoming(): AsyncIterableIterator<IncomingPhoneCall> {
    return new Feed<IncomingPhoneCall>();
  }
  events(): AsyncIterableIterator<PhoneEvent> {
    return this.#events;
  }
  async message(target: string, text: string): Promise<void> {
    this.note(`text to ${target}: ${text}`);
    if (this.refuses !== undefined) throw this.refuses;
  }
  presence(target: string): AsyncIterableIterator<PresenceStatus> {
    this.note(`watch ${target}`);
    const feed = new Feed<PresenceStatus>();
    this.#presence.set(target, feed);
    return feed;
  }
  publish(status: PresenceStatus | undefined): void {
    const words =
      status === undefined ? 'nothing' : `${status.isOpen ? 'open' : 'closed'} ${status.note ?? ''}`;
    this.note(`publish ${words.trim()}`);
  }
  async capabilities(): Promise<never> {
    throw new Error('The screen asks nobody what his phone can do.');
  }
  moved(): void {
    this.note('moved');
  }
  async close(): Promise<void> {
    this.note('close');
    this.#events.end();
  }

  #add(direction: PhoneCall['direction'], peer: PhoneCall['peer']): ScriptedCall {
    const call = new ScriptedCall(this, `call-${++this.#count}`, direction, peer);
    this.#calls.set(call.id, call);
    return call;
  }
}
