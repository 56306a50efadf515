import { describe, expect, it } from 'vitest';
import { g711Codec, g722Codec } from '../../../packages/rtp/src/index.ts';
import { sliceAt } from './delay.ts';
import { pcmOf, recordingOf } from './recording.ts';
import { syntheticSpeech } from './speech.ts';
import { speechDistance } from './speech-distance.ts';

const rate = 16_000;
const speech = syntheticSpeech(rate, 6_000);

describe('speechDistance', () => {
  it('is nothing between the same, whatever the delay and the level', () => {
    for (const by of [0, 333, 12_345]) {
      const heard = sliceAt(speech, -by, speech.length + by).map((sample) => 0.3 * sample);
      const { distanceDb, gainDb, medianDelayMs, frames } = speechDistance(speech, heard, rate);
      expect(distanceDb).toBeLessThan(0.1);
      expect(gainDb).toBeCloseTo(20 * Math.log10(0.3), 1);
      expect(medianDelayMs).toBeCloseTo(by / 16, 2);
      expect(frames).toBeGreaterThan(150);
    }
  });

  it('follows what a jitter buffer does to the delay', () => {
    // 40 ms more after two seconds, 70 ms less after four, each in a place of its own.
    const heard = Float64Array.from([
      ...new Float64Array(1_000),
      ...speech.subarray(0, 32_000),
      ...new Float64Array(640),
      ...speech.subarray(32_000, 64_000),
      ...speech.subarray(65_120),
    ]);
    const { distanceDb, delays } = speechDistance(speech, heard, rate);
    expect(distanceDb).toBeLessThan(2);
    const delayNear = (timeMs: number): number =>
      delays.toSorted((one, other) => Math.abs(one.atMs - timeMs) - Math.abs(other.atMs - timeMs))[0]!
        .delayMs;
    expect(delayNear(1_000)).toBeCloseTo(62.5, 1);
    expect(delayNear(3_000)).toBeCloseTo(102.5, 1);
    expect(delayNear(5_200)).toBeCloseTo(32.5, 1);
  });

  it('knows where it is, also where the delay moves all the time and the beginning is missing', () => {
    // Twelve pieces of half a second, each 15 ms earlier than the one before it would let it be, and the first one is not there.
    const pieces = Array.from({ length: 12 }, (_, index) =>
      speech.subarray(8_000 * index + 240, 8_000 * (index + 1)),
    );
    const heard = Float64Array.from(pieces.slice(1).flatMap((piece) => [...piece]));
    const { distanceDb, medianDelayMs, delays } = speechDistance(speech, heard, rate);
    expect(distanceDb).toBeLessThan(6);
    expect(medianDelayMs).toBeLessThan(-500);
    expect(medianDelayMs).toBeGreaterThan(-500 - 12 * 15);
    expect(delays.length).toBeGreaterThan(20);
  });

  it('knows where it is where a third of it is missing at the beginning', () => {
    const heard = Float64Array.from([...new Float64Array(8_000), ...speech.subarray(32_000)]);
    expect(speechDistance(speech, heard, rate).medianDelayMs).toBeCloseTo(-1_500, 0);
  });

  it('is large between different speech', () => {
    expect(speechDistance(speech, syntheticSpeech(rate, 6_000, 99), rate).distanceDb).toBeGreaterThan(10);
    const silent = speechDistance(speech, new Float64Array(speech.length), rate);
    expect(silent.distanceDb).toBeGreaterThan(15);
    expect(silent).toMatchObject({ delays: [], medianDelayMs: undefined });
  });

  it('grows with the noise, and with what is lost', () => {
    let state = 3;
    const hiss = speech.map(() => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 31 - 1;
    });
    const distances = [0.000_5, 0.005, 0.05].map(
      (level) =>
        speechDistance(
          speech,
          speech.map((sample, index) => sample + level * hiss[index]!),
          rate,
        ).distanceDb,
    );
    expect(distances).toEqual(distances.toSorted((one, other) => one - other));
    expect(distances[2]! - distances[0]!).toBeGreaterThan(5);
    const holed = [0, 10, 3].map((every) =>
      speech.map((sample, index) => (every > 0 && Math.floor(index / 320) % every === 0 ? 0 : sample)),
    );
    const [whole, tenth, third] = holed.map((heard) => speechDistance(speech, heard, rate).distanceDb);
    expect(whole).toBe(0);
    expect(tenth).toBeGreaterThan(0.5);
    expect(third).toBeGreaterThan(tenth! + 1);
  });

  it('knows the codecs by their quality', () => {
    const through = (codec: ReturnType<typeof g722Codec>, samples: Float64Array, rateHz: number): number => {
      const heard: number[] = [];
      const [sound] = pcmOf({ sampleRateHz: rateHz, channels: [samples] });
      const packet = rateHz / 50;
      for (let start = 0; start + packet <= sound!.length; start += packet) {
        heard.push(...codec.decode(codec.encode([sound!.subarray(start, start + packet)]))[0]!);
      }
      const [decoded] = recordingOf([Int16Array.from(heard)], rateHz).channels;
      return speechDistance(samples, decoded!, rateHz).distanceDb;
    };
    const narrow = syntheticSpeech(8_000, 6_000);
    expect(through(g722Codec(), speech, rate)).toBeLessThan(3);
    expect(through(g711Codec('A'), narrow, 8_000)).toBeLessThan(1);
  });
});
