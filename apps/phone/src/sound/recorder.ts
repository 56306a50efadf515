import { type NodeSound, type SoundSink, teeSink } from '@ringdown/media';
import { type Deferred, deferred } from '../deferred.ts';
import { failureOf, type Refusal } from '../refusal.ts';
import type { Sounds } from './sounds.ts';

/** A file for what the other side says, begun when it is known what comes. */
export interface Recorder {
  /** What becomes of what comes: the file, and the loudspeaker where there is one. */
  readonly record: NonNullable<NodeSound['record']>;
  /**
   * Closes the file when the call is over. Resolves with its name, or undefined where nothing came.
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
  let whole: Deferred<void> | undefined;

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
      const closed = deferred<void>();
      whole = closed;
      const [first, ...others] = [loudspeaker, file].filter((sink) => sink !== undefined);
      const sink = first === undefined ? undefined : teeSink(first, ...others);
      return {
        format: sink?.format ?? format,
        write: (sound) => sink?.write(sound),
        close: async () => closed.resolve(),
      };
    },
    finished: async () => {
      await whole?.promise;
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
