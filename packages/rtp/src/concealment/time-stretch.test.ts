import { seededRandom } from '@ringdown/sans-io';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Pcm } from '../payload/pcm.ts';
import { type StretchManner, timeStretch } from './time-stretch.ts';

type Kind = 'accelerate' | 'expand';
const KINDS = ['accelerate', 'expand'] as const;
const RATES = [8_000, 16_000, 44_100, 48_000] as const;
const FRAMES_MS = [10, 20, 30, 40, 60] as const;

const samplesOf = (ms: number, rate: number): number => Math.floor((ms * rate) / 1_000);

const tone = (hz: number, rate: number, length: number, phase = 0, level = 8_000): Int16Array =>
  Int16Array.from({ length }, (_, at) =>
    Math.round(level * Math.sin(phase + (2 * Math.PI * hz * at) / rate)),
  );

/** A pitch with overtones that fade, and breath 40 dB below. */
const voice = (hz: number, rate: number, length: number, phase: number, seed: number): Int16Array => {
  const random = seededRandom(seed);
  return Int16Array.from({ length }, (_, at) => {
    const turn = phase + (2 * Math.PI * hz * at) / rate;
    const sung = [1, 0.6, 0.4, 0.2, 0.1].reduce(
      (sum, part, n) => sum + part * Math.sin((n + 1) * turn + n),
      0,
    );
    return Math.round(5_000 * sung + 100 * (random.fraction() - 0.5));
  });
};

const noise = (length: number, seed: number, level = 8_000): Int16Array => {
  const random = seededRandom(seed);
  return Int16Array.from({ length }, () => Math.round(2 * level * (random.fraction() - 0.5)));
};

const levelDb = (sound: Int16Array): number =>
  10 * Math.log10(sound.reduce((sum, sample) => sum + sample * sample, 0) / sound.length);

/** The largest step from one sample to the next: a click is a large one. */
const steepest = (sound: Int16Array): number =>
  sound.reduce((most, sample, at) => (at === 0 ? 0 : Math.max(most, Math.abs(sample - sound[at - 1]!))), 0);

/** Sound in frames, each stretched; with how often it was done. */
const stretchAll = (sound: Int16Array, rate: number, frame: number, kind: Kind, manner?: StretchManner) => {
  const pieces: number[] = [];
  let done = 0;
  for (let at = 0; at + frame <= sound.length; at += frame) {
    const [piece] = timeStretch([sound.slice(at, at + frame)], rate, kind, manner);
    if (piece!.length !== frame) done++;
    for (const sample of piece!) pieces.push(sample);
  }
  return { sound: Int16Array.from(pieces), done };
};

const rates = fc.constantFrom(...RATES);
const frames = fc.constantFrom(...FRAMES_MS);
const kinds = fc.constantFrom(...KINDS);
const phases = fc.double({ min: 0, max: 2 * Math.PI, noNaN: true });

const lengthChanges = (kind: Kind, before: number, after: number, rate: number): void => {
  const changed = kind === 'accelerate' ? before - after : after - before;
  expect(changed).toBeGreaterThanOrEqual(samplesOf(2.5, rate));
  expect(changed).toBeLessThanOrEqual(samplesOf(15, rate));
};

