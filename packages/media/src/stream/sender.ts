import {
  type AudioCodec,
  comfortNoisePayload,
  EventSender,
  eventOfKey,
  isNoLouder,
  isOpusSilence,
  type OutgoingFrame,
  type Pcm,
} from '@ringdown/rtp';
import type { Clock, Instant, Timers } from '@ringdown/sans-io';
import type { SoundSource } from '../audio/sound.ts';
import { Pump } from './pump.ts';

/** How what we send is sent. */
export interface SendFormat {
  readonly codec: AudioCodec;
  readonly payloadType: number;
  readonly packetMs: number;
  /** Of telephone-events at the codec's clock; undefined where none were agreed upon. */
  readonly eventPayloadType: number | undefined;
  /** Of comfort noise at the codec's clock; undefined where the peer does not want it. */
  readonly noisePayloadType: number | undefined;
}

export interface SenderUser {
  /** To be sent as a packet. */
  send(frame: OutgoingFrame): void;
  /** What is heard of us, before it is encoded. */
  heard(sound: Pcm): void;
  /** The source has ended and its last packet is sent. */
  played(): void;
  /** When the machine is woken for something else, if that is known. */
  wokenAt(): Instant | undefined;
}

export interface SenderOptions {
  /** How long each key is pressed, and how long none is between two. */
  readonly digitMs: number;
  readonly pauseMs: number;
}

/** Digits that wait; more are an error of whoever presses them. */
const MOST_DIGITS = 256;
/** In silence comfort noise is told so often: a lost packet is made up for, and NATs keep their bindings. */
const NOISE_EVERY_MS = 200;
/** So many packets are sound in any case: the peer learns the codec, and that it is us (RFC 3550 A.1). */
const OPENING_PACKETS = 5;
/** What nobody hears. */
const INAUDIBLE_DBOV = -90;

