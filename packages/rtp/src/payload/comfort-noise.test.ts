import { seededRandom } from '@ringdown/sans-io';
import { describe, expect, test } from 'vitest';
import { ComfortNoise, comfortNoiseLevel, comfortNoisePayload, levelOf } from './comfort-noise.ts';

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
});