describe('what repeats itself becomes shorter and longer without a click and as loud as it was', () => {
  test('tones from 67 to 3,400 Hz in 20 ms and more, at all rates', () => {
    fc.assert(
      fc.property(
        rates,
        fc.constantFrom(20, 40, 60),
        kinds,
        fc.integer({ min: 67, max: 3_400 }),
        phases,
        (rate, ms, kind, hz, phase) => {
          const frame = samplesOf(ms, rate);
          const sound = tone(hz, rate, 10 * frame, phase);
          const stretched = stretchAll(sound, rate, frame, kind);
          expect(stretched.done).toBe(10);
          expect(Math.abs(levelDb(stretched.sound) - levelDb(sound))).toBeLessThan(0.5);
          // At 8 kHz a period is found to the sample only: a phase that is off by that much is a step.
          expect(steepest(stretched.sound)).toBeLessThan(1.15 * steepest(sound) + 8_000 * 0.05);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('tones in 10 ms, where it holds a few periods that end at a sample', () => {
    fc.assert(
      fc.property(rates, kinds, fc.integer({ min: 150, max: 3_400 }), phases, (rate, kind, hz, phase) => {
        // Half a sample is a phase of 18° at most then.
        const sound = tone(Math.min(hz, rate / 10), rate, samplesOf(10, rate), phase);
        const [stretched] = timeStretch([sound], rate, kind);
        lengthChanges(kind, sound.length, stretched!.length, rate);
      }),
    );
  });

  test('voices from 70 to 400 Hz', () => {
    fc.assert(
      fc.property(
        rates,
        fc.constantFrom(20, 40, 60),
        kinds,
        fc.integer({ min: 70, max: 400 }),
        phases,
        fc.nat(1_000),
        (rate, ms, kind, hz, phase, seed) => {
          const frame = samplesOf(ms, rate);
          const sound = voice(hz, rate, 10 * frame, phase, seed);
          const stretched = stretchAll(sound, rate, frame, kind);
          expect(stretched.done).toBe(10);
          expect(Math.abs(levelDb(stretched.sound) - levelDb(sound))).toBeLessThan(0.5);
          expect(steepest(stretched.sound)).toBeLessThan(1.3 * steepest(sound));
        },
      ),
    );
  });

  test.each([
    ['speech', 80],
    ['music', 25],
    ['anything', 80],
  ] as const)('silence, for %s', (manner, level) => {
    fc.assert(
      fc.property(rates, frames, kinds, fc.nat(1_000), (rate, ms, kind, seed) => {
        const sound = noise(samplesOf(ms, rate), seed, level);
        const [stretched] = timeStretch([sound], rate, kind, manner);
        lengthChanges(kind, sound.length, stretched!.length, rate);
      }),
    );
  });
});

describe('what does not', () => {
  test('noise and a deep tone in too little sound stay as they are, to the bit', () => {
    fc.assert(
      fc.property(rates, frames, kinds, fc.nat(1_000), (rate, ms, kind, seed) => {
        const sound = [noise(samplesOf(ms, rate), seed)];
        expect(timeStretch(sound, rate, kind)).toBe(sound);
      }),
    );
    const deep = [tone(40, 48_000, 960)];
    expect(timeStretch(deep, 48_000, 'accelerate')).toBe(deep);
  });

  test('is changed where it must be, and is as loud', () => {
    fc.assert(
      fc.property(rates, kinds, fc.nat(1_000), (rate, kind, seed) => {
        const frame = samplesOf(20, rate);
        const sound = noise(50 * frame, seed);
        const stretched = stretchAll(sound, rate, frame, kind, 'anything');
        expect(stretched.done).toBeGreaterThan(45);
        expect(Math.abs(levelDb(stretched.sound) - levelDb(sound))).toBeLessThan(0.5);
        expect(steepest(stretched.sound)).toBeLessThan(1.5 * steepest(sound));
      }),
      { numRuns: 50 },
    );
  });

  test('less than 10 ms, and nothing', () => {
    const short = [new Int16Array(samplesOf(9, 8_000))];
    for (const kind of KINDS) {
      expect(timeStretch(short, 8_000, kind)).toBe(short);
      expect(timeStretch([], 8_000, kind)).toEqual([]);
    }
  });
});

describe('music', () => {
  /** Two tones, at a time that is counted in samples of 48 kHz. */
  const chordAt = (at: number): number => {
    const turn = (2 * Math.PI * at) / 48_000;
    return 6_000 * Math.sin(440 * turn) + 3_000 * Math.sin(5_273 * turn + 1);
  };

  test.each([
    ['accelerate', -1],
    ['expand', 1],
  ] as const)('%s: one sample, and what comes is the same sound at another speed', (kind, by) => {
    const sound = Int16Array.from({ length: 960 }, (_, at) => Math.round(chordAt(at)));
    const [made] = timeStretch([sound], 48_000, kind, 'music');
    expect(made).toHaveLength(960 + by);
    expect(made!.subarray(0, 8)).toEqual(sound.subarray(0, 8));
    expect(made!.subarray(-8)).toEqual(sound.subarray(-8));
    // In between time goes evenly from the first sample to the last.
    let error = 0;
    for (let at = 8; at < 952 + by; at++) {
      const time = 7 + (945 * (at - 7)) / (945 + by);
      error = Math.max(error, Math.abs(made![at]! - chordAt(time)));
    }
    expect(error).toBeLessThan(30);
  });

  test('all channels change alike', () => {
    fc.assert(
      fc.property(kinds, fc.constantFrom<StretchManner>('speech', 'music', 'anything'), (kind, manner) => {
        const sound: Pcm = [tone(200, 48_000, 960), tone(300, 48_000, 960, 1)];
        const [left, right] = timeStretch(sound, 48_000, kind, manner);
        expect(left!.length).toBe(right!.length);
        expect(left!.length).not.toBe(960);
        for (const [index, channel] of [left!, right!].entries()) {
          expect(channel[0]).toBe(sound[index]![0]);
          expect(channel.at(-1)).toBe(sound[index]!.at(-1));
        }
      }),
    );
  });

  test('the loudest sound does not overflow', () => {
    const loud = Int16Array.from({ length: 960 }, (_, at) =>
      Math.floor(at / 48) % 2 === 0 ? 32_767 : -32_768,
    );
    for (const kind of KINDS) {
      const [made] = timeStretch([loud], 48_000, kind, 'music');
      const turned = made!.filter((sample, at) => at > 30 && at % 48 === 24 && Math.abs(sample) < 30_000);
      expect(turned).toHaveLength(0);
    }
  });
});
