import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeG711, encodeG711, type G711Law } from './g711.ts';

const one = (law: G711Law, sample: number): number => encodeG711(law, Int16Array.of(sample))[0]!;
const back = (law: G711Law, code: number): number => decodeG711(law, Uint8Array.of(code))[0]!;

describe('G.711', () => {
  // Table 2/G.711: value at the decoder output in 14 bits, here in 16.
  test.each([
    [0xff, 0],
    [0x7f, 0],
    [0xfe, 2 * 4],
    [0xf0, 30 * 4],
    [0xef, 33 * 4],
    [0xe0, 93 * 4],
    [0xdf, 99 * 4],
    [0xcf, 231 * 4],
    [0xbf, 495 * 4],
    [0xaf, 1_023 * 4],
    [0x9f, 2_079 * 4],
    [0x8f, 4_191 * 4],
    [0x80, 8_031 * 4],
    [0x00, -8_031 * 4],
    [0x02, -7_519 * 4],
  ])('µ-law %i is %i', (code, value) => {
    expect(back('mu', code)).toBe(value === 0 ? 0 : value);
  });

  // Table 1/G.711, in 13 bits doubled as there, here in 16; even bits inverted.
  test.each([
    [0x80 ^ 0x55, 8],
    [0x81 ^ 0x55, 3 * 8],
    [0x8f ^ 0x55, 31 * 8],
    [0x90 ^ 0x55, 33 * 8],
    [0xa0 ^ 0x55, 66 * 8],
    [0xb0 ^ 0x55, 132 * 8],
    [0xc0 ^ 0x55, 264 * 8],
    [0xd0 ^ 0x55, 528 * 8],
    [0xe0 ^ 0x55, 1_056 * 8],
    [0xf0 ^ 0x55, 2_112 * 8],
    [0xff ^ 0x55, 4_032 * 8],
    [0x7f ^ 0x55, -4_032 * 8],
  ])('A-law %i is %i', (code, value) => {
    expect(back('A', code)).toBe(value);
  });

  // 1,000 Hz at 0 dBm0 (Table 5/G.711 and Table 6/G.711).
  test.each<[G711Law, number[]]>([
    ['mu', [0x1e, 0x0b, 0x0b, 0x1e, 0x9e, 0x8b, 0x8b, 0x9e]],
    ['A', [0x34, 0x21, 0x21, 0x34, 0xb4, 0xa1, 0xa1, 0xb4]],
  ])('the digital milliwatt in %s-law', (law, codes) => {
    const sound = decodeG711(law, Uint8Array.from(codes));
    expect([...encodeG711(law, sound)]).toEqual(codes);
    const rms = Math.sqrt(sound.reduce((sum, sample) => sum + sample * sample, 0) / 8);
    // 0 dBm0 is 3.17 dB (µ) and 3.14 dB (A) under the largest sine.
    const largest = (law === 'mu' ? 8_159 * 4 : 4_096 * 8) / Math.SQRT2;
    expect(20 * Math.log10(rms / largest)).toBeCloseTo(law === 'mu' ? -3.17 : -3.14, 1);
  });

  test.each<G711Law>(['mu', 'A'])('%s-law: every code word comes back as it was', (law) => {
    for (let code = 0; code < 256; code++) {
      // µ-law has two zeros, and the positive one is sent.
      const expected = law === 'mu' && code === 0x7f ? 0xff : code;
      expect(one(law, back(law, code))).toBe(expected);
    }
  });

  test.each<G711Law>(['mu', 'A'])(
    '%s-law: each sample becomes the nearest step but for its boundaries',
    (law) => {
      fc.assert(
        fc.property(fc.integer({ min: -32_768, max: 32_767 }), (sample) => {
          const error = Math.abs(back(law, one(law, sample)) - sample);
          // Half a step: a 32nd of the segment it is in, and clipping at the end.
          expect(error).toBeLessThanOrEqual(Math.max(law === 'mu' ? 8 : 16, (Math.abs(sample) + 132) / 31));
        }),
      );
    },
  );
});
