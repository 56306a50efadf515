import type { Pcm } from '@ringdown/rtp';
import { mapChannels } from './channel-mapping.ts';
import { checkRate, Resampler } from './resampler.ts';
import { silence } from './silence.ts';
import type { SoundFormat, SoundSink, SoundSource } from './sound.ts';

/** How much a sink keeps while the resampler is being loaded. */
const MOST_KEPT_SECONDS = 5;

/**
 * A source with another rate or number of channels. Where only channels differ nothing is resampled, nor where the source has that
 * rate as well, and where nothing differs it is the source itself. The resampler stands a moment later, at the first one after some 30 ms
 * ({@link loadResampler}): a source gives silence until then and loses nothing.
 *
 * @throws SoundError for a rate over 192,000 Hz
 */
export const converted = (source: SoundSource, format: SoundFormat): SoundSource => {
  if (source.format.sampleRateHz !== format.sampleRateHz) {
    checkRate(format.sampleRateHz);
    const made = source.at?.(format.sampleRateHz);
    return made === undefined ? new ResampledSource(source, format) : converted(made, format);
  }
  if (source.format.channels === format.channels) return source;
  return {
    format,
    read: (samples) => mapChannels(source.read(samples), format.channels),
    get ended() {
      return source.ended;
    },
    close: () => source.close(),
  };
};

/**
 * A sink that takes sound of another format than it has itself: of `format`. So many samples come to the sink as there were
 * at the other rate, the last ones at its close.
 */
export const convertedSink = (sink: SoundSink, format: SoundFormat): SoundSink => {
  if (sink.format.sampleRateHz !== format.sampleRateHz) return new ResampledSink(sink, format);
  if (sink.format.channels === format.channels) return sink;
  return {
    format,
    write: (sound) => sink.write(mapChannels(sound, sink.format.channels)),
    close: () => sink.close(),
  };
};

/** Resampling costs by the channel: fewer go in, and more are made of them afterwards. */
const fewer = (one: SoundFormat, other: SoundFormat): number => Math.min(one.channels, other.channels);

class ResampledSource implements SoundSource {
  readonly format: SoundFormat;
  readonly #source: SoundSource;
  readonly #channels: number;
  #resampler: Resampler | undefined = undefined;
  #isClosed = false;
  /** What came out of the resampler and was not asked for yet. */
  #rest: Pcm = [];
  #restFrom = 0;
  #given = 0;
  /** Of the source's samples, those before its end. */
  #taken = 0;

  constructor(source: SoundSource, format: SoundFormat) {
    this.format = format;
    this.#source = source;
    this.#channels = fewer(source.format, format);
    checkRate(source.format.sampleRateHz);
    checkRate(format.sampleRateHz);
    void Resampler.open(this.#channels, source.format.sampleRateHz, format.sampleRateHz).then((resampler) => {
      if (this.#isClosed) resampler.close();
      else this.#resampler = resampler;
    });
  }