/** The way from a source of sound to packets, at the pace of the clock. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #user: SenderUser;
  readonly #pump: Pump;
  #format: SendFormat | undefined = undefined;
  #source: SoundSource | undefined = undefined;
  #muted = false;
  /** In units of the codec's clock. */
  #timestamp = 0;
  /** When the next packet would have been due, while nothing is sent. */
  #pausedAt: Instant | undefined = undefined;
  readonly #clock: Clock;
  #digits: string[] = [];
  #event: EventSender | undefined = undefined;
  #pauseLeftMs = 0;
  #opening = OPENING_PACKETS;
  /** How long there has been no sound; undefined while there is. */
  #silentMs: number | undefined = 0;
  /** The encoder says that it has nothing to say. */
  #isDiscontinued = false;
  #told = false;

  constructor(
    options: SenderOptions,
    ports: { readonly clock: Clock; readonly timers: Timers },
    user: SenderUser,
  ) {
    this.#options = options;
    this.#user = user;
    this.#clock = ports.clock;
    this.#pump = new Pump(ports, {
      step: (due) => this.#step(due),
      skipped: (ms) => this.#pass(ms),
      wokenAt: () => user.wokenAt(),
    });
  }

  get running(): boolean {
    return this.#pump.running;
  }

  /** Sends like this from the next packet on. The source, if there is one, is given anew in its format. */
  use(format: SendFormat): void {
    this.#format = format;
    this.#silentMs = 0;
  }

  /** Of the codec's format. What was played before is the caller's to close. */
  play(source: SoundSource | undefined): void {
    this.#source = source;
  }

  mute(isMuted: boolean): void {
    this.#muted = isMuted;
  }

  /** @returns whether they will be sent */
  sendDigits(digits: string): boolean {
    if (this.#format?.eventPayloadType === undefined) return false;
    this.#digits.push(...[...digits].slice(0, MOST_DIGITS - this.#digits.length));
    return true;
  }

  start(): void {
    if (this.#pump.running || this.#format === undefined) return;
    // Timestamps go on while nothing is sent (RFC 3550 §5.1).
    if (this.#pausedAt !== undefined) this.#pass(this.#clock.now() - this.#pausedAt);
    this.#pausedAt = undefined;
    this.#silentMs = 0;
    this.#opening = OPENING_PACKETS;
    this.#pump.start();
  }

  stop(): void {
    if (!this.#pump.running) return;
    this.#pump.stop();
    this.#pausedAt = this.#clock.now();
    // Nobody wants to hear later what was pressed before.
    this.#event = undefined;
    this.#digits = [];
  }

  #step(_due: Instant): number {
    const format = this.#format!;
    const { sampleRateHz, clockRateHz } = format.codec.format;
    const samples = Math.round((sampleRateHz * format.packetMs) / 1_000);
    const units = Math.round((samples * clockRateHz) / sampleRateHz);
    const packetMs = (1_000 * samples) / sampleRateHz;
    const sound = this.#read(format, samples);
    if (!this.#sendEvent(format, units, packetMs)) this.#sendSound(format, sound, packetMs);
    this.#timestamp += units;
    if (this.#source?.ended === true && !this.#told) {
      this.#told = true;
      this.#user.played();
    }
    return packetMs;
  }

  /** A microphone is read while it is muted, so that nothing old is heard afterwards. */
  #read({ codec }: SendFormat, samples: number): Pcm | undefined {
    const sound = this.#source?.ended === false ? this.#source.read(samples) : undefined;
    const heard = this.#muted ? undefined : sound;
    this.#user.heard(heard ?? silence(codec, samples));
    return heard;
  }

  #sendSound(format: SendFormat, sound: Pcm | undefined, packetMs: number): void {
    const { codec, payloadType, noisePayloadType } = format;
    const isSilent = sound === undefined || sound.every((channel) => isNoLouder(channel, INAUDIBLE_DBOV));
    const wasSilentMs = this.#silentMs;
    this.#silentMs = isSilent ? (wasSilentMs ?? 0) + packetMs : undefined;
    if (this.#opening > 0) this.#opening--;
    else if (isSilent && noisePayloadType !== undefined) {
      const before = wasSilentMs ?? 0;
      const isDue = Math.floor(before / NOISE_EVERY_MS) !== Math.floor((before + packetMs) / NOISE_EVERY_MS);
      if (wasSilentMs === undefined || isDue)
        this.#send(noisePayloadType, comfortNoisePayload(INAUDIBLE_DBOV), false);
      return;
    }
    const samples = Math.round((codec.format.sampleRateHz * format.packetMs) / 1_000);
    const payload = codec.encode(sound ?? silence(codec, samples));
    const isNothing = codec.format.encodingName === 'opus' && isOpusSilence(payload);
    // The first of them is told, so that the peer knows that what is missing is silence.
    const isRepeated = isNothing && this.#isDiscontinued;
    const isFirst = !isNothing && (this.#isDiscontinued || (wasSilentMs !== undefined && !isSilent));
    this.#isDiscontinued = isNothing;
    if (!isRepeated) this.#send(payloadType, payload, isFirst);
  }

  #send(payloadType: number, payload: Uint8Array, marker: boolean): void {
    this.#user.send({ payloadType, payload, timestamp: this.#timestamp, marker });
  }

  /** @returns whether this packet's time belongs to a key */
  #sendEvent(format: SendFormat, units: number, packetMs: number): boolean {
    const { eventPayloadType } = format;
    if (eventPayloadType === undefined) return false;
    if (this.#pauseLeftMs > 0) this.#pauseLeftMs -= packetMs;
    else if (this.#event === undefined && this.#digits.length > 0) {
      const event = eventOfKey(this.#digits.shift()!);
      const length = Math.round((this.#options.digitMs * format.codec.format.clockRateHz) / 1_000);
      if (event !== undefined) this.#event = new EventSender(event, this.#timestamp, length, units);
    }
    const packet = this.#event?.next();
    if (packet === undefined) {
      if (this.#event !== undefined) this.#pauseLeftMs = this.#options.pauseMs;
      this.#event = undefined;
      return false;
    }
    this.#user.send({ ...packet, payloadType: eventPayloadType });
    return true;
  }

  #pass(ms: number): void {
    const rate = this.#format?.codec.format.clockRateHz ?? 0;
    this.#timestamp += Math.round((ms * rate) / 1_000);
  }
}

const silence = ({ format }: AudioCodec, samples: number): Pcm =>
  Array.from({ length: format.channels }, () => new Int16Array(samples));
