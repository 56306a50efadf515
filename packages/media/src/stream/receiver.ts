import {
  type AudioFormat,
  type AudioProfile,
  type BufferedPacket,
  ComfortNoise,
  comfortNoiseLevel,
  type Decision,
  EventReceiver,
  isOpusSilence,
  JitterBuffer,
  type JitterBufferStatistics,
  type Pcm,
  type RtpPacket,
  timeStretch,
} from '@ringdown/rtp';
import type { Clock, Instant, Random, Timers } from '@ringdown/sans-io';
import type { MediaProfile } from '@ringdown/user-agent';
import type { CallCodec } from '../codec/codec-for.ts';
import { Decoders } from './decoders.ts';
import type { MakeCodec, ReceiveFormat } from './formats.ts';
import { Pump } from './pump.ts';

export interface ReceiverOptions {
  readonly profile: MediaProfile;
  readonly buffer: AudioProfile['buffer'];
}

export interface ReceiverPorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly codecs: MakeCodec;
}

export interface ReceiverUser {
  /** Sound, at its time. The arrays are the user's. */
  play(sound: Pcm, format: AudioFormat): void;
  digit(key: string): void;
}

/** Keys that are pressed faster are nobody's: who floods us is not listened to. What a stall kept back comes together, though. */
const LEAST_BETWEEN_DIGITS_MS = 40;
const MOST_DIGITS_AT_ONCE = 32;
/** Silence is made up in pieces of this length where no packet has said another. */
const USUAL_FRAME_MS = 20;
/** More than any buffer holds. */
const MOST_DRAINED_MS = 3_000;

type StretchDecision = Extract<Decision, { readonly kind: 'accelerate' | 'expand' }>;

/** Pieces of one sound, one behind the other. */
const joined = (pieces: readonly Pcm[]): Pcm => {
  const [first, ...others] = pieces.filter((one) => one.length > 0);
  if (first === undefined || others.length === 0) return first ?? [];
  const length = (of: readonly Pcm[]): number => of.reduce((sum, one) => sum + one[0]!.length, 0);
  return first.map((_, index) => {
    const channel = new Int16Array(length([first, ...others]));
    let at = 0;
    for (const piece of [first, ...others]) {
      channel.set(piece[index]!, at);
      at += piece[index]!.length;
    }
    return channel;
  });
};

/** The way from packets to sound, at the pace of the clock. */
export class Receiver {
  #options: ReceiverOptions;
  readonly #ports: ReceiverPorts;
  readonly #user: ReceiverUser;
  #decoders: Decoders;
  readonly #events = new EventReceiver();
  readonly #noise: ComfortNoise;
  readonly #pump: Pump;
  #formats: ReadonlyMap<number, ReceiveFormat> = new Map();
  #buffer: JitterBuffer | undefined = undefined;
  /** What comes may come again, so much later. */
  #copyDelayMs = 0;
  #clockRateHz = 0;
  #frameUnits = 0;
  /** What played last: the one that makes up what is missing. */
  #codec: CallCodec | undefined = undefined;
  /** What the peer said that its silence sounds like. */
  #silence: 'digital' | 'noise' | 'opus' = 'digital';
  /** How many keys may be told at once, and since when. */
  #digitCredit = MOST_DIGITS_AT_ONCE;
  #digitAt = Number.NEGATIVE_INFINITY;
  #listening = false;
  #undecodable = 0;

  constructor(options: ReceiverOptions, ports: ReceiverPorts, user: ReceiverUser) {
    this.#options = options;
    this.#ports = ports;
    this.#user = user;
    this.#decoders = new Decoders(ports.codecs, options.profile);
    this.#noise = new ComfortNoise(ports.random);
    this.#pump = new Pump(ports, { step: (due) => this.#step(due), skipped: () => this.#buffer?.reset() });
  }

  /** Undefined before the first packet. */
  get statistics(): JitterBufferStatistics | undefined {
    return this.#buffer?.statistics;
  }

  /** When the next sound is due; undefined while none is awaited. */
  get due(): Instant | undefined {
    return this.#pump.due;
  }

