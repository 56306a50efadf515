import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { G722Decoder, G722Encoder } from './g722.ts';

/** Triangles and low noise, louder and softer: whole numbers, so that it can be made anywhere. */
const signal = (length: number): Int16Array => {
  const samples = new Int16Array(length);
  let state = 7;
  let smooth = 0;
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const noise = (state >>> 20) - 2_048;
    smooth += (noise - smooth) >> 2;
    const triangle = Math.abs(((index * 37) % 1_600) - 800) - 400;
    const loudness = 1 + (Math.floor(index / 1_600) % 8);
    samples[index] = triangle * loudness * 2 + smooth * loudness;
  }
  return samples;
};

/** FNV-1a. */
const checksum = (bytes: Uint8Array): number => {
  let hash = 0x811c_9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x0100_0193) >>> 0;
  return hash;
};

const littleEndian = (samples: Int16Array): Uint8Array => {
  const bytes = new Uint8Array(2 * samples.length);
  samples.forEach((sample, index) => {
    bytes[2 * index] = sample;
    bytes[2 * index + 1] = sample >> 8;
  });
  return bytes;
};

/** The ratio of signal to error in dB, where the output is as late as both filters make it. */
const DELAY = 22;
const ratio = (before: Int16Array, after: Int16Array, from = 2_000): number => {
  let power = 0;
  let error = 0;
  for (let index = from; index < before.length - DELAY; index++) {
    power += before[index]! ** 2;
    error += (before[index]! - after[index + DELAY]!) ** 2;
  }
  return 10 * Math.log10(power / error);
};

const throughBoth = (samples: Int16Array): Int16Array =>
  new G722Decoder().decode(new G722Encoder().encode(samples));

describe('G.722', () => {
  test('is bit for bit what another implementation makes of the same sound (SpanDSP 0.0.6)', () => {
    const bytes = new G722Encoder().encode(signal(16_000));
    expect([...bytes.subarray(800, 816)]).toEqual([
      248, 28, 46, 91, 250, 109, 252, 15, 146, 250, 153, 118, 80, 141, 113, 22,
    ]);
    expect(checksum(bytes)).toBe(0xc546_aa94);
    const samples = new G722Decoder().decode(bytes);
    expect([...samples.subarray(1_600, 1_608)]).toEqual([-1_001, -809, -438, -180, 241, 195, 257, 317]);
    expect(checksum(littleEndian(samples))).toBe(0xe849_7705);
  });

  test('of silence the first code word is 0xFA, and nothing is heard', () => {
    const bytes = new G722Encoder().encode(new Int16Array(1_024));
    expect(bytes[0]).toBe(0xfa);
    expect(Math.max(...new G722Decoder().decode(bytes).map(Math.abs))).toBeLessThanOrEqual(4);
  });

  test.each([
    [300, 35],
    [1_000, 35],
    [3_000, 22],
    [5_000, 14],
    [6_500, 14],
  ])('a tone of %i Hz has %i dB at least', (frequency, decibels) => {
    const tone = Int16Array.from(
      { length: 16_000 },
      (_, index) => 8_000 * Math.sin((2 * Math.PI * frequency * index) / 16_000),
    );
    expect(ratio(tone, throughBoth(tone))).toBeGreaterThan(decibels);
  });

  test('speech-like noise has 20 dB', () => {
    const sound = signal(32_000);
    expect(ratio(sound, throughBoth(sound))).toBeGreaterThan(20);
  });

  test('however the sound is cut into packets, the same comes of it', () => {
    const sound = signal(3_200);
    const whole = new G722Encoder().encode(sound);
    const decoded = new G722Decoder().decode(whole);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 500 }), { maxLength: 20 }), (cuts) => {
        const encoder = new G722Encoder();
        const decoder = new G722Decoder();
        const bytes: number[] = [];
        const samples: number[] = [];
        let at = 0;
        for (const cut of [...cuts, 1_600]) {
          const piece = encoder.encode(sound.subarray(2 * at, 2 * (at + cut)));
          bytes.push(...piece);
          samples.push(...decoder.decode(piece));
          at += cut;
        }
        expect(bytes).toEqual([...whole]);
        expect(samples).toEqual([...decoded]);
      }),
      { numRuns: 20 },
    );
  });

  test('any bytes are sound, twice as many samples', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(new G722Decoder().decode(bytes)).toHaveLength(2 * bytes.length);
      }),
    );
  });

  test('half a pair is the mistake of who calls', () => {
    expect(() => new G722Encoder().encode(new Int16Array(3))).toThrow(RangeError);
  });
});
