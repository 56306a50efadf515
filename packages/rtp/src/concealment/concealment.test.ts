import { seededRandom } from '@ringdown/sans-io';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Concealment } from './concealment.ts';
import { pitchOf } from './pitch.ts';

const RATE = 8_000;

/** A voice: a fundamental with overtones. */
const voice = (from: number, length: number, frequency = 125, rateHz = RATE): Int16Array =>
  Int16Array.from({ length }, (_, index) => {
    const phase = (2 * Math.PI * frequency * (from + index)) / rateHz;
    return 6_000 * Math.sin(phase) + 3_000 * Math.sin(2 * phase + 1) + 1_500 * Math.sin(3 * phase + 2);
  });

const errorOf = (one: Int16Array, other: Int16Array): number =>
  Math.sqrt(one.reduce((sum, sample, index) => sum + (sample - other[index]!) ** 2, 0) / one.length);

/** The largest step from one sample to the next: a click is a large one. */
const steepest = (sound: Int16Array): number =>
  sound.reduce(
    (most, sample, index) => Math.max(most, index === 0 ? 0 : Math.abs(sample - sound[index - 1]!)),
    0,
  );

const spoken = (samples = 800): Concealment => {
  const concealment = new Concealment(RATE);
  for (let at = 0; at < samples; at += 160) concealment.good(voice(at, 160));
  return concealment;
};

describe.each([8_000, 16_000, 48_000])('at %i Hz', (rateHz) => {
  test.each([80, 100, 125, 160, 190])('the pitch of a voice of %i Hz, with breath in it', (frequency) => {
    const random = seededRandom(frequency);
    const breathy = voice(0, rateHz / 20, frequency, rateHz).map(
      (sample) => sample + 3_000 * (random.fraction() - 0.5),
    );
    // An eighth of a millisecond is nothing beside what a voice does by itself.
    const pitch = pitchOf(breathy, rateHz);
    const period = rateHz / frequency;
    // Two periods repeat themselves as well.
    expect(Math.abs(pitch - period * Math.round(pitch / period))).toBeLessThanOrEqual(rateHz / 8_000);
  });
});

describe('concealment', () => {
  test('10 ms of a steady voice are nearly what was lost', () => {
    expect(errorOf(spoken().conceal(80), voice(800, 80))).toBeLessThan(500);
  });

  test('no click at either end', () => {
    const concealment = spoken();
    const sound = [...voice(640, 160), ...concealment.conceal(160), ...concealment.good(voice(960, 160))];
    expect(steepest(Int16Array.from(sound))).toBeLessThan(1.7 * steepest(voice(0, 800)));
  });

  test('fades, is silent after 60 ms, and stays so', () => {
    const concealment = spoken();
    const loudness = Array.from({ length: 6 }, () => errorOf(concealment.conceal(160), new Int16Array(160)));
    expect(loudness[0]).toBeGreaterThan(3_000);
    expect(loudness[1]).toBeLessThan(loudness[0]!);
    expect(loudness[2]).toBeLessThan(loudness[1]!);
    expect(loudness.slice(3)).toEqual([0, 0, 0]);
  });

  test('what is good passes as it is, and a short blend after a loss', () => {
    const concealment = spoken();
    expect(concealment.good(voice(800, 160))).toEqual(voice(800, 160));
    concealment.conceal(160);
    expect(concealment.good(voice(1_120, 160)).subarray(32)).toEqual(voice(1_120, 160).subarray(32));
  });

  test('of nothing, nothing is made; and nothing overflows', () => {
    expect(new Concealment(RATE).conceal(160)).toEqual(new Int16Array(160));
    const loud = fc.array(fc.constantFrom(-32_768, 32_767, 0), { minLength: 160, maxLength: 160 });
    fc.assert(
      fc.property(loud, fc.integer({ min: 1, max: 700 }), (samples, length) => {
        const concealment = new Concealment(RATE);
        concealment.good(Int16Array.from(samples));
        expect(concealment.conceal(length)).toHaveLength(length);
      }),
    );
  });
});
