import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeL16, encodeL16, l16PacketTime, packetTimeWarning } from './l16.ts';

describe('L16', () => {
  test('samples are interleaved, the upper byte first', () => {
    const sound = [Int16Array.of(0x0102, -2), Int16Array.of(0x0304, 5)];
    expect(encodeL16(sound)).toEqual(Uint8Array.of(1, 2, 3, 4, 0xff, 0xfe, 0, 5));
  });

  test('comes back as it was; bytes that are no whole sample are left out', () => {
    const sample = fc.integer({ min: -32_768, max: 32_767 });
    const sound = fc.tuple(fc.nat(50), fc.integer({ min: 1, max: 4 })).chain(([length, channels]) =>
      fc.array(
        fc.array(sample, { minLength: length, maxLength: length }).map((one) => Int16Array.from(one)),
        {
          minLength: channels,
          maxLength: channels,
        },
      ),
    );
    fc.assert(
      fc.property(sound, (given) => {
        const bytes = encodeL16(given);
        expect(decodeL16(bytes, given.length)).toEqual(given);
        expect(decodeL16(Uint8Array.of(...bytes, 7), given.length)).toEqual(given);
      }),
    );
  });

  test('packets fit the MTU: 5 ms of stereo at 48 kHz, 10 ms of mono', () => {
    expect(l16PacketTime(48_000, 2)).toEqual({ packetMs: 5, bytes: 64 + 960, warning: undefined });
    expect(l16PacketTime(48_000, 1)).toMatchObject({ packetMs: 10, warning: undefined });
    expect(l16PacketTime(44_100, 2)).toMatchObject({ packetMs: 5, warning: undefined });
    expect(l16PacketTime(48_000, 16, { mtuBytes: 1_000 }).warning).toMatch(
      '1600 bytes, more than the MTU of 1000',
    );
    expect(packetTimeWarning(10, 192_000)).toMatch('10 ms are 1984 bytes');
    expect(packetTimeWarning(5, 192_000)).toBeUndefined();
  });
});
