import { closeSync, lstatSync, openSync, realpathSync, rmSync, statSync } from 'node:fs';
import { extname } from 'node:path';
import { Refusal, systemWords } from '../refusal.ts';

export interface RecordingOptions {
  /** The file that is played meanwhile. */
  readonly played: string | undefined;
  /** Whether files that are there are replaced. */
  readonly overwrites: boolean;
}

/** Sound that we do not write; a name that promises it would be a lie. */
const OTHER_SOUND = /^\.(?:mp3|ogg|oga|opus|flac|m4a|aac|wma|aiff?|mp4|webm)$/i;

/**
 * Finds out before the call whether a recording can be written, and leaves everything as it was.
 *
 * @throws Refusal where it cannot, or would take the place of something
 */
export const checkRecording = (path: string, { played, overwrites }: RecordingOptions): void => {
  const ending = extname(path);
  if (OTHER_SOUND.test(ending))
    throw new Refusal(
      `the recording ${path} would be no ${ending.slice(1)}: WAV is written, so name it ${path.slice(0, -ending.length)}.wav`,
    );
  checkWritable(path);
  if (!holdsSomething(path)) return;
  if (played !== undefined && realpathSync(played) === realpathSync(path))
    throw new Refusal(`${path} cannot be played and recorded to at once: give --record another name`);
  if (!overwrites)
    throw new Refusal(
      `the recording ${path} is there already: give another name, or replace it with --overwrite`,
    );
};

/**
 * Names recordings: `talk.wav`, `talk-2.wav`, … A number whose file is there already is left out, unless it may be replaced.
 *
 * @returns the name of the next one
 */
export const recordingNames = (path: string, overwrites: boolean): (() => string) => {
  const ending = extname(path);
  const stem = path.slice(0, path.length - ending.length);
  let calls = 0;
  return () => {
    for (;;) {
      calls += 1;
      const name = calls === 1 ? path : `${stem}-${calls}${ending}`;
      if (calls === 1 || overwrites || !holdsSomething(name)) return name;
    }
  };
};

/** Whether it is a file with something in it: to write to a device, or to what `mktemp` made, takes nothing away. */
const holdsSomething = (path: string): boolean => {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() === true && found.size > 0;
};

const checkWritable = (path: string): void => {
  try {
    const isNew = lstatSync(path, { throwIfNoEntry: false }) === undefined;
    // To append changes nothing of a file that is there.
    closeSync(openSync(path, 'a'));
    if (isNew) rmSync(path);
  } catch (error) {
    throw new Refusal(
      `the recording ${path} cannot be written (${systemWords(error)}): name a file in a folder that is yours`,
    );
  }
};
