import { type NodeSound, type SoundSink, teeSink } from '@ringdown/media';
import { type Deferred, deferred } from '../deferred.ts';
import { failureOf, type Refusal } from '../refusal.ts';
import type { Sounds } from './sounds.ts';

/** A file for what the other side says, begun when it is known what comes. */
export interface Recorder {
  /** What becomes of the sound of one session after the other: the file, and the loudspeaker where there is one. */
  readonly record: NonNullable<NodeSound['record']>;
  /**
   * Closes the file when the last session has. Resolves with its name, or undefined where nothing came.
   *
   * @throws Refusal where it is not whole
   */
  finished(): Promise<string | undefined>;
}

/** @param note is told at once when sound is lost */
export const createRecorder = (
  path: string,
  loudspeaker: SoundSink | undefined,
  sounds: Sounds,
  note: (text: string) => void,
): Recorder => {
  let file: SoundSink | undefined;
  let fault: Refusal | undefined;
  /** The session that came last: the one before is only on its way out. */
  let session: Deferred<void> | undefined;

  const begin = (format: SoundSink['format']): void => {
    try {
      file ??= sounds.wavSink(path, loudspeaker?.format ?? format, note);
    } catch (error) {
      // A call goes on without its record.
      fault ??= failureOf(`the recording ${path} cannot be written`, error);
      note(fault.message);
    }
  };
  return {
    record: (format) => {
      begin(format);
      const own = deferred<void>();
      session = own;
      const sinks = [loudspeaker, file].filter((sink) => sink !== undefined);
      const [first, ...others] = sinks;
      const whole = first === undefined ? undefined : teeSink(first, ...others);
      return {
        format: whole?.format ?? format,
        write: (sound) => {
          if (session === own) whole?.write(sound);
        },
        close: async () => own.resolve(),
      };
    },
    finished: async () => {
      await session?.promise;
      if (fault !== undefined) throw fault;
      try {
        await file?.close();
      } catch (error) {
        throw failureOf(`the recording ${path} is not whole`, error);
      }
      if (file !== undefined) return path;
      note(`nothing was heard, so ${path} was not written`);
      return undefined;
    },
  };
};