  /** Packets whose payload made no sense. */
  get undecodable(): number {
    return this.#undecodable;
  }

  /** The peer has said that it is silent: that nothing comes is no loss (RFC 3389, RFC 6716 §2.1.9). */
  get isSilenceTold(): boolean {
    return this.#silence !== 'digital';
  }

  /** What may come from now on. Decoders of formats that stay go on. */
  use(formats: ReadonlyMap<number, ReceiveFormat>): void {
    const stays = [...this.#formats].every(
      ([payloadType, one]) => JSON.stringify(formats.get(payloadType)) === JSON.stringify(one),
    );
    this.#formats = formats;
    if (!stays) this.startOver();
  }

  /** Another purpose, and with it other decoders and another buffer. */
  adapt(options: ReceiverOptions): void {
    this.#options = options;
    this.#decoders.clear();
    this.#decoders = new Decoders(this.#ports.codecs, options.profile);
    this.#buffer = undefined;
    this.#codec = undefined;
  }

  /** A packet may come so late and is awaited: all is heard later by as much. */
  expectCopies(delayMs: number): void {
    if (delayMs === this.#copyDelayMs) return;
    this.#copyDelayMs = delayMs;
    this.#buffer = undefined;
  }

  /** Whether what comes is to be heard. */
  listen(isListening: boolean): void {
    if (this.#listening === isListening) return;
    this.#listening = isListening;
    this.startOver();
    this.#pump.stop();
  }

  /** Another source, or another time: nothing of before counts. */
  startOver(): void {
    this.#buffer?.reset();
    this.#decoders.clear();
    this.#codec = undefined;
    this.#silence = 'digital';
  }

  packet(packet: RtpPacket, at: Instant): void {
    const format = this.#formats.get(packet.payloadType);
    if (format === undefined) return;
    if (format.kind === 'event') this.#event(packet, at);
    if (!this.#listening) return;
    const buffered = this.#buffered(packet, format);
    if (buffered === undefined) return;
    this.#bufferFor(format).insert(buffered, at);
    this.#pump.start();
  }

  /** What has come is played to its end, at once: a recording has the last words. */
  close(): void {
    if (this.#listening) this.#drain();
    this.#listening = false;
    this.#pump.stop();
    this.#decoders.clear();
  }

  #drain(): void {
    const from = this.#pump.due;
    if (from === undefined) return;
    let ms = 0;
    while (ms < MOST_DRAINED_MS && (this.#buffer?.statistics.packets ?? 0) > 0)
      ms += Math.max(this.#step((from + ms) as Instant), 1);
  }

  #event({ timestamp, payload }: RtpPacket, at: Instant): void {
    const key = this.#events.receive(timestamp, payload)?.key;
    if (key === undefined) return;
    const earned = (at - this.#digitAt) / LEAST_BETWEEN_DIGITS_MS;
    this.#digitCredit = Math.min(MOST_DIGITS_AT_ONCE, this.#digitCredit + earned);
    this.#digitAt = at;
    if (this.#digitCredit < 1) return;
    this.#digitCredit--;
    this.#user.digit(key);
  }

  #buffered(packet: RtpPacket, format: ReceiveFormat): BufferedPacket | undefined {
    const { sequence, timestamp, payload, payloadType } = packet;
    const common = { sequence, timestamp, payload, payloadType };
    switch (format.kind) {
      case 'event':
        return format.clockRateHz === this.#clockRateHz ? { ...common, duration: 0 } : undefined;
      case 'comfort noise':
        if (format.clockRateHz !== this.#clockRateHz) return undefined;
        return { ...common, duration: this.#frameUnits, silence: true };
      case 'sound': {
        const duration = this.#decoders.get(payloadType, format)?.durationOf(payload);
        if (duration === undefined) {
          this.#undecodable++;
          return undefined;
        }
        this.#frameUnits = duration;
        const isOpus = format.agreed.name.toLowerCase() === 'opus';
        return { ...common, duration, silence: isOpus && isOpusSilence(payload) };
      }
    }
  }

  /** Timestamps of another clock need another buffer. */
  #bufferFor({ clockRateHz }: ReceiveFormat): JitterBuffer {
    if (this.#buffer === undefined || clockRateHz !== this.#clockRateHz) {
      const hasFec = [...this.#formats.values()].some(
        (one) => one.kind === 'sound' && one.agreed.receiveParameters.includes('useinbandfec=1'),
      );
      const { sound, targetMs, minMs, maxMs } = this.#options.buffer;
      const later = this.#copyDelayMs;
      this.#buffer = new JitterBuffer({
        sound,
        targetMs: targetMs + later,
        minMs: minMs + later,
        maxMs: maxMs + later,
        clockRateHz,
        fec: hasFec,
      });
      this.#clockRateHz = clockRateHz;
    }
    return this.#buffer;
  }

  /** @returns how long what was played lasts */
  #step(due: Instant): number {
    const buffer = this.#buffer;
    if (buffer === undefined) return USUAL_FRAME_MS;
    const decision = buffer.take(due);
    switch (decision.kind) {
      case 'play':
        return this.#play(this.#decode(decision.packet));
      case 'accelerate':
      case 'expand':
        return this.#play(this.#stretch(buffer, decision));
      case 'recover': {
        const samples = this.#samples(decision.durationMs);
        const { payload, payloadType } = decision.from;
        const codec = this.#decoderOf(payloadType) ?? this.#codec;
        return this.#play(codec?.recover(payload, samples) ?? this.#conceal(samples));
      }
      case 'conceal':
        return this.#play(this.#conceal(this.#samples(decision.durationMs)));
      case 'wait':
        this.#play(this.#quiet(this.#samples(decision.durationMs)));
        return decision.durationMs;
    }
  }

  #stretch(buffer: JitterBuffer, { kind, packet, following, manner }: StretchDecision): Pcm {
    const sound = joined([packet, ...following].map((one) => this.#decode(one)));
    const rateHz = this.#codec?.format.sampleRateHz;
    if (rateHz === undefined) return sound;
    const stretched = timeStretch(sound, rateHz, kind, manner);
    buffer.stretched((1_000 * ((stretched[0]?.length ?? 0) - (sound[0]?.length ?? 0))) / rateHz);
    return stretched;
  }

  #decoderOf(payloadType: number | undefined): CallCodec | undefined {
    const format = payloadType === undefined ? undefined : this.#formats.get(payloadType);
    return format?.kind === 'sound' ? this.#decoders.get(payloadType!, format) : undefined;
  }

  #decode({ payload, payloadType, duration }: BufferedPacket): Pcm {
    const format = payloadType === undefined ? undefined : this.#formats.get(payloadType);
    if (format?.kind === 'comfort noise') {
      const level = comfortNoiseLevel(payload);
      if (level !== undefined) this.#noise.setLevel(level);
      this.#silence = 'noise';
      return this.#quiet(this.#samples((1_000 * duration) / this.#clockRateHz));
    }
    const codec = this.#decoderOf(payloadType);
    if (codec === undefined) return [];
    this.#codec = codec;
    this.#silence = codec.format.encodingName === 'opus' && isOpusSilence(payload) ? 'opus' : 'digital';
    return codec.decode(payload);
  }

  #conceal(samples: number): Pcm {
    return this.#codec?.conceal(samples) ?? [];
  }

  #quiet(samples: number): Pcm {
    const codec = this.#codec;
    if (codec === undefined) return [];
    // An Opus decoder goes on with the noise that it has learned (RFC 6716 §4.4).
    if (this.#silence === 'opus') return codec.conceal(samples);
    return Array.from({ length: codec.format.channels }, () =>
      this.#silence === 'noise' ? this.#noise.generate(samples) : new Int16Array(samples),
    );
  }

  #samples(ms: number): number {
    return Math.round(((this.#codec?.format.sampleRateHz ?? 8_000) * ms) / 1_000);
  }

  #play(sound: Pcm): number {
    const format = this.#codec?.format;
    const samples = sound[0]?.length ?? 0;
    if (format === undefined || samples === 0) return USUAL_FRAME_MS;
    this.#user.play(sound, format);
    return (1_000 * samples) / format.sampleRateHz;
  }
}
