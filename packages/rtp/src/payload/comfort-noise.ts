import type { Random } from '@ringdown/sans-io';

/** The static payload type at 8,000 Hz (RFC 3551 §6). */
export const COMFORT_NOISE_PAYLOAD_TYPE = 13;

const QUIETEST = 127;
/** Mean square of evenly spread samples of the amplitude 1, as an amplitude. */
const RMS_OF_EVEN = 1 / Math.sqrt(3);
const OVERLOAD = 32_768;

/** A payload of RFC 3389: the level alone, in −dBov. */
export const comfortNoisePayload = (levelDbov: number): Uint8Array =>
  Uint8Array.of(Math.min(QUIETEST, Math.max(0, Math.round(-levelDbov))));

/** The level of a payload, in dBov; its spectrum, if there is any, is left out. Undefined for an empty one. */
export const comfortNoiseLevel = (payload: Uint8Array): number | undefined =>
  payload.length === 0 ? undefined : 0 - (payload[0]! & 0x7f);

/** The level of sound, in dBov (a full-scale square wave has 0), as a sender of comfort noise measures it. */
export const levelOf = (samples: Int16Array): number => {
  let energy = 0;
  for (const sample of samples) energy += sample * sample;
  if (energy === 0) return -QUIETEST;
  const rms = Math.sqrt(energy / samples.length);
  return Math.max(-QUIETEST, 20 * Math.log10(rms / OVERLOAD));
};

/** Whether sound has no more than a level, in dBov. It looks no further than where it has more. */
export const isNoLouder = (samples: Int16Array, levelDbov: number): boolean => {
  const most = samples.length * (OVERLOAD * 10 ** (levelDbov / 20)) ** 2;
  let energy = 0;
  for (let index = 0; index < samples.length; index++) {
    energy += samples[index]! * samples[index]!;
    if (energy > most) return false;
  }
  return true;
};

/** White noise of a level, that goes over to a new level smoothly. */
export class ComfortNoise {
  readonly #random: Random;
  #amplitude = 0;
  #target = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Takes what a payload says. */
  setLevel(levelDbov: number): void {
    this.#target = (OVERLOAD * 10 ** (levelDbov / 20)) / RMS_OF_EVEN;
    if (this.#amplitude === 0) this.#amplitude = this.#target;
  }

  generate(samples: number): Int16Array {
    const noise = new Int16Array(samples);
    for (let index = 0; index < samples; index++) {
      this.#amplitude += (this.#target - this.#amplitude) / 512;
      const value = (2 * this.#random.fraction() - 1) * this.#amplitude;
      noise[index] = Math.max(-OVERLOAD, Math.min(OVERLOAD - 1, Math.round(value)));
    }
    return noise;
  }
}
