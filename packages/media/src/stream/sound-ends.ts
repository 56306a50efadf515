import type { AudioFormat, Pcm } from '@ringdown/rtp';
import type { Levels } from '@ringdown/user-agent';
import { converted } from '../audio/conversion.ts';
import { LevelMeter } from '../audio/level-meter.ts';
import { isSilent } from '../audio/silence.ts';
import type { NodeSound, SoundFormat, SoundSource } from '../audio/sound.ts';
import { type GivenSound, type GivenSounds, isSame, type Recording } from './given-sound.ts';

/** What is played to the peer, in the format that the codec wants; a new codec does not begin it anew. */
export class Playing {
  readonly #source: SoundSource;
  #converted: SoundSource | undefined = undefined;

  constructor(source: SoundSource) {
    this.#source = source;
  }

  as(format: SoundFormat): SoundSource {
    const before = this.#converted;
    if (before !== undefined && isSame(before.format, format)) return before;
    before?.close();
    this.#converted = converted(this.#source, format);
    return this.#converted;
  }

  close(): void {
    this.#converted?.close();
  }
}

/** What a call plays and records: one of the forks of a call has it. */
export class CallSound {
  readonly #sounds: GivenSounds;
  readonly #given = new Set<GivenSound>();
  #playing: Playing | undefined = undefined;
  #recorded: GivenSound | undefined = undefined;
  #claim: 'none' | 'last' | 'first' = 'none';
  #holders = 1;

  constructor(sounds: GivenSounds) {
    this.#sounds = sounds;
  }

  get playing(): Playing | undefined {
    return this.#playing;
  }

  /** Undefined while another call has it. */
  get recording(): Recording | undefined {
    return this.#recorded?.isOf(this) === true ? this.#recorded.record : undefined;
  }

  /** What was given before stays. */
  give(sound: NodeSound): void {
    const given = this.#sounds.of(sound);
    const source = this.#playing === undefined ? given.playedBy(this) : undefined;
    const isRecorder = this.#recorded === undefined && given.record !== undefined;
    if (source === undefined && !isRecorder) return;
    if (source !== undefined) this.#playing = new Playing(source);
    if (isRecorder) this.#recorded = given;
    given.hold(this);
    this.#given.add(given);
    this.#claimAll();
  }

  /** There is use for it. `isFirst`: even where another call has it. */
  claim(isFirst: boolean): void {
    this.#claim = isFirst || this.#claim === 'first' ? 'first' : 'last';
    this.#claimAll();
  }

  hold(): this {
    this.#holders++;
    return this;
  }

  /** Resolves when the last one has let go and what was recorded is where it belongs. */
  async release(): Promise<void> {
    if (--this.#holders > 0) return;
    this.#playing?.close();
    await Promise.all([...this.#given].map((given) => given.release(this)));
  }

  #claimAll(): void {
    if (this.#claim === 'none') return;
    for (const given of this.#given) given.claim(this, this.#claim === 'first');
  }
}

/** How loud both directions are, since they were looked at last. */
export class Loudness {
  #sent = new LevelMeter(1);
  #sentChannels = 1;
  #received = new LevelMeter(1);
  #receivedChannels = 1;
  #isHeard = false;

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

  /** Whether this is the first of the peer's that is no silence: who rings, or says nothing, may send packets all the same. */
  isFirstHeard(sound: Pcm): boolean {
    if (this.#isHeard || isSilent(sound)) return false;
    this.#isHeard = true;
    return true;
  }

  take(): Levels {
    return { sent: this.#sent.take(), received: this.#received.take() };
  }
}
