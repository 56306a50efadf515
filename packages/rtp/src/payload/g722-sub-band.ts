import { ILB } from './g722-tables.ts';
import { clip16 } from './pcm.ts';

/** What tells the two sub-bands apart. */
interface SubBandShape {
  readonly firstScale: number;
  /** The largest logarithmic scale factor (§3.5). */
  readonly mostLogScale: number;
  readonly scaleShift: number;
}

export const LOWER_BAND: SubBandShape = { firstScale: 32, mostLogScale: 18_432, scaleShift: 8 };
export const HIGHER_BAND: SubBandShape = { firstScale: 8, mostLogScale: 22_528, scaleShift: 10 };

const ZEROS = 6;

/** The adaptive predictor and the scale factor of one sub-band (G.722 §3.5, §3.6; §6.2.1.3 to §6.2.1.5, by their names). */
export class SubBand {
  readonly #shape: SubBandShape;
  /** S: what the next sample is predicted to be. */
  prediction = 0;
  /** DET: the quantizer's step. */
  scale: number;
  #logScale = 0;
  #zeroPrediction = 0;
  /** A1 and A2, and the reconstructed signals they weigh. */
  #pole1 = 0;
  #pole2 = 0;
  #signal1 = 0;
  /** P1 and P2. */
  #partial1 = 0;
  #partial2 = 0;
  readonly #zeros = new Int16Array(ZEROS);
  readonly #differences = new Int16Array(ZEROS);

  constructor(shape: SubBandShape) {
    this.#shape = shape;
    this.scale = shape.firstScale;
  }

  /** LOGSCL and SCALEL, or LOGSCH and SCALEH. @param weight W of the code word */
  adaptScale(weight: number): void {
    const { mostLogScale, scaleShift } = this.#shape;
    const log = ((this.#logScale * 127) >> 7) + weight;
    this.#logScale = log < 0 ? 0 : log > mostLogScale ? mostLogScale : log;
    const shift = scaleShift - (this.#logScale >> 11);
    const level = ILB[(this.#logScale >> 6) & 31]!;
    this.scale = (shift < 0 ? level << -shift : level >> shift) << 2;
  }

  /** Takes the quantized difference of this sample and predicts the next. */
  adapt(difference: number): void {
    const reconstructed = clip16(this.prediction + difference);
    const partial = clip16(this.#zeroPrediction + difference);
    this.#adaptPoles(partial);
    this.#adaptZeros(difference);
    const poles =
      ((this.#pole1 * clip16(2 * reconstructed)) >> 15) + ((this.#pole2 * clip16(2 * this.#signal1)) >> 15);
    this.#signal1 = reconstructed;
    this.prediction = clip16(clip16(poles) + this.#zeroPrediction);
  }

  /** UPPOL2 and UPPOL1. */
  #adaptPoles(partial: number): void {
    const same1 = partial >> 15 === this.#partial1 >> 15;
    const same2 = partial >> 15 === this.#partial2 >> 15;
    const quarter = clip16(this.#pole1 * 4);
    const turned = same1 ? Math.min(32_767, -quarter) : quarter;
    const second = (turned >> 7) + (same2 ? 128 : -128) + ((this.#pole2 * 32_512) >> 15);
    this.#pole2 = second > 12_288 ? 12_288 : second < -12_288 ? -12_288 : second;
    const first = clip16((same1 ? 192 : -192) + ((this.#pole1 * 32_640) >> 15));
    const most = clip16(15_360 - this.#pole2);
    this.#pole1 = first > most ? most : first < -most ? -most : first;
    this.#partial2 = this.#partial1;
    this.#partial1 = partial;
  }

  /** UPZERO, DELAYA and FILTEZ. */
  #adaptZeros(difference: number): void {
    const zeros = this.#zeros;
    const differences = this.#differences;
    const step = difference === 0 ? 0 : 128;
    const sign = difference >> 15;
    for (let index = 0; index < ZEROS; index++) {
      const towards = differences[index]! >> 15 === sign ? step : -step;
      zeros[index] = clip16(towards + ((zeros[index]! * 32_640) >> 15));
    }
    differences.copyWithin(1, 0, ZEROS - 1);
    differences[0] = difference;
    let sum = 0;
    for (let index = 0; index < ZEROS; index++)
      sum += (zeros[index]! * clip16(2 * differences[index]!)) >> 15;
    this.#zeroPrediction = clip16(sum);
  }
}
