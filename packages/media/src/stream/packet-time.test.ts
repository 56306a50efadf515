import { g711Codec, g722Codec, l16Codec } from '@ringdown/rtp';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadOpus } from '../codec/opus.ts';
import { packetTimeFor } from './packet-time.ts';

const opus = (await loadOpus()).codec({ channels: 2 });
const codecs = [
  [opus, 256_000],
  [g711Codec('A'), 64_000],
  [g722Codec(), 64_000],
  [l16Codec(48_000, 2), 1_536_000],
  [l16Codec(44_100, 2), 1_411_200],
] as const;

test.each([
  [20, 20],
  [30, 20],
  [60, 60],
  [1_000, 60],
  [0.1, 2.5],
])('Opus asked for %d ms has %d', (asked, has) => {
  expect(packetTimeFor(asked, opus, 64_000)).toBe(has);
});

test('L16 in stereo stays within an MTU', () => {
  expect(packetTimeFor(20, l16Codec(48_000, 2), 1_536_000)).toBeCloseTo(7.29, 1);
  expect(packetTimeFor(5, l16Codec(48_000, 2), 1_536_000)).toBe(5);
});

test('whatever a peer asks for can be encoded, and fits into one packet', () => {
  const asked = fc.double({ min: 0, max: 10_000, noNaN: true });
  fc.assert(
    fc.property(fc.constantFrom(...codecs), asked, ([codec, bitsPerSecond], askedMs) => {
      const ms = packetTimeFor(askedMs, codec, bitsPerSecond);
      const samples = Math.round((codec.format.sampleRateHz * ms) / 1_000);
      expect(samples).toBeGreaterThan(0);
      const sound = Array.from({ length: codec.format.channels }, () => new Int16Array(samples));
      const payload = codec.encode(sound);
      expect(payload.length).toBeLessThanOrEqual(1_400);
      expect(codec.durationOf(payload)).toBe(Math.round((codec.format.clockRateHz * ms) / 1_000));
    }),
  );
});
