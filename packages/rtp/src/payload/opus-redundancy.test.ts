import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hasOpusRedundancy } from './opus-redundancy.ts';

/** SILK narrowband, 10, 20, 40 and 60 ms, one channel or two, code 0. */
const toc = (configuration: number, stereo = 0, code = 0): number =>
  (configuration << 3) | (stereo << 2) | code;

describe('redundancy of Opus (RFC 6716 §4.2.3)', () => {
  test.each([
    ['10 ms: behind one bit of voice', [toc(0), 0b0100_0000], true],
    ['20 ms', [toc(1), 0b0100_0000], true],
    ['20 ms with voice alone', [toc(1), 0b1011_1111], false],
    ['40 ms: behind two', [toc(2), 0b0010_0000], true],
    ['40 ms with voice alone', [toc(2), 0b1100_0000], false],
    ['60 ms: behind three', [toc(3), 0b0001_0000], true],
    ['the side channel', [toc(1, 1), 0b0001_0000], true],
    ['the side channel of mono', [toc(1), 0b0001_0000], false],
    ['the side channel of 40 ms', [toc(2, 1), 0b0000_0100], true],
    ['the side channel of 60 ms', [toc(3, 1), 0b0000_0001], true],
    ['hybrid', [toc(15), 0b0100_0000], true],
    ['CELT has none', [toc(31), 0b0100_0000], false],
    ['two frames of one length', [toc(1, 0, 1), 0b0100_0000, 0], true],
    ['two frames, the first of one byte', [toc(1, 0, 2), 1, 0b0100_0000, 0], true],
    ['two frames, the first of none', [toc(1, 0, 2), 0, 0b0100_0000], false],
    [
      'two frames, the first of 252 bytes',
      [toc(1, 0, 2), 252, 0, 0b0100_0000, ...new Array(260).fill(0)],
      true,
    ],
    ['three frames of one length', [toc(1, 0, 3), 3, 0b0100_0000, 0, 0], true],
    ['three frames and padding', [toc(1, 0, 3), 0x43, 2, 0b0100_0000, 0, 0, 0, 0], true],
    [
      'three frames and long padding',
      [toc(1, 0, 3), 0x43, 255, 1, 0b0100_0000, ...new Array(300).fill(0)],
      true,
    ],
    ['three frames of different lengths', [toc(1, 0, 3), 0x83, 1, 1, 0b0100_0000, 0, 0], true],
    ['three frames of different lengths, one long', [toc(1, 0, 3), 0x83, 1, 252, 0, 0b0100_0000, 0], true],
    ['one frame by count', [toc(1, 0, 3), 0x81, 0b0100_0000], true],
    ['a frame that is not there', [toc(1)], false],
    ['nothing', [], false],
  ])('%s', (_, bytes, has) => {
    expect(hasOpusRedundancy(Uint8Array.from(bytes))).toBe(has);
  });

  test('any bytes have an answer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(typeof hasOpusRedundancy(bytes)).toBe('boolean');
      }),
    );
  });
});
