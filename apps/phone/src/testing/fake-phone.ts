import type { NodeSound } from '@ringdown/media';
import {
  type CallEnd,
  type CallState,
  type Cause,
  causeOf,
  causes,
  type IncomingPhoneCall,
  type Levels,
  type MediaReport,
  type PairRow,
  type PathReport,
  type Phone,
  type PhoneCall,
  PhoneError,
  type PhoneEvent,
  type PresenceStatus,
  type Quality,
  type WatchedStatus,
} from '@ringdown/user-agent';
import { deferred } from '../deferred.ts';
import { Feed } from './feed.ts';

export const media: MediaReport = {
  codec: 'opus',
  rateHz: 48_000,
  channels: 2,
  packetMs: 20,
  bitsPerSecond: 128_000,
  profile: 'music-stereo',
  security: 'dtls-srtp',
  cipher: 'AES_CM_128_HMAC_SHA1_80',
  direction: 'sendrecv',
};

export const path: PathReport = {
  kind: 'direct',
  local: { address: '192.0.2.1', port: 4000, type: 'host' },
  remote: { address: '2001:db8::2', port: 5004, type: 'srflx' },
  ice: true,
};

export const quality: Quality = {
  mos: 4.321,
  lossRatio: 0.0123456,
  lost: 3,
  received: 250,
  sent: 251,
  jitterMs: 1.234,
  roundTripMs: undefined,
  bufferMs: 40,
  concealedRatio: 0,
  driftPpm: undefined,
  sentBitsPerSecond: 128_000.4,
  receivedBitsPerSecond: 127_000,
  peer: undefined,
};

const loud = { rmsDbfs: -20.04, peakDbfs: -17, clipped: false };

/** A call whose other side the test is. What is asked of it is noted by its phone, in words. */
export class FakeCall implements IncomingPhoneCall<NodeSound> {
  isDirect = false;
  readonly id: string;
  readonly direction: 'incoming';
  readonly peer: PhoneCall['peer'];
  readonly replaces: string | undefined;
  state: CallState = 'ringing';
  isHeld = false;
  isHeldByPeer = false;
  isMuted = false;
  media: MediaReport | undefined = undefined;
  path: PathReport | undefined = undefined;
  durationMs: number | undefined = undefined;
  readonly digits: string[] = [];
  readonly refusals: number[] = [];
  readonly transfers: (string | PhoneCall)[] = [];
  /** What `levels` and `pairs` say. */
  loudness: Levels | undefined = {
    sent: [loud],
    received: [loud, { ...loud, rmsDbfs: Number.NEGATIVE_INFINITY }],
  };
  candidates: readonly PairRow[] = [];
  /** What it was given to play and to record. */
  sound: NodeSound | undefined = undefined;
  /** Whether nobody answers a goodbye. */
  isDeaf = false;
  hungUp = false;
  /** How the peer takes a transfer. */
  transferRefused: Cause | undefined = undefined;
  readonly #phone: FakePhone;
  readonly #answered = deferred<void>();
  readonly #ended = deferred<CallEnd>();

  constructor(
    phone: FakePhone,
    direction: PhoneCall['direction'],
    uri: string,
    more: { readonly name?: string; readonly replaces?: string } = {},
  ) {
    this.#phone = phone;
    this.id = `call-${phone.made.length + 1}`;
    // The fake is both kinds: what only incoming calls can is not asked of others.
    this.direction = direction as 'incoming';
    this.peer = { name: more.name, uri };
    this.replaces = more.replaces;
    phone.made.push(this);
  }

  get answered(): Promise<void> {
    return this.#answered.promise;
  }

  get ended(): Promise<CallEnd> {
    return this.#ended.promise;
  }

  quality(): AsyncIterableIterator<Quality> {
    return new Feed<Quality>();
  }

  levels(): Levels | undefined {
    return this.loudness;
  }

  pairs(): readonly PairRow[] {
    return this.candidates;
  }

  /** The other side takes it, or has heard that we do. */
  establish(): void {
    this.state = 'established';
    this.durationMs = 0;
    this.#answered.resolve();
    this.#phone.tell({ kind: 'answered', call: this });
  }

  /** Sound has a way. */
  flow(agreed = media, way = path): void {
    this.media = agreed;
    this.#phone.tell({ kind: 'media', call: this, media: agreed });
    this.path = way;
    this.#phone.tell({ kind: 'path', call: this, path: way });
  }

  sounds(quality: Quality): void {
    this.#phone.tell({ kind: 'quality', call: this, quality });
  }

  end(by: CallEnd['by'], cause: Cause): void {
    if (this.state === 'ended') return;
    this.state = 'ended';
    const end = { by, cause, durationMs: this.durationMs };
    this.#answered.reject(new PhoneError(cause));
    const { record } = this.sound ?? {};
    this.sound?.play?.close();
    if (record !== undefined && typeof record !== 'function') void record.close().catch(() => {});
    this.#phone.tell({ kind: 'ended', call: this, end });
    this.#ended.resolve(end);
  }

  hangUp(): void {
    this.#phone.note(`hang up ${this.id}`);
    this.hungUp = true;
    if (!this.isDeaf) this.end('us', this.durationMs === undefined ? causes.cancelled : causes.hungUp);
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
    this.digits.push(digits);
  }

