import {
  type AudioCodec,
  type AudioFormat,
  hasOpusRedundancy,
  Malformed,
  OPUS_CLOCK_RATE_HZ,
  type Pcm,
  readOpus,
} from '@ringdown/rtp';
import {
  APPLICATIONS,
  lossPercent,
  type OpusOptions,
  opusDefaults,
  SET_PACKET_LOSS,
  settingsOf,
} from './opus-options.ts';
import { LONGEST_PACKET_BYTES, LONGEST_PACKET_SAMPLES, type OpusWasm, readOpusWasm } from './opus-wasm.ts';

/** A packet with RTP, SRTP, UDP and IPv6 before and behind it goes whole through every network (RFC 8200 §5: 1,280 bytes). */
const MOST_PAYLOAD_BYTES = 1_200;
/** 2.5, 5, 10, 20, 40 and 60 ms (RFC 6716 §2.1.4). */
const PACKET_SAMPLES: ReadonlySet<number> = new Set([120, 240, 480, 960, 1_920, 2_880]);
/** libopus makes up whole steps of 2.5 ms. */
const STEP_SAMPLES = 120;

/** Makes Opus codecs. They share memory, which is used again once they are closed. */
export interface OpusFactory {
  /** What is left out is as in {@link opusDefaults}. @throws RangeError for what libopus does not take */
  codec(options?: Partial<OpusOptions>): OpusCodec;
  /** What all codecs take together. It never shrinks. */
  readonly memoryBytes: number;
}

/** Opus of 48 kHz (RFC 6716, RFC 7587), by libopus. */
export interface OpusCodec extends AudioCodec {
  /** What the peer says of its losses, 0 to 1: how much goes into redundancy follows it. */
  expectLoss(ratio: number): void;
  /** Gives the memory back. What is decoded from here on is silence. */
  close(): void;
}

let loaded: Promise<OpusFactory> | undefined;

/**
 * Loads libopus, once in a process (about 400 kB of WebAssembly), and uses it once: functions are compiled when they are first
 * called, and in a call the first packets would wait for that.
 */
export const loadOpus = (): Promise<OpusFactory> => {
  loaded ??= readOpusWasm().then((wasm) => {
    const factory: OpusFactory = {
      codec: (options = {}) => new LibopusCodec(wasm, { ...opusDefaults, ...options }),
      get memoryBytes() {
        return wasm.sizeBytes;
      },
    };
    warmUp(factory);
    return factory;
  });
  return loaded;
};

/** Between them these use what libopus has: its coder for speech, the one for music, and both at once. */
const FIRST_USES: readonly Partial<OpusOptions>[] = [
  { bitsPerSecond: 16_000, inBandFec: true, expectedLossRatio: 0.1, discontinuous: true },
  { bitsPerSecond: 32_000, inBandFec: true, expectedLossRatio: 0.1 },
  { channels: 2, application: 'audio', signal: 'music', bitsPerSecond: 256_000, constantBitrate: true },
];

const warmUp = ({ codec }: OpusFactory): void => {
  const silence = new Int16Array(960);
  // A saw of 100 Hz, as rough as a voice.
  const rough = Int16Array.from({ length: 960 }, (_, at) => 40 * ((at % 480) - 240));
  for (const use of FIRST_USES) {
    const first = codec(use);
    for (const channel of [silence, rough, rough]) {
      const packet = first.encode(Array.from({ length: first.format.channels }, () => channel));
      first.decode(packet);
      first.recover(packet, 960);
    }
    first.conceal(960);
    first.close();
  }
};

class LibopusCodec implements OpusCodec {
  readonly format: AudioFormat;
  readonly #wasm: OpusWasm;
  /** States of libopus; 0 once closed. */
  #encoder = 0;
  #decoder = 0;
  /** Of the packet that came last: what another one that cannot be read most likely had. */
  #lastSamples = 960;

  constructor(wasm: OpusWasm, options: OpusOptions) {
    this.#wasm = wasm;
    this.format = {
      encodingName: 'opus',
      sampleRateHz: OPUS_CLOCK_RATE_HZ,
      clockRateHz: OPUS_CLOCK_RATE_HZ,
      channels: options.channels,
    };
    try {
      this.#encoder = wasm.allocate(wasm.api.opus_encoder_get_size(options.channels));
      this.#decoder = wasm.allocate(wasm.api.opus_decoder_get_size(options.channels));
      this.#start(options);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  #start(options: OpusOptions): void {
    const { api } = this.#wasm;
    const { channels } = options;
    this.#demand(
      api.opus_encoder_init(this.#encoder, OPUS_CLOCK_RATE_HZ, channels, APPLICATIONS[options.application]),
      'application',
    );
    this.#demand(api.opus_decoder_init(this.#decoder, OPUS_CLOCK_RATE_HZ, channels), 'channels');
    for (const [request, value] of settingsOf(options))
      this.#demand(api.opus_encoder_ctl_set(this.#encoder, request, value), `setting ${request} of ${value}`);
  }

  #demand(code: number, what: string): void {
    if (code < 0) throw new RangeError(`Opus does not take the ${what}: ${this.#wasm.errorText(code)}`);
  }

