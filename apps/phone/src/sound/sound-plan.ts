import type { NodeSound, SoundFormat, SoundSource } from '@ringdown/media';
import { failureOf, Refusal } from '../refusal.ts';
import { createRecorder } from './recorder.ts';
import { checkRecording, recordingNames } from './recording-file.ts';
import type { SoundDevices, Sounds } from './sounds.ts';

/** What the command line says of the sound of a call. */
export interface SoundOptions {
  /** A WAV file that the peer hears. */
  readonly play?: string | undefined;
  /** Whether it begins again when it ends. */
  readonly loop?: boolean | undefined;
  /** A tone that the peer hears: `HZ`, or `HZ,HZ` for left and right. */
  readonly tone?: string | undefined;
  /** A WAV file for what the peer says. */
  readonly record?: string | undefined;
  /** Whether a recording takes the place of a file that is there. */
  readonly overwrite?: boolean | undefined;
  /** Whether microphone and loudspeaker of this machine are used. */
  readonly device?: boolean | undefined;
}

/** What calls are given, found to be possible before anything goes over the network. */
export interface SoundPlan {
  /** Opens the devices, where they are to be used, and closes them again. @throws Refusal where they cannot be had */
  check(): Promise<void>;
  /** Whether what is played ends by itself. */
  readonly ends: boolean;
  /** What nobody hears, for people; undefined where there is nothing to be told. */
  readonly hint: string | undefined;
  /** Opens it for a call; the second call's recording is `FILE-2.wav`, or the next that is free. @throws Refusal where it went away meanwhile */
  open(): Promise<CallSound>;
}

/** A file or a tone, as it is. */
export interface PlayedSound {
  /** For people. */
  readonly name: string;
  readonly format: SoundFormat;
}

export interface CallSound {
  readonly sound: NodeSound;
  /** What is played; undefined for devices, and for nothing. */
  readonly played?: PlayedSound | undefined;
  /** Resolves with the file when all of it is there, with undefined where nothing was to be recorded or nothing came. */
  recorded(): Promise<string | undefined>;
  /** Gives everything back, where the call never had a session that did. */
  close(): void;
}

export const noSound: CallSound = Object.freeze({
  sound: {},
  recorded: async () => undefined,
  close: () => {},
});

/**
 * @param note is told what sound goes through, and where devices go in the middle of it
 * @throws Refusal where a file cannot be read or written, or options contradict each other
 */
export const planSound = (options: SoundOptions, sounds: Sounds, note: (text: string) => void): SoundPlan => {
  const { play, loop = false, record, overwrite = false, device = false } = options;
  const frequenciesHz = options.tone === undefined ? undefined : readTone(options.tone);
  const given = [
    ['--play', play !== undefined],
    ['--tone', frequenciesHz !== undefined],
    ['--device', device],
  ] as const;
  const [first, second] = given.filter(([, isGiven]) => isGiven).map(([option]) => option);
  if (second !== undefined)
    throw new Refusal(`${first} and ${second} both say what the other side hears: leave one of them out`);
  if (loop && play === undefined)
    throw new Refusal('--loop repeats what --play plays: give a file with --play');
  if (play !== undefined) checkPlayable(play, sounds);
  if (overwrite && record === undefined)
    throw new Refusal('--overwrite replaces what --record names: give a file with --record');
  if (record !== undefined) checkRecording(record, { played: play, overwrites: overwrite });
  const nextName = record === undefined ? undefined : recordingNames(record, overwrite);
  return {
    async check() {
      if (!device) return;
      const devices = await openDevices(sounds, note);
      await devices.close();
      note(`sound goes through ${devices.through}`);
    },
    ends: play !== undefined && !loop,
    hint: hintOf(options),
    async open() {
      const devices = device ? await openDevices(sounds, note) : undefined;
      const speaker = devices?.loudspeaker;
      const recorder = nextName === undefined ? undefined : createRecorder(nextName(), speaker, sounds, note);
      const source =
        play !== undefined
          ? openSource(() => sounds.wav(play, loop))
          : frequenciesHz !== undefined
            ? openSource(() => sounds.tone(frequenciesHz))
            : devices?.microphone;
      const sink = recorder?.record ?? speaker;
      return {
        sound: { ...(source && { play: source }), ...(sink && { record: sink }) },
        played:
          device || source === undefined ? undefined : { name: play ?? 'the tone', format: source.format },
        recorded: () => recorder?.finished() ?? Promise.resolve(undefined),
        close: () => {
          source?.close();
          devices?.close().catch(() => {});
        },
      };
    },
  };
};

/** @throws Refusal where it is no frequency, or more than two; `name` is what it was given by */
export const readTone = (text: string, name = '--tone'): readonly number[] => {
  const frequenciesHz = text
    .split(',')
    .map((part) => (/^\s*\d+(?:\.\d+)?\s*$/.test(part) ? Number(part) : 0));
  if (frequenciesHz.length > 2 || frequenciesHz.some((one) => one < 20 || one > 20_000))
    throw new Refusal(
      `${name} must be a frequency from 20 to 20000 Hz, or two with a comma between them for left and right, not "${text}"`,
    );
  return frequenciesHz;
};

const checkPlayable = (path: string, sounds: Sounds): void => {
  const source = openSource(() => sounds.wav(path, false));
  const isEmpty = source.ended;
  source.close();
  if (isEmpty) throw new Refusal(`${path} cannot be played: there is no sound in it; name another file`);
};

const openSource = (open: () => SoundSource): SoundSource => {
  try {
    return open();
  } catch (error) {
    throw failureOf('the sound cannot be played', error);
  }
};

const openDevices = async (sounds: Sounds, note: (text: string) => void): Promise<SoundDevices> => {
  try {
    return await sounds.openDevices(note);
  } catch (error) {
    throw failureOf('the sound devices cannot be used', error);
  }
};

const hintOf = ({ play, tone, record, device = false }: SoundOptions): string | undefined => {
  if (device) return undefined;
  const isMute = play === undefined && tone === undefined;
  if (isMute && record === undefined)
    return 'nothing is played and what is heard is lost: --play FILE.wav, --record FILE.wav, or --device for microphone and loudspeaker';
  return undefined;
};
