import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clicksInTone, gapsIn } from './interruptions.ts';
import { measureTone, rmsDbfs, toneLevelDbfs } from './tones.ts';

const sine = (
  frequencyHz: number,
  levelDbfs: number,
  samples: number,
  sampleRateHz: number,
  phase = 0,
): Float64Array =>
  Float64Array.from(
    { length: samples },
    (_, index) =>
      10 ** (levelDbfs / 20) * Math.sin((2 * Math.PI * frequencyHz * index) / sampleRateHz + phase),
  );
const mixed = (...sounds: readonly Float64Array[]): Float64Array =>
  sounds[0]!.map((_, index) => sounds.reduce((total, sound) => total + sound[index]!, 0));
const in16Bits = (samples: Float64Array): Float64Array =>
  samples.map((sample) => Math.round(sample * 32_768) / 32_768);

describe('measureTone', () => {
  it('finds the frequency to a five hundredth of a bin and the level to 0.01 dB, wherever the tone lies', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 100, max: 3_900, noNaN: true }),
        fc.double({ min: -60, max: 0, noNaN: true }),
        fc.integer({ min: 1_600, max: 9_000 }),
        fc.double({ min: 0, max: 6.28, noNaN: true }),
        (frequencyHz, levelDbfs, samples, phase) => {
          const tone = measureTone(sine(frequencyHz, levelDbfs, samples, 8_000, phase), 8_000);
          expect(Math.abs(tone.frequencyHz - frequencyHz)).toBeLessThan((8_000 / samples) * 0.002);
          expect(Math.abs(tone.levelDbfs - levelDbfs)).toBeLessThan(0.01);
          expect(tone.residualDbc).toBeLessThan(-85);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('tells harmonics, a spur and all the rest', () => {
    const tone = sine(1_000, -10, 48_000, 48_000);
    const dirty = mixed(
      tone,
      sine(2_000, -50, 48_000, 48_000),
      sine(3_000, -50, 48_000, 48_000),
      sine(7_321, -55, 48_000, 48_000),
    );
    const report = measureTone(dirty, 48_000);
    expect(report.harmonicsDbc).toBeCloseTo(-36.99, 1);
    expect(report.spurDbc).toBeCloseTo(-40, 1);
    expect(report.residualDbc).toBeCloseTo(10 * Math.log10(2 * 10 ** -4 + 10 ** -4.5), 1);
    expect(measureTone(mixed(tone, sine(7_321, -55, 48_000, 48_000)), 48_000).spurHz).toBeCloseTo(7_321, 0);
  });

  it('sees the noise of 16 bits, and no more', () => {
    const report = measureTone(in16Bits(sine(997, -20, 48_000, 48_000)), 48_000);
    // 98.1 dB under full scale.
    expect(report.residualDbc).toBeGreaterThan(-81);
    expect(report.residualDbc).toBeLessThan(-75);
  });

  it('finds a soft tone beside a loud one where it is told to look', () => {
    const both = mixed(sine(440, -6, 16_000, 16_000), sine(3_000, -40, 16_000, 16_000));
    const tone = measureTone(both, 16_000, 3_100);
    expect(tone.frequencyHz).toBeCloseTo(3_000, 1);
    expect(tone.levelDbfs).toBeCloseTo(-40, 2);
    expect(toneLevelDbfs(both, 16_000, 3_000)).toBeCloseTo(-40, 2);
    expect(toneLevelDbfs(both, 16_000, 1_500)).toBeLessThan(-95);
  });

  it('says how loud sound is as a whole', () => {
    expect(rmsDbfs(sine(1_000, 0, 8_000, 8_000))).toBeCloseTo(-3.01, 2);
    expect(rmsDbfs(new Float64Array(10))).toBe(-Infinity);
  });
});

describe('gapsIn', () => {
  it('finds what is missing between the first sound and the last', () => {
    const samples = new Float64Array(16_000);
    samples.set(sine(400, -6, 12_000, 16_000), 2_000);
    samples.fill(0, 5_000, 5_320);
    samples.fill(0, 9_000, 9_040);
    const gaps = gapsIn(samples, 16_000);
    expect(gaps).toHaveLength(1);
    expect(gaps[0]!.atMs).toBeCloseTo(312.5, 0);
    expect(gaps[0]!.lengthMs).toBeCloseTo(20, 0);
    expect(gapsIn(samples, 16_000, { longerThanMs: 2 })).toHaveLength(2);
    expect(gapsIn(new Float64Array(8_000), 8_000)).toEqual([]);
  });
});

describe('clicksInTone', () => {
  const clean = in16Bits(sine(1_000, -20, 48_000, 48_000));

  it('finds none in a tone, and none in a noisy one', () => {
    expect(clicksInTone(clean, 48_000, 1_000)).toEqual([]);
    let state = 1;
    const noisy = clean.map((sample) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return sample + 0.002 * (state / 2 ** 31 - 1);
    });
    expect(clicksInTone(noisy, 48_000, 1_000)).toEqual([]);
  });

  it.each([
    ['lost', 24_001, [...clean.subarray(0, 24_000), ...clean.subarray(24_001)]],
    ['doubled', 24_001, [...clean.subarray(0, 24_000), clean[23_999]!, ...clean.subarray(24_000)]],
    ['wrong', 12_345, clean.map((sample, index) => (index === 12_345 ? sample + 0.01 : sample))],
  ])('finds a sample that is %s', (_, at, samples) => {
    const clicks = clicksInTone(Float64Array.from(samples), 48_000, 1_000);
    expect(clicks).toHaveLength(1);
    expect(clicks[0]!).toBeCloseTo(at / 48, 0);
  });

  it('counts a piece of silence in the tone as two', () => {
    const holed = clean.slice();
    holed.fill(0, 10_007, 11_007);
    expect(clicksInTone(holed, 48_000, 1_000)).toHaveLength(2);
  });
});
