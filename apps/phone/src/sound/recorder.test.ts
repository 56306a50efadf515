import type { SoundFormat, SoundSink } from '@ringdown/media';
import { describe, expect, it } from 'vitest';
import { createRecorder } from './recorder.ts';
import type { Sounds } from './sounds.ts';

const stereo: SoundFormat = { sampleRateHz: 48_000, channels: 2 };
const mono: SoundFormat = { sampleRateHz: 8_000, channels: 1 };

/** A sink that keeps the first sample of each piece. */
const kept = (format: SoundFormat) => {
  const samples: number[] = [];
  const sink: SoundSink = {
    format,
    write: (sound) => void samples.push(sound[0]![0]!),
    close: async () => {},
  };
  return { sink, samples };
};

const piece = (sample: number): Int16Array[] => [new Int16Array([sample]), new Int16Array([sample])];

const recorderOver = (wavSink: Sounds['wavSink'], loudspeaker?: SoundSink) => {
  const notes: string[] = [];
  const recorder = createRecorder('talk.wav', loudspeaker, { wavSink } as Sounds, (text) => notes.push(text));
  const { record } = recorder;
  if (typeof record !== 'function') throw new Error('it asks what comes');
  return { recorder, record, notes };
};

describe('a recorder', () => {
  it('is whole when the call is over', async () => {
    const { sink, samples } = kept(mono);
    const { recorder, record } = recorderOver(() => sink);
    const session = record(mono);
    let file: string | undefined;
    const finished = recorder.finished().then((name) => {
      file = name;
    });
    session.write(piece(1));
    await Promise.resolve();
    session.write(piece(2));
    expect(file).toBeUndefined();
    await session.close();
    await finished;
    expect(file).toBe('talk.wav');
    expect(samples).toEqual([1, 2]);
  });

  it('lets the loudspeaker hear the same, in its shape', async () => {
    const loud = kept(stereo);
    const file = kept(stereo);
    const { record } = recorderOver(() => file.sink, loud.sink);
    const session = record(mono);
    expect(session.format).toEqual(stereo);
    session.write(piece(7));
    expect([loud.samples, file.samples]).toEqual([[7], [7]]);
  });

  it('says that nothing came', async () => {
    const { recorder, notes } = recorderOver(() => kept(mono).sink);
    expect(await recorder.finished()).toBeUndefined();
    expect(notes).toEqual(['nothing was heard, so talk.wav was not written']);
  });

  it('says at once that there is no file, and lets the call go on', async () => {
    const { recorder, record, notes } = recorderOver(() => {
      throw new Error('EACCES: permission denied');
    });
    const session = record(mono);
    session.write(piece(1));
    await session.close();
    const sentence = 'the recording talk.wav cannot be written: EACCES: permission denied';
    expect(notes).toEqual([sentence]);
    await expect(recorder.finished()).rejects.toThrow(sentence);
  });
});
