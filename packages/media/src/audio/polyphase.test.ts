import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Polyphase } from './polyphase.ts';

const AMPLITUDE = 20_000;

const sine = (frequencyHz: number, sampleRateHz: number, samples: number): Int16Array =>
  Int16Array.from({ length: samples }, (_, at) =>
    Math.round(AMPLITUDE * Math.sin((2 * Math.PI * frequencyHz * at) / sampleRateHz)),
  );

const converted = (sound: Int16Array, from: number, to: number): Int16Array => {
  const pieces = Polyphase.between(1, from, to)!.convert([sound]);
  return Int16Array.from(pieces.flatMap((piece) => [...piece[0]!]));
};

describe.each([
  [48_000, 8_000],
  [48_000, 16_000],
  [44_100, 8_000],
  [44_100, 48_000],
  [48_000, 44_100],
  [8_000, 48_000],
  [16_000, 44_100],
])('from %i to %i Hz', (from, to) => {
  const half = Math.min(from, to) / 2;

  test.each([0.02, 0.3, 0.6, 0.9])(
    'a tone at %f of what both can have comes at its time, and nothing else',
    (part) => {
      const frequencyHz = part * half;
      const made = converted(sine(frequencyHz, from, from), from, to);
      const expected = sine(frequencyHz, to, made.length);
      // Within it and at its end nothing that was silent is near.
      const worst = made.subarray(to / 10).reduce((most, sample, at) => {
        return Math.max(most, Math.abs(sample - expected[at + to / 10]!));
      }, 0);
      expect(made.length).toBeGreaterThan(0.95 * to);
      expect(worst).toBeLessThanOrEqual(3);
    },
  );

  test('what the lower rate cannot have is not there', () => {
    if (to > from) return expect(half).toBe(from / 2);
    for (const part of [1.01, 1.3, 1.9]) {
      const frequencyHz = Math.min(part * half, 0.99 * (from / 2));
      const made = converted(sine(frequencyHz, from, from), from, to);
      const loudest = made.subarray(to / 10).reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
      expect(loudest).toBeLessThanOrEqual(2);
    }
    return undefined;
  });
});

test('the pieces make no difference', () => {
  const sound = sine(700, 44_100, 12_000);
  const whole = [...converted(sound, 44_100, 16_000)];
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 6_000 }), { minLength: 1, maxLength: 30 }), (sizes) => {
      const polyphase = Polyphase.between(2, 44_100, 16_000)!;
      const [left, right]: [number[], number[]] = [[], []];
      let at = 0;
      for (const size of sizes) {
        const piece = sound.subarray(at, at + size);
        at += piece.length;
        for (const [one, other] of polyphase.convert([piece, piece.map((sample) => -sample)])) {
          left.push(...one!);
          right.push(...other!);
        }
      }
      expect(left).toEqual(whole.slice(0, left.length));
      expect(right.every((sample, index) => Math.abs(sample + left[index]!) <= 1)).toBe(true);
      expect(left.length).toBeGreaterThan((at * 16_000) / 44_100 - 70);
    }),
    { numRuns: 30 },
  );
});

test('the loudest sound does not overflow', () => {
  const square = Int16Array.from({ length: 9_600 }, (_, at) => (at % 96 < 48 ? 32_767 : -32_768));
  const made = converted(square, 48_000, 44_100);
  for (let at = 441; at + 88 < made.length; at += 88) {
    const sign = Math.sign(made[at + 22]!);
    expect(made[at + 22]! * sign).toBeGreaterThan(25_000);
  }
});

test('rates in no simple ratio are for others', () => {
  expect(Polyphase.between(1, 44_101, 48_000)).toBeUndefined();
  expect(Polyphase.between(1, 44_100.5, 48_000)).toBeUndefined();
});
