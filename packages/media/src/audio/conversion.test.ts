import { describe, expect, it } from 'vitest';
import { converted, convertedSink } from './conversion.ts';
import { pcmSink } from './pcm.ts';
import { loadResampler } from './resampler.ts';
import type { SoundSource } from './sound.ts';
import { type ToneOptions, toneSource } from './tone.ts';

/** A tone that has one rate only, as a recording has. */
const fixedTone = (options: ToneOptions): SoundSource => {
  const tone = toneSource(options);
  return {
    format: tone.format,
    read: (samples) => tone.read(samples),
    get ended() {
      return tone.ended;
    },
    close: () => tone.close(),
  };
};

/** Pulls sound in pieces of odd sizes. */
const oddly = (source: SoundSource, samples: number): Int16Array[] => {
  const sizes = [1, 160, 7, 441, 33, 960, 2, 113];
  const all = Array.from({ length: source.format.channels }, () => new Int16Array(samples));
  for (let at = 0, turn = 0; at < samples; turn++) {
    const size = Math.min(sizes[turn % sizes.length]!, samples - at);
    for (const [index, channel] of source.read(size).entries()) all[index]!.set(channel, at);
    at += size;
  }
  return all;
};

/** The conversions stand in the next turn of the event loop. */
const standing = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('converted', () => {
  it('keeps a tone through three rates in pieces of odd sizes: its level, and nothing beside it', async () => {
    await loadResampler();
    const tone = fixedTone({ frequenciesHz: [1_000], levelDbfs: -20, sampleRateHz: 44_100 });
    const at48 = converted(tone, { sampleRateHz: 48_000, channels: 1 });
    const at16 = converted(at48, { sampleRateHz: 16_000, channels: 1 });
    const at8 = converted(at16, { sampleRateHz: 8_000, channels: 1 });
    await standing();
    const [sound] = oddly(at8, 16_000);
    const { levelDbfs, residualDbc } = fitted(sound!.subarray(4_000, 12_000), 1_000, 8_000);
    expect(Math.abs(levelDbfs + 20)).toBeLessThan(0.2);
    // All that is not the tone together is below what one spur may have, but for the 16 bits themselves (−78 dB under it).
    expect(residualDbc).toBeLessThan(-70);
  });

  it('asks a source that has every rate for the right one, and goes on with it at another', () => {
    const tone = toneSource({
      ...{ frequenciesHz: [300, 700], levelDbfs: -6, sampleRateHz: 48_000, durationMs: 200 },
    });
    tone.read(2_400);
    const [first, second] = [8_000, 16_000].map((sampleRateHz) =>
      converted(tone, { sampleRateHz, channels: 1 }),
    );
    const at8 = first!.read(400)[0]!;
    first!.read(400);
    const mixed = toneSource({ frequenciesHz: [300, 700], levelDbfs: -6, sampleRateHz: 8_000 });
    mixed.read(400);
    const [left, right] = mixed.read(400);
    expect([...at8]).toEqual([...left!].map((one, index) => Math.round((one + right![index]!) / 2)));
    expect(second!.ended).toBe(false);
    second!.read(800);
    expect(tone.ended).toBe(true);
    expect(second!.ended).toBe(true);
  });

  it('lines up with what went in', async () => {
    await loadResampler();
    const tone = fixedTone({ frequenciesHz: [500], levelDbfs: -6, sampleRateHz: 8_000 });
    const source = converted(tone, { sampleRateHz: 48_000, channels: 1 });
    await standing();
    const [sound] = oddly(source, 24_000);
    const expected = fixedTone({ frequenciesHz: [500], levelDbfs: -6, sampleRateHz: 48_000 }).read(
      24_000,
    )[0]!;
    for (let index = 4_800; index < 19_200; index++) {
      expect(Math.abs(sound![index]! - expected[index]!)).toBeLessThan(3);
    }
  });

  it('ends when the end has been heard, and not before', async () => {
    await loadResampler();
    const tone = fixedTone({ frequenciesHz: [300], levelDbfs: -6, sampleRateHz: 8_000, durationMs: 100 });
    const source = converted(tone, { sampleRateHz: 48_000, channels: 1 });
    await standing();
    source.read(4_799);
    expect(source.ended).toBe(false);
    source.read(1);
    expect(source.ended).toBe(true);
    expect(source.read(100)[0]!.every((sample) => sample === 0)).toBe(true);
  });

  it('is the source itself where nothing differs, and changes channels alone without a resampler', () => {
    const stereo = fixedTone({ frequenciesHz: [1_000, 2_000], levelDbfs: -12, sampleRateHz: 16_000 });
    expect(converted(stereo, { sampleRateHz: 16_000, channels: 2 })).toBe(stereo);
    const mono = converted(stereo, { sampleRateHz: 16_000, channels: 1 }).read(100);
    const again = fixedTone({ frequenciesHz: [1_000, 2_000], levelDbfs: -12, sampleRateHz: 16_000 }).read(
      100,
    );
    expect(mono).toHaveLength(1);
    expect([...mono[0]!]).toEqual(
      [...again[0]!].map((left, index) => Math.round((left + again[1]![index]!) / 2)),
    );
    const one = fixedTone({ frequenciesHz: [440], levelDbfs: 0, sampleRateHz: 8_000 });
    const both = converted(one, { sampleRateHz: 8_000, channels: 2 }).read(50);
    expect([...both[0]!]).toEqual([...both[1]!]);
    expect(both[0]).not.toBe(both[1]);
  });

  it('keeps two channels apart while it resamples', async () => {
    await loadResampler();
    const stereo = fixedTone({ frequenciesHz: [440, 3_000], levelDbfs: -10, sampleRateHz: 44_100 });
    const source = converted(stereo, { sampleRateHz: 48_000, channels: 2 });
    await standing();
    const [left, right] = oddly(source, 48_000);
    expect(fitted(left!.subarray(9_600, 38_400), 440, 48_000).residualDbc).toBeLessThan(-70);
    expect(fitted(right!.subarray(9_600, 38_400), 3_000, 48_000).residualDbc).toBeLessThan(-70);
  });

  it('gives silence until the resampler stands, and loses nothing by it', async () => {
    const tone = fixedTone({ frequenciesHz: [300], levelDbfs: -6, sampleRateHz: 8_000, durationMs: 100 });
    const source = converted(tone, { sampleRateHz: 16_000, channels: 1 });
    expect(source.read(320)[0]!.every((sample) => sample === 0)).toBe(true);
    await loadResampler();
    await standing();
    const [sound] = source.read(1_600);
    expect(fitted(sound!.subarray(400, 1_200), 300, 16_000).levelDbfs).toBeCloseTo(-6, 1);
    expect(source.ended).toBe(true);
  });
});

