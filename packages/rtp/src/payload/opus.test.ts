import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Malformed } from '../malformed.ts';
import { isOpusSilence, opusParametersText, readOpus, readOpusParameters } from './opus.ts';

const toc = (configuration: number, stereo: boolean, code: number): number =>
  (configuration << 3) | (stereo ? 4 : 0) | code;

describe('Opus packets (RFC 6716 §3.1)', () => {
  test.each([
    [0, 'silk', 'narrowband', 480],
    [3, 'silk', 'narrowband', 2_880],
    [5, 'silk', 'mediumband', 960],
    [11, 'silk', 'wideband', 2_880],
    [12, 'hybrid', 'superwideband', 480],
    [15, 'hybrid', 'fullband', 960],
    [16, 'celt', 'narrowband', 120],
    [23, 'celt', 'wideband', 960],
    [24, 'celt', 'superwideband', 120],
    [31, 'celt', 'fullband', 960],
  ])('configuration %i is %s, %s, of %i units', (configuration, mode, bandwidth, frameUnits) => {
    const packet = readOpus(Uint8Array.of(toc(configuration, true, 0), 1));
    expect(packet).toEqual({ mode, bandwidth, frameUnits, stereo: true, frames: 1, units: frameUnits });
  });

  test('frames are counted, and their lengths have to make sense', () => {
    const units = (...bytes: number[]) => {
      const packet = readOpus(Uint8Array.from(bytes));
      return packet instanceof Malformed ? undefined : packet.units;
    };
    expect(units(toc(31, false, 1), 1, 2)).toBe(1_920);
    expect(units(toc(31, false, 1), 1)).toBeUndefined();
    expect(units(toc(31, false, 2), 1, 7, 8)).toBe(1_920);
    expect(units(toc(31, false, 2), 3, 7)).toBeUndefined();
    expect(units(toc(31, false, 2), 252)).toBeUndefined();
    expect(units(toc(31, false, 3), 6)).toBe(5_760);
    expect(units(toc(31, false, 3), 7)).toBeUndefined();
    expect(units(toc(31, false, 3), 0)).toBeUndefined();
    expect(units()).toBeUndefined();
  });

  test('any bytes last 120 ms at most', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const packet = readOpus(bytes);
        if (packet instanceof Malformed) return;
        expect(packet.units).toBeGreaterThan(0);
        expect(packet.units).toBeLessThanOrEqual(5_760);
      }),
    );
  });

  test('a packet of DTX is a byte or two', () => {
    expect([isOpusSilence(Uint8Array.of(8)), isOpusSilence(new Uint8Array(20))]).toEqual([true, false]);
  });
});

describe('a=fmtp (RFC 7587 §6.1)', () => {
  test('the example of §7, and what nobody asked for', () => {
    expect(
      readOpusParameters(
        'maxplaybackrate=16000; sprop-maxcapturerate=16000; maxaveragebitrate=20000; stereo=1; useinbandfec=1; usedtx=0',
      ),
    ).toEqual({
      maxPlaybackRateHz: 16_000,
      maxCaptureRateHz: 16_000,
      maxAverageBitrate: 20_000,
      stereo: true,
      sendsStereo: false,
      constantBitrate: false,
      inBandFec: true,
      discontinuous: false,
    });
    expect(readOpusParameters('maxplaybackrate=5;maxaveragebitrate=9999999;;=;x')).toMatchObject({
      maxPlaybackRateHz: 48_000,
      maxAverageBitrate: 510_000,
    });
  });

  test('what is written is read', () => {
    const given = readOpusParameters('stereo=1;sprop-stereo=1;maxaveragebitrate=256000;cbr=1;usedtx=1');
    expect(readOpusParameters(opusParametersText(given))).toEqual(given);
    expect(opusParametersText({})).toBe('');
  });
});