  get ended(): boolean {
    if (this.#isClosed) return true;
    const all = Math.ceil((this.#taken * this.format.sampleRateHz) / this.#source.format.sampleRateHz);
    return this.#source.ended && this.#given >= all;
  }

  read(samples: number): Pcm {
    const sound = silence(this.#channels, samples);
    if (this.#resampler !== undefined && !this.ended) this.#fill(sound, samples, this.#resampler);
    return mapChannels(sound, this.format.channels);
  }

  close(): void {
    this.#isClosed = true;
    this.#resampler?.close();
    this.#source.close();
  }

  #fill(sound: readonly Int16Array[], samples: number, resampler: Resampler): void {
    let filled = this.#takeRest(sound, 0);
    while (filled < samples) {
      const wanted = (samples - filled) * this.#source.format.sampleRateHz;
      const pieces = resampler.convert(this.#pull(Math.max(1, Math.ceil(wanted / this.format.sampleRateHz))));
      for (const piece of pieces) {
        // Only a long read has more than one piece, and only its last one can be too long.
        this.#rest = joined(this.#rest, this.#restFrom, piece);
        this.#restFrom = 0;
      }
      filled += this.#takeRest(sound, filled);
    }
    this.#given += samples;
  }

  #pull(samples: number): Pcm {
    if (!this.#source.ended) this.#taken += samples;
    return mapChannels(this.#source.read(samples), this.#channels);
  }

  #takeRest(sound: readonly Int16Array[], at: number): number {
    const count = Math.min((this.#rest[0]?.length ?? 0) - this.#restFrom, (sound[0]?.length ?? 0) - at);
    if (count <= 0) return 0;
    for (const [index, channel] of sound.entries()) {
      channel.set(this.#rest[index]!.subarray(this.#restFrom, this.#restFrom + count), at);
    }
    this.#restFrom += count;
    return count;
  }
}

const joined = (rest: Pcm, from: number, piece: Pcm): Pcm => {
  if ((rest[0]?.length ?? 0) <= from) return piece;
  return piece.map((channel, index) => {
    const before = rest[index]!.subarray(from);
    const both = new Int16Array(before.length + channel.length);
    both.set(before);
    both.set(channel, before.length);
    return both;
  });
};

class ResampledSink implements SoundSink {
  readonly format: SoundFormat;
  readonly #sink: SoundSink;
  readonly #channels: number;
  readonly #opening: Promise<void>;
  #resampler: Resampler | undefined = undefined;
  /** What came before the resampler stood. */
  #kept: Pcm[] = [];
  #taken = 0;
  #given = 0;
  #closed: Promise<void> | undefined = undefined;

  constructor(sink: SoundSink, format: SoundFormat) {
    this.format = format;
    this.#sink = sink;
    this.#channels = fewer(sink.format, format);
    checkRate(sink.format.sampleRateHz);
    checkRate(format.sampleRateHz);
    this.#opening = this.#open();
    // Whoever closes is told of it.
    this.#opening.catch(() => {});
  }

  write(sound: Pcm): void {
    if (this.#closed !== undefined) return;
    const length = sound[0]?.length ?? 0;
    const isKept =
      this.#resampler !== undefined || this.#taken < MOST_KEPT_SECONDS * this.format.sampleRateHz;
    if (!isKept) return;
    this.#taken += length;
    const piece = mapChannels(sound, this.#channels);
    if (this.#resampler === undefined) this.#kept.push(piece);
    else this.#pass(this.#resampler, piece);
  }

  close(): Promise<void> {
    this.#closed ??= this.#finish();
    return this.#closed;
  }

  async #open(): Promise<void> {
    const resampler = await Resampler.open(
      this.#channels,
      this.format.sampleRateHz,
      this.#sink.format.sampleRateHz,
    );
    this.#resampler = resampler;
    for (const piece of this.#kept) this.#pass(resampler, piece);
    this.#kept = [];
  }

  #pass(resampler: Resampler, sound: Pcm): void {
    for (const piece of resampler.convert(sound)) this.#give(piece);
  }

  #give(piece: Pcm): void {
    const length = piece[0]?.length ?? 0;
    if (length === 0) return;
    this.#given += length;
    this.#sink.write(mapChannels(piece, this.#sink.format.channels));
  }

  /** The filter still holds the end: silence pushes it out, as much as belongs to what was taken. */
  async #finish(): Promise<void> {
    try {
      await this.#opening;
      this.#pushOut();
    } finally {
      this.#resampler?.close();
      await this.#sink.close();
    }
  }

  #pushOut(): void {
    const all = Math.round((this.#taken * this.#sink.format.sampleRateHz) / this.format.sampleRateHz);
    const resampler = this.#resampler!;
    while (this.#given < all) {
      const left = all - this.#given;
      for (const piece of resampler.convert(
        silence(this.#channels, Math.ceil(this.format.sampleRateHz / 100)),
      )) {
        this.#give(piece.map((channel) => channel.subarray(0, left)));
      }
    }
  }
}
