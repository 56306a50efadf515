import type { NodeSound } from '@ringdown/media';
import {
  type CallEnd,
  type CallState,
  type Cause,
  causeOf,
  causes,
  type IncomingPhoneCall,
  type MediaReport,
  type PathReport,
  type Phone,
  type PhoneCall,
  PhoneError,
  type PhoneEvent,
  type PresenceStatus,
  type Quality,
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

/** A call whose other side the test is. */
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
  /** What it was given to play and to record. */
  sound: NodeSound | undefined = undefined;
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

  levels() {
    const loud = { rmsDbfs: -20.04, peakDbfs: -17, clipped: false };
    return { sent: [loud], received: [loud, { ...loud, rmsDbfs: Number.NEGATIVE_INFINITY }] };
  }

  pairs() {
    return [];
  }

  /** The other side takes it, or has heard that we do. */
  establish(): void {
    this.state = 'established';
    this.durationMs = 0;
    this.#answered.resolve();
    this.#phone.tell({ kind: 'answered', call: this });
  }

  flow(): void {
    this.media = media;
    this.#phone.tell({ kind: 'media', call: this, media });
    this.path = path;
    this.#phone.tell({ kind: 'path', call: this, path });
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
    this.end('us', this.durationMs === undefined ? causes.cancelled : causes.hungUp);
  }

  async hold(): Promise<void> {
    this.isHeld = true;
    this.#phone.tell({ kind: 'held', call: this, by: 'us' });
  }

  async resume(): Promise<void> {
    this.isHeld = false;
  }

  mute(isMuted: boolean): void {
    this.isMuted = isMuted;
  }

  sendDigits(digits: string): void {
    this.digits.push(digits);
  }

  async transfer(target: string | PhoneCall): Promise<void> {
    this.transfers.push(target);
    if (this.transferRefused !== undefined) throw new PhoneError(this.transferRefused);
    this.end('us', causes.transferred);
  }

  async answer(options: { readonly sound?: NodeSound } = {}): Promise<void> {
    this.sound = options.sound;
    this.establish();
  }

  refuse(status = 603): void {
    this.refusals.push(status);
    this.end('us', causes.refused);
  }
}

/** A phone whose server and peers the test is. */
export class FakePhone implements Phone<NodeSound> {
  readonly address = 'sip:reporter@radio.example';
  registration: Phone['registration'] = 'registered';
  readonly made: FakeCall[] = [];
  readonly published: (PresenceStatus | undefined)[] = [];
  readonly messages: { readonly target: string; readonly text: string }[] = [];
  readonly watched: string[] = [];
  readonly states: Feed<PresenceStatus> = new Feed();
  messageRefused: Cause | undefined = undefined;
  isClosed = false;
  /** Told of each call that is made. */
  onDial: (call: FakeCall) => void = () => {};
  readonly #events: Feed<PhoneEvent> = new Feed();
  readonly #incoming: Feed<IncomingPhoneCall<NodeSound>> = new Feed();

  get calls(): readonly PhoneCall[] {
    return this.made.filter(({ state }) => state !== 'ended');
  }

  tell(event: PhoneEvent): void {
    this.#events.push(event);
  }

  dial(target: string, options: { readonly sound?: NodeSound } = {}): PhoneCall {
    if (target === 'sip:@') throw new TypeError('it names nobody');
    const call = new FakeCall(
      this,
      'outgoing',
      target.includes('@') ? `sip:${target}` : `sip:${target}@radio.example`,
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
    this.messages.push({ target, text });
    if (this.messageRefused !== undefined) throw new PhoneError(this.messageRefused);
  }

  presence(target: string): AsyncIterableIterator<PresenceStatus> {
    this.watched.push(target);
    return this.states;
  }

  publish(status: PresenceStatus | undefined): void {
    this.published.push(status);
  }

  capabilities(): Promise<never> {
    return Promise.reject(new PhoneError(causeOf(404)));
  }

  moved(): void {}

  async close(): Promise<void> {
    for (const call of this.made) if (call.state !== 'ended') call.hangUp();
    this.isClosed = true;
    this.registration = 'unregistered';
    this.tell({ kind: 'registration', state: 'unregistered' });
    this.#events.end();
    this.#incoming.end();
  }
}