  encode(sound: Pcm): Uint8Array {
    const samples = sound[0]?.length ?? 0;
    if (this.#encoder === 0) throw new Error('This Opus codec is closed: make another one');
    if (sound.length !== this.format.channels || sound.some(({ length }) => length !== samples))
      throw new RangeError(
        `${sound.length} channels of sound: Opus was told ${this.format.channels} of one length`,
      );
    if (!PACKET_SAMPLES.has(samples))
      throw new RangeError(`${samples} samples: an Opus packet has 120, 240, 480, 960, 1920 or 2880`);
    const { api, soundAt, packetAt } = this.#wasm;
    this.#wasm.putSound(sound);
    const bytes = api.opus_encode(this.#encoder, soundAt, samples, packetAt, MOST_PAYLOAD_BYTES);
    this.#demand(bytes, 'sound');
    return this.#wasm.takePacket(bytes);
  }

  decode(payload: Uint8Array): Pcm {
    const samples = this.durationOf(payload);
    if (samples === undefined || payload.length > LONGEST_PACKET_BYTES)
      return this.conceal(this.#lastSamples);
    this.#lastSamples = samples;
    return this.#decoded(payload, samples, 0) ?? this.conceal(samples);
  }

  conceal(samples: number): Pcm {
    if (samples <= 0) return this.#silence(0);
    if (samples <= LONGEST_PACKET_SAMPLES) return this.#madeUp(samples);
    const sound = this.#silence(samples);
    for (let at = 0; at < samples; at += LONGEST_PACKET_SAMPLES) {
      const piece = this.#madeUp(Math.min(LONGEST_PACKET_SAMPLES, samples - at));
      for (const [index, channel] of sound.entries()) channel.set(piece[index]!, at);
    }
    return sound;
  }

  recover(following: Uint8Array, samples: number): Pcm | undefined {
    const packet = readOpus(following);
    if (packet instanceof Malformed || following.length > LONGEST_PACKET_BYTES) return undefined;
    // The copy is of one frame, as long as those of this packet (RFC 6716 §4.2.5).
    if (samples < packet.frameUnits || samples > LONGEST_PACKET_SAMPLES || samples % STEP_SAMPLES !== 0)
      return undefined;
    return hasOpusRedundancy(following) ? this.#decoded(following, samples, 1) : undefined;
  }

  durationOf(payload: Uint8Array): number | undefined {
    const packet = readOpus(payload);
    return packet instanceof Malformed ? undefined : packet.units;
  }

  expectLoss(ratio: number): void {
    if (this.#encoder !== 0)
      this.#wasm.api.opus_encoder_ctl_set(this.#encoder, SET_PACKET_LOSS, lossPercent(ratio));
  }

  close(): void {
    // free(0) does nothing.
    this.#wasm.api.free(this.#encoder);
    this.#wasm.api.free(this.#decoder);
    this.#encoder = 0;
    this.#decoder = 0;
  }

  /** @param samples no more than 120 ms */
  #madeUp(samples: number): Int16Array[] {
    const whole = Math.ceil(samples / STEP_SAMPLES) * STEP_SAMPLES;
    const sound = this.#decoded(new Uint8Array(0), whole, 0) ?? this.#silence(whole);
    return whole === samples ? sound : sound.map((channel) => channel.slice(0, samples));
  }

  /** Undefined where libopus finds something wrong. No bytes: a packet that is lost. */
  #decoded(packet: Uint8Array, samples: number, isRedundancy: 0 | 1): Int16Array[] | undefined {
    if (this.#decoder === 0) return this.#silence(samples);
    const { api, packetAt, soundAt } = this.#wasm;
    this.#wasm.putPacket(packet);
    const from = packet.length === 0 ? 0 : packetAt;
    const stack = api.stackSave();
    try {
      const made = api.opus_decode(this.#decoder, from, packet.length, soundAt, samples, isRedundancy);
      return made === samples ? this.#wasm.takeSound(this.format.channels, samples) : undefined;
    } catch {
      // An assertion of libopus, or memory that is not its own: what it knew of this stream is good for nothing.
      api.stackRestore(stack);
      api.opus_decoder_init(this.#decoder, OPUS_CLOCK_RATE_HZ, this.format.channels);
      return undefined;
    }
  }

  #silence(samples: number): Int16Array[] {
    return Array.from({ length: this.format.channels }, () => new Int16Array(samples));
  }
}