  async transfer(target: string | PhoneCall): Promise<void> {
    this.#phone.note(`transfer ${this.id} to ${typeof target === 'string' ? target : target.id}`);
    this.transfers.push(target);
    if (this.transferRefused !== undefined) throw new PhoneError(this.transferRefused);
    this.#phone.onTransfer(this);
  }

  async answer(options: { readonly sound?: NodeSound } = {}): Promise<void> {
    this.#phone.note(`answer ${this.id}`);
    this.sound = options.sound;
    this.#phone.onAnswer(this);
  }

  refuse(status = 603): void {
    this.#phone.note(`refuse ${this.id} with ${status}`);
    this.refusals.push(status);
    this.end('us', causes.refused);
  }
}

/** A phone whose server and peers the test is. */
export class FakePhone implements Phone<NodeSound> {
  readonly address = 'sip:reporter@radio.example';
  registration: Phone['registration'] = 'registered';
  readonly made: FakeCall[] = [];
  /** What was asked of it and its calls, one line each. */
  readonly asked: string[] = [];
  readonly published: (PresenceStatus | undefined)[] = [];
  /** Why its server takes none. */
  refusesPublications: Cause | undefined;
  readonly messages: { readonly target: string; readonly text: string }[] = [];
  readonly watched: string[] = [];
  messageRefused: Cause | undefined = undefined;
  isClosed = false;
  /** Told of each call that is made. */
  onDial: (call: FakeCall) => void = () => {};
  /** What follows when a call is answered here, and when one is handed over. */
  onAnswer: (call: FakeCall) => void = (call) => call.establish();
  onTransfer: (call: FakeCall) => void = (call) => call.end('us', causes.transferred);
  readonly #states = new Map<string, Feed<WatchedStatus>>();
  readonly #events: Feed<PhoneEvent> = new Feed();
  readonly #incoming: Feed<IncomingPhoneCall<NodeSound>> = new Feed();

  get calls(): readonly PhoneCall[] {
    return this.made.filter(({ state }) => state !== 'ended');
  }

  tell(event: PhoneEvent): void {
    this.#events.push(event);
  }

  note(line: string): void {
    this.asked.push(line);
  }

  dial(target: string, options: { readonly sound?: NodeSound } = {}): PhoneCall {
    this.note(`dial ${target}`);
    if (target === 'sip:@') throw new TypeError('it names nobody');
    if (target.includes(' ')) throw new TypeError(`Nobody can be called at “${target}”.`);
    const user = target.replace(/^sip:/, '');
    const call = new FakeCall(
      this,
      'outgoing',
      user.includes('@') ? `sip:${user}` : `sip:${user}@radio.example`,
    );
    call.sound = options.sound;
    call.state = 'calling';
    this.tell({ kind: 'calling', call });
    this.onDial(call);
    return call;
  }

  async call(target: string, options: { readonly sound?: NodeSound } = {}): Promise<PhoneCall> {
    const call = this.dial(target, options);
    await call.answered;
    return call;
  }

  /** Somebody calls. */
  ring(
    uri: string,
    more: { readonly name?: string; readonly replaces?: string; readonly isDirect?: boolean } = {},
  ): FakeCall {
    const call = new FakeCall(this, 'incoming', uri, more);
    call.isDirect = more.isDirect ?? false;
    if (more.replaces !== undefined) call.establish();
    this.tell({ kind: 'incoming', call });
    return call;
  }

  incoming(): AsyncIterableIterator<IncomingPhoneCall<NodeSound>> {
    return this.#incoming;
  }

  events(): AsyncIterableIterator<PhoneEvent> {
    return this.#events;
  }

  async message(target: string, text: string): Promise<void> {
    this.note(`text to ${target}: ${text}`);
    this.messages.push({ target, text });
    if (this.messageRefused !== undefined) throw new PhoneError(this.messageRefused);
  }

  presence(target: string): AsyncIterableIterator<WatchedStatus> {
    this.note(`watch ${target}`);
    this.watched.push(target);
    return this.#statesOf(target);
  }

  /** Somebody is so from now on. */
  show(target: string, status: WatchedStatus): void {
    this.#statesOf(target).push(status);
  }

  #statesOf(target: string): Feed<WatchedStatus> {
    const feed = this.#states.get(target) ?? new Feed<WatchedStatus>();
    this.#states.set(target, feed);
    return feed;
  }

  publish(status: PresenceStatus | undefined): Promise<void> {
    const { isOpen, note = '' } = status ?? {};
    this.note(`publish ${status === undefined ? 'nothing' : `${isOpen ? 'open' : 'closed'} ${note}`.trim()}`);
    this.published.push(status);
    return this.refusesPublications === undefined
      ? Promise.resolve()
      : Promise.reject(new PhoneError(this.refusesPublications));
  }

  capabilities(): Promise<never> {
    return Promise.reject(new PhoneError(causeOf(404)));
  }

  moved(): void {
    this.note('moved');
  }

  async close(): Promise<void> {
    this.note('close');
    for (const call of this.made) if (call.state !== 'ended') call.hangUp();
    this.isClosed = true;
    this.registration = 'unregistered';
    this.tell({ kind: 'registration', state: 'unregistered' });
    this.#events.end();
    this.#incoming.end();
  }
}
