import { expect, test } from 'vitest';
import type { AudioCodec } from './audio-codec.ts';
import { g711Codec, g722Codec, l16Codec } from './waveform-codecs.ts';

test.each<[string, () => AudioCodec, number]>([
  ['PCMU', () => g711Codec('mu'), 160],
  ['PCMA', () => g711Codec('A'), 160],
  ['G722', g722Codec, 160],
  ['L16', () => l16Codec(44_100, 2), 882],
])('%s: 20 ms there and back, their duration on the clock, and as much made up', (name, make, units) => {
  const codec = make();
  const { format } = codec;
  expect(format.encodingName).toBe(name);
  const samples = format.sampleRateHz / 50;
  const sound = Array.from({ length: format.channels }, () =>
    Int16Array.from({ length: samples }, (_, index) => 5_000 * Math.sin(index / 20)),
  );
  const payload = codec.encode(sound);
  expect(codec.durationOf(payload)).toBe(units);
  expect(codec.durationOf(new Uint8Array(0))).toBeUndefined();
  expect(units / format.clockRateHz).toBeCloseTo(0.02);
  expect(codec.decode(payload).map(({ length }) => length)).toEqual(sound.map(() => samples));
  expect(codec.conceal(samples).map(({ length }) => length)).toEqual(sound.map(() => samples));
  expect(codec.recover(payload, samples)).toBeUndefined();
  expect(() => codec.encode([])).toThrow(RangeError);
});
