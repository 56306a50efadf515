import type { Pcm } from '@ringdown/rtp';
import { convertedSink } from '../audio/conversion.ts';
import { silence } from '../audio/silence.ts';
import type { NodeSound, SoundFormat, SoundSink, SoundSource } from '../audio/sound.ts';

/**
 * What calls were given to play and to record. One that goes on in another session (RFC 3515, RFC 3891, an INVITE that is sent
 * anew) brings the same object: it is one sound then, and stays open until the last session has let go.
 */
export class GivenSounds {
  readonly #known = new Map<NodeSound, GivenSound>();

  of(sound: NodeSound): GivenSound {
    const known = this.#known.get(sound) ?? new GivenSound(sound, () => this.#known.delete(sound));
    this.#known.set(sound, known);
    return known;
  }
}

/** One sound, and whose it is at present: of several sessions one is heard, and hears. */
export class GivenSound {
  readonly play: SoundSource | undefined;
  readonly record: Recording | undefined;
  readonly #left: () => void;
  /** Those that want it; the last of them has it. */
  #holders: readonly object[] = [];
  #claims: readonly object[] = [];

  constructor({ play, record }: NodeSound, left: () => void) {
    this.play = play;
    this.record = record === undefined ? undefined : new Recording(record);
    this.#left = left;
  }

  isOf(holder: object): boolean {
    return this.#claims.at(-1) === holder;
  }

  hold(holder: object): void {
    if (!this.#holders.includes(holder)) this.#holders = [...this.#holders, holder];
  }

  /** A session has use for it. `isFirst`: whoever has it gives it up, and gets it back when this one lets go. */
  claim(holder: object, isFirst: boolean): void {
    if (!this.#holders.includes(holder)) return;
    if (!isFirst && this.#claims.includes(holder)) return;
    const others = this.#claims.filter((one) => one !== holder);
    this.#claims = isFirst ? [...others, holder] : [holder, ...others];
  }

  /** Resolves when the last one has let go and what was recorded is where it belongs; for others at once. */
  async release(holder: object): Promise<void> {
    if (!this.#holders.includes(holder)) return;
    this.#claims = this.#claims.filter((one) => one !== holder);
    this.#holders = this.#holders.filter((one) => one !== holder);
    if (this.#holders.length > 0) return;
    this.#left();
    try {
      this.play?.close();
    } finally {
      await this.record?.close();
    }
  }

  /** What one session reads of it: silence while another has it. To close it is nobody's. */
  playedBy(holder: object): SoundSource | undefined {
    const { play } = this;
    if (play === undefined) return undefined;
    return guarded(play, () => this.isOf(holder));
  }
}

/** What is read of a source while it is ours. Whoever gave it is told by it where it fails. */
const guarded = (play: SoundSource, isOwn: () => boolean): SoundSource => {
  const { at } = play;
  let hasFailed = false;
  return {
    format: play.format,
    read(samples) {
      try {
        if (!hasFailed && isOwn()) return play.read(samples);
      } catch {
        hasFailed = true;
      }
      return silence(play.format.channels, samples);
    },
    get ended() {
      return hasFailed || (isOwn() && play.ended);
    },
    close: () => {},
    ...(at === undefined
      ? {}
      : { at: (sampleRateHz: number) => guarded(at.call(play, sampleRateHz), isOwn) }),
  };
};

/** What becomes of what the peer says. The sink is asked for once it is known what comes. */
export class Recording {
  readonly #record: NonNullable<NodeSound['record']>;
  #sink: SoundSink | undefined = undefined;
  #converted: SoundSink | undefined = undefined;
  #from: SoundFormat | undefined = undefined;
  /** When the formats of before have given all that they held. */
  #left: Promise<void> = Promise.resolve();
  #hasFailed = false;

  constructor(record: NonNullable<NodeSound['record']>) {
    this.#record = record;
  }

  write(sound: Pcm, format: SoundFormat): void {
    if (this.#hasFailed) return;
    try {
      if (this.#from === undefined || !isSame(this.#from, format)) this.#convert(format);
      this.#converted?.write(sound);
    } catch {
      // A call goes on without its record; whoever gave the sink is told by the sink.
      this.#hasFailed = true;
    }
  }

  /** Resolves when all of it is where it belongs; rejects with a reason why it is not. The sink is closed in any case. */
  async close(): Promise<void> {
    const sink = this.#sink ?? (typeof this.#record === 'function' ? undefined : this.#record);
    this.#hasFailed = true;
    this.#leave();
    await both(this.#left, sink?.close.bind(sink));
  }

  /** What a format still holds comes while the next is written already, and before the end. */
  #leave(): void {
    const closing = this.#converted?.close();
    this.#converted = undefined;
    if (closing === undefined) return;
    closing.catch(() => {
      this.#hasFailed = true;
    });
    this.#left = both(this.#left, () => closing);
    // It is told at the end.
    this.#left.catch(() => {});
  }

  #convert(format: SoundFormat): void {
    this.#sink ??= typeof this.#record === 'function' ? this.#record(format) : this.#record;
    const sink = this.#sink;
    this.#leave();
    const kept: SoundSink = {
      format: sink.format,
      write: (sound) => sink.write(sound),
      close: () => Promise.resolve(),
    };
    const { sampleRateHz, channels } = format;
    this.#from = { sampleRateHz, channels };
    this.#converted = convertedSink(kept, this.#from);
  }
}

/** Does the second when the first is done, however that went. */
const both = async (first: Promise<void>, second: (() => Promise<void>) | undefined): Promise<void> => {
  try {
    await first;
  } finally {
    await second?.();
  }
};

export const isSame = (one: SoundFormat, other: SoundFormat): boolean =>
  one.sampleRateHz === other.sampleRateHz && one.channels === other.channels;
