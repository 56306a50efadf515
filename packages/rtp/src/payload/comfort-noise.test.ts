import { seededRandom } from '@ringdown/sans-io';
import { describe, expect, test } from 'vitest';
import {
  ComfortNoise,
  comfortNoiseLevel,
  comfortNoisePayload,
  isNoLouder,
  levelOf,
} from './comfort-noise.ts';

describe('comfort noise (RFC 3389)', () => {
  test('the level is a byte', () => {
    expect(comfortNoisePayload(-45.4)).toEqual(Uint8Array.of(45));
    expect(comfortNoisePayload(3)).toEqual(Uint8Array.of(0));
    expect(comfortNoisePayload(-500)).toEqual(Uint8Array.of(127));
    expect(comfortNoiseLevel(Uint8Array.of(0x80 | 50, 1, 2))).toBe(-50);
    expect(comfortNoiseLevel(new Uint8Array(0))).toBeUndefined();
  });

  test.each([-30, -50, -70])('what is made sounds as loud as was said: %i dBov', (level) => {
    const noise = new ComfortNoise(seededRandom(1));
    noise.setLevel(-40);
    noise.generate(160);
    noise.setLevel(level);
    noise.generate(8_000);
    expect(levelOf(noise.generate(8_000))).toBeCloseTo(level, 0);
  });

  test('levels are measured from full scale on', () => {
    expect(levelOf(new Int16Array(80))).toBe(-127);
    expect(levelOf(new Int16Array(80).fill(-32_768))).toBe(0);
    expect(levelOf(new Int16Array(0))).toBe(-127);
  });

  test('no louder than a level is what has that level, or less', () => {
    const random = seededRandom(2);
    for (const amplitude of [0, 1, 2, 40, 3_000, 32_767]) {
      const sound = Int16Array.from({ length: 160 }, () => (2 * random.fraction() - 1) * amplitude);
      for (const level of [-127, -96, -90, -60, -20, 0])
        expect(isNoLouder(sound, level)).toBe(levelOf(sound) <= level || levelOf(sound) === -127);
    }
    expect(isNoLouder(new Int16Array(0), -127)).toBe(true);
  });
});
