import { HIGHER_BAND, LOWER_BAND, SubBand } from './g722-sub-band.ts';
import { ILN, ILP, Q6, QM2, QM4, QM6, QMF, WH_BY_CODE, WL_BY_CODE } from './g722-tables.ts';
import { clip16 } from './pcm.ts';

const TAPS = 24;
const BLOCK_SAMPLES = 320;
/** The decision level of the higher sub-band's quantizer (§6.2.2.2). */
const Q2 = 564;
/** Sums of the sub-bands stay within 15 bits, and what is predicted within 14 and a half (LIMIT of §6.2.1.6). */
const limit = (value: number): number => (value > 16_383 ? 16_383 : value < -16_384 ? -16_384 : value);

/** Samples of 16 kHz to 64 kbit/s (G.722 mode 1): a byte for each two. Keeps its memory from call to call. */
export class G722Encoder {
  readonly #lower = new SubBand(LOWER_BAND);
  readonly #higher = new SubBand(HIGHER_BAND);
  /** The last 24 samples stand before those of a block. */
  readonly #history = new Int16Array(TAPS - 2 + BLOCK_SAMPLES);

  /** @throws RangeError for an odd number of samples */
  encode(samples: Int16Array): Uint8Array {
    if (samples.length % 2 !== 0) throw new RangeError(`${samples.length} samples: G.722 takes pairs`);
    const bytes = new Uint8Array(samples.length / 2);
    const history = this.#history;
    for (let start = 0; start < samples.length; start += BLOCK_SAMPLES) {
      const block = samples.subarray(start, start + BLOCK_SAMPLES);
      history.set(block, TAPS - 2);
      for (let at = 0; at < block.length; at += 2) bytes[(start + at) / 2] = this.#encodePair(at);
      history.copyWithin(0, block.length, block.length + TAPS - 2);
    }
    return bytes;
  }

  /** The transmit quadrature mirror filter (§3.1), and both sub-bands. */
  #encodePair(at: number): number {
    const history = this.#history;
    let odd = 0;
    let even = 0;
    for (let tap = 0; tap < TAPS / 2; tap++) {
      odd += history[at + 2 * tap]! * QMF[tap]!;
      even += history[at + 2 * tap + 1]! * QMF[TAPS / 2 - 1 - tap]!;
    }
    return this.#encodeLower((even + odd) >> 14) | (this.#encodeHigher((even - odd) >> 14) << 6);
  }

  #encodeLower(sample: number): number {
    const band = this.#lower;
    const difference = clip16(sample - band.prediction);
    const magnitude = difference < 0 ? ~difference : difference;
    let level = 1;
    while (level < Q6.length && magnitude >= (Q6[level]! * band.scale) >> 12) level++;
    const code = (difference < 0 ? ILN : ILP)[level]!;
    const quantized = (band.scale * QM4[code >> 2]!) >> 15;
    band.adaptScale(WL_BY_CODE[code >> 2]!);
    band.adapt(quantized);
    return code;
  }

  #encodeHigher(sample: number): number {
    const band = this.#higher;
    const difference = clip16(sample - band.prediction);
    const magnitude = difference < 0 ? ~difference : difference;
    const isFar = magnitude >= (Q2 * band.scale) >> 12;
    const code = (difference < 0 ? 0 : 2) + (isFar ? 0 : 1);
    const quantized = (band.scale * QM2[code]!) >> 15;
    band.adaptScale(WH_BY_CODE[code]!);
    band.adapt(quantized);
    return code;
  }
}

/** 64 kbit/s back to samples of 16 kHz. Any bytes give sound. */
export class G722Decoder {
  readonly #lower = new SubBand(LOWER_BAND);
  readonly #higher = new SubBand(HIGHER_BAND);
  readonly #history = new Int16Array(TAPS - 2 + BLOCK_SAMPLES);

  decode(bytes: Uint8Array): Int16Array {
    const samples = new Int16Array(bytes.length * 2);
    const history = this.#history;
    const most = BLOCK_SAMPLES / 2;
    for (let start = 0; start < bytes.length; start += most) {
      const count = Math.min(most, bytes.length - start);
      for (let index = 0; index < count; index++)
        this.#decodeByte(bytes[start + index]!, TAPS - 2 + 2 * index);
      for (let index = 0; index < count; index++) this.#filter(2 * index, samples, 2 * (start + index));
      history.copyWithin(0, 2 * count, 2 * count + TAPS - 2);
    }
    return samples;
  }

  #decodeByte(byte: number, to: number): void {
    const lowerCode = byte & 0x3f;
    const higherCode = byte >> 6;
    const { prediction, scale } = this.#lower;
    const lower = limit(prediction + ((scale * QM6[lowerCode]!) >> 15));
    const quantized = (scale * QM4[lowerCode >> 2]!) >> 15;
    this.#lower.adaptScale(WL_BY_CODE[lowerCode >> 2]!);
    this.#lower.adapt(quantized);
    const difference = (this.#higher.scale * QM2[higherCode]!) >> 15;
    const higher = limit(this.#higher.prediction + difference);
    this.#higher.adaptScale(WH_BY_CODE[higherCode]!);
    this.#higher.adapt(difference);
    this.#history[to] = lower + higher;
    this.#history[to + 1] = lower - higher;
  }

  /** The receive quadrature mirror filter (§4.4). */
  #filter(at: number, samples: Int16Array, to: number): void {
    const history = this.#history;
    let first = 0;
    let second = 0;
    for (let tap = 0; tap < TAPS / 2; tap++) {
      second += history[at + 2 * tap]! * QMF[tap]!;
      first += history[at + 2 * tap + 1]! * QMF[TAPS / 2 - 1 - tap]!;
    }
    samples[to] = clip16(first >> 11);
    samples[to + 1] = clip16(second >> 11);
  }
}
