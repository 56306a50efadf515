import type { AudioFormat, Pcm } from '@ringdown/rtp';
import type { Levels } from '@ringdown/user-agent';
import { converted, convertedSink } from '../audio/conversion.ts';
import { LevelMeter } from '../audio/level-meter.ts';
import { silence } from '../audio/silence.ts';
import type { NodeSound, SoundFormat, SoundSink, SoundSource } from '../audio/sound.ts';

/** What is played to the peer, in the format that the codec wants; a new codec does not begin it anew. */
export class Playing {
  readonly #source: SoundSource;
  #converted: SoundSource | undefined = undefined;

  constructor(source: SoundSource) {
    this.#source = source;
  }

  /** What it cannot read is silence: whoever gave the source is told by the source. */
  as(format: SoundFormat): SoundSource {
    const before = this.#converted;
    if (before !== undefined && isSame(before.format, format)) return before;
    before?.close();
    this.#converted = converted(lent(this.#source), format);
    return this.#converted;
  }

  close(): void {
    this.#converted?.close();
    this.#source.close();
  }
}

/** The same source; to close it is its owner's. */
const lent = (source: SoundSource): SoundSource => {
  let hasFailed = false;
  return {
    format: source.format,
    read(samples) {
      try {
        if (!hasFailed) return source.read(samples);
      } catch {
        hasFailed = true;
      }
      return silence(source.format.channels, samples);
    },
    get ended() {
      return hasFailed || source.ended;
    },
    close: () => {},
  };
};

/** What becomes of what the peer says. The sink is asked for once it is known what comes. */
export class Recording {
  readonly #record: NonNullable<NodeSound['record']>;
  #sink: SoundSink | undefined = undefined;
  #converted: SoundSink | undefined = undefined;
  #hasFailed = false;

  constructor(record: NonNullable<NodeSound['record']>) {
    this.#record = record;
  }

  write(sound: Pcm, format: SoundFormat): void {
    if (this.#hasFailed) return;
    if (this.#converted === undefined || !isSame(this.#converted.format, format)) this.#convert(format);
    try {
      this.#converted?.write(sound);
    } catch {
      // A call goes on without its record; whoever gave the sink is told by the sink.
      this.#hasFailed = true;
    }
  }

  /** Resolves when all of it is where it belongs. */
  async close(): Promise<void> {
    const sink = this.#sink ?? (typeof this.#record === 'function' ? undefined : this.#record);
    await (this.#converted === sink ? undefined : this.#converted?.close());
    await sink?.close();
  }

  #convert(format: SoundFormat): void {
    this.#sink ??= typeof this.#record === 'function' ? this.#record(format) : this.#record;
    const sink = this.#sink;
    void this.#converted?.close();
    const kept: SoundSink = {
      format: sink.format,
      write: (sound) => sink.write(sound),
      close: () => Promise.resolve(),
    };
    this.#converted = convertedSink(kept, { sampleRateHz: format.sampleRateHz, channels: format.channels });
  }
}

/** What a call plays and records: one of the forks of a call has it. */
export class CallSound {
  #playing: Playing | undefined = undefined;
  #recording: Recording | undefined = undefined;
  #holders = 1;

  get playing(): Playing | undefined {
    return this.#playing;
  }

  get recording(): Recording | undefined {
    return this.#recording;
  }

  /** What was given before stays. */
  give({ play, record }: NodeSound): void {
    if (play !== undefined) this.#playing ??= new Playing(play);
    if (record !== undefined) this.#recording ??= new Recording(record);
  }

  hold(): this {
    this.#holders++;
    return this;
  }

  /** Resolves when the last one has let go and what was recorded is where it belongs. */
  async release(): Promise<void> {
    if (--this.#holders > 0) return;
    this.#playing?.close();
    await this.#recording?.close();
  }
}

const isSame = (one: SoundFormat, other: SoundFormat): boolean =>
  one.sampleRateHz === other.sampleRateHz && one.channels === other.channels;

/** How loud both directions are, since they were looked at last. */
export class Loudness {
  #sent = new LevelMeter(1);
  #sentChannels = 1;
  #received = new LevelMeter(1);
  #receivedChannels = 1;

  sent(sound: Pcm): void {
    if (sound.length !== this.#sentChannels) {
      this.#sentChannels = sound.length;
      this.#sent = new LevelMeter(sound.length);
    }
    this.#sent.measure(sound);
  }

  received(sound: Pcm, { channels }: AudioFormat): void {
    if (channels !== this.#receivedChannels) {
      this.#receivedChannels = channels;
      this.#received = new LevelMeter(channels);
    }
    this.#received.measure(sound);
  }

  take(): Levels {
    return { sent: this.#sent.take(), received: this.#received.take() };
  }
}