describe('convertedSink', () => {
  it.each([
    [44_100, 48_000],
    [48_000, 8_000],
    [8_000, 48_000],
    [11_025, 16_000],
    [22_050, 44_100],
  ])('gives as many samples as there were from %i to %i Hz', async (from, to) => {
    const heard: Int16Array[] = [];
    const sink = convertedSink(
      pcmSink((sound) => heard.push(sound[0]!), { sampleRateHz: to, channels: 1 }),
      { sampleRateHz: from, channels: 2 },
    );
    const tone = fixedTone({ frequenciesHz: [700, 700], levelDbfs: -10, sampleRateHz: from });
    let written = 0;
    // Some is written before the resampler stands, and some after.
    for (const size of [1, 333, 160, 77, 4_801, 5]) {
      sink.write(tone.read(size));
      written += size;
    }
    await loadResampler();
    await standing();
    for (const size of [1, 12_000, 160]) {
      sink.write(tone.read(size));
      written += size;
    }
    await sink.close();
    const all = Int16Array.from(heard.flatMap((piece) => [...piece]));
    expect(all).toHaveLength(Math.round((written * to) / from));
    const middle = all.subarray(Math.round(all.length * 0.2), Math.round(all.length * 0.8));
    expect(fitted(middle, 700, to).residualDbc).toBeLessThan(-70);
  });

  it('takes nothing after its close', async () => {
    let heard = 0;
    const sink = convertedSink(
      pcmSink(
        (sound) => {
          heard += sound[0]!.length;
        },
        { sampleRateHz: 16_000, channels: 1 },
      ),
      { sampleRateHz: 8_000, channels: 1 },
    );
    sink.write([new Int16Array(80)]);
    await sink.close();
    sink.write([new Int16Array(80)]);
    await sink.close();
    expect(heard).toBe(160);
  });
});

/** The sine of a frequency that fits best: its peak level, and how much else there is, in decibels under it. */
const fitted = (
  sound: Int16Array,
  frequencyHz: number,
  sampleRateHz: number,
): { readonly levelDbfs: number; readonly residualDbc: number } => {
  const step = (2 * Math.PI * frequencyHz) / sampleRateHz;
  let [cosines, sines, both, withCosine, withSine] = [0, 0, 0, 0, 0];
  for (const [index, sample] of sound.entries()) {
    const cosine = Math.cos(step * index);
    const sine = Math.sin(step * index);
    cosines += cosine * cosine;
    sines += sine * sine;
    both += cosine * sine;
    withCosine += sample * cosine;
    withSine += sample * sine;
  }
  const determinant = cosines * sines - both * both;
  const a = (withCosine * sines - withSine * both) / determinant;
  const b = (withSine * cosines - withCosine * both) / determinant;
  let rest = 0;
  for (const [index, sample] of sound.entries()) {
    rest += (sample - a * Math.cos(step * index) - b * Math.sin(step * index)) ** 2;
  }
  const power = (a * a + b * b) / 2;
  return {
    levelDbfs: 20 * Math.log10(Math.hypot(a, b) / 32_768),
    residualDbc: 10 * Math.log10(rest / sound.length / power),
  };
};
