import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SoundFormat, SoundSink, SoundSource } from '../audio/sound.ts';
import { GivenSounds, Recording } from './given-sound.ts';

const FORMAT: SoundFormat = { sampleRateHz: 8_000, channels: 1 };
const OTHER: SoundFormat = { sampleRateHz: 16_000, channels: 1 };
const sound = (samples = 160): readonly Int16Array[] => [new Int16Array(samples)];

/** A sink that fails where it is told to. */
const sink = (fails: { write?: boolean; close?: boolean } = {}) => {
  const seen = { written: 0, closed: 0 };
  const made: SoundSink = {
    format: FORMAT,
    write: (piece) => {
      if (fails.write === true) throw new Error('the disk is full');
      seen.written += piece[0]?.length ?? 0;
    },
    close: () => {
      seen.closed++;
      return fails.close === true ? Promise.reject(new Error('the disk is full')) : Promise.resolve();
    },
  };
  return { made, seen };
};

/** What nobody has caught ends the process. */
const uncaught: unknown[] = [];
const note = (error: unknown): void => void uncaught.push(error);
beforeEach(() => {
  uncaught.length = 0;
  process.on('unhandledRejection', note);
});
afterEach(async () => {
  await new Promise((resolve) => setTimeout(resolve, 0));
  process.off('unhandledRejection', note);
  expect(uncaught).toEqual([]);
});

describe('a recording', () => {
  test('that cannot be begun is none, and is asked for once: the call goes on', async () => {
    let asked = 0;
    const recording = new Recording(() => {
      asked++;
      throw new Error('the folder is not there');
    });
    for (let at = 0; at < 3; at++) expect(() => recording.write(sound(), FORMAT)).not.toThrow();
    expect(asked).toBe(1);
    await recording.close();
  });

  test('of a rate that nothing converts is none', async () => {
    const { made, seen } = sink();
    const recording = new Recording(made);
    const wrong = { sampleRateHz: 500_000, channels: 1 };
    expect(() => recording.write(sound(), wrong)).not.toThrow();
    await recording.close();
    expect(seen).toEqual({ written: 0, closed: 1 });
  });

  test('whose sink fails is written no more, and closed all the same', async () => {
    const { made, seen } = sink({ write: true });
    const recording = new Recording(made);
    for (let at = 0; at < 3; at++) expect(() => recording.write(sound(), FORMAT)).not.toThrow();
    await recording.close();
    expect(seen.closed).toBe(1);
  });

  test('whose last samples cannot be written when the format changes is over, and nothing is left uncaught', async () => {
    const { made, seen } = sink({ write: true });
    const recording = new Recording(made);
    recording.write(sound(320), OTHER);
    recording.write(sound(), FORMAT);
    recording.write(sound(320), OTHER);
    // The last of it is told to whoever waits for the end, and the sink is closed.
    await recording.close().catch(() => {});
    expect(seen.closed).toBe(1);
  });

  test('tells whoever waits that it could not be finished', async () => {
    const { made } = sink({ close: true });
    const recording = new Recording(made);
    recording.write(sound(), FORMAT);
    await expect(recording.close()).rejects.toThrow('the disk is full');
  });

  test('takes another format in the middle', async () => {
    const { made, seen } = sink();
    const recording = new Recording(made);
    for (let at = 0; at < 10; at++) recording.write(sound(), FORMAT);
    for (let at = 0; at < 10; at++) recording.write(sound(320), OTHER);
    for (let at = 0; at < 10; at++) recording.write(sound(), FORMAT);
    await recording.close();
    expect(seen).toEqual({ written: 30 * 160, closed: 1 });
  });
});

test('a source that fails at its end does not keep the recording open', async () => {
  const { made, seen } = sink();
  const play: SoundSource = {
    format: FORMAT,
    read: (samples) => sound(samples),
    ended: false,
    close: () => {
      throw new Error('the device is gone');
    },
  };
  const given = new GivenSounds().of({ play, record: made });
  const holder = {};
  given.hold(holder);
  await expect(given.release(holder)).rejects.toThrow('the device is gone');
  expect(seen.closed).toBe(1);
});
