import { type Codec, staticPayloadType } from './format.ts';

/** A codec, and the number that we would like for it where a dynamic one is needed. */
export interface WantedCodec extends Codec {
  readonly payloadType?: number;
  /** How much sound we like in a packet of this codec; less than others' where packets grow large, as with L16. */
  readonly ptimeMs?: number;
}

/** RFC 3551 §3; then what RFC 5761 §4 leaves free beside RTCP on one port. */
const DYNAMIC = [...range(96, 127), ...range(35, 63)];

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}

/**
 * Which number means which codec in one medium. A number never comes to mean another codec while the session lasts
 * (RFC 3264 §8.3.2), so nothing is ever taken back.
 */
export class PayloadNumbers {
  readonly #byNumber: ReadonlyMap<number, string>;

  constructor(byNumber: ReadonlyMap<number, string> = new Map()) {
    this.#byNumber = byNumber;
  }

  /** Numbers for these codecs: those that they had, else static ones, else the wanted, else free ones. */
  assign(codecs: readonly WantedCodec[]): readonly [numbers: readonly number[], next: PayloadNumbers] {
    const byNumber = new Map(this.#byNumber);
    const asked = new Set(codecs.flatMap(({ payloadType }) => payloadType ?? []));
    const used = new Set<number>();
    const numbers = codecs.map((codec) => {
      const number = numberFor(codec, byNumber, asked, used);
      byNumber.set(number, keyOf(codec));
      used.add(number);
      return number;
    });
    return [numbers, new PayloadNumbers(byNumber)];
  }

  /** Notes what a description says, ours or a peer's. */
  learn(formats: readonly (Codec & { readonly payloadType: number })[]): PayloadNumbers {
    const byNumber = new Map(this.#byNumber);
    for (const format of formats) byNumber.set(format.payloadType, keyOf(format));
    return new PayloadNumbers(byNumber);
  }
}

/** The parameters of Opus may change from offer to offer; a codec that stands there twice gets a number each anyway. */
const keyOf = ({ name, clockRateHz, channels }: Codec): string => {
  const lower = name.toLowerCase();
  return `${lower}/${clockRateHz}/${lower === 'opus' ? 2 : channels}`;
};

const numberFor = (
  codec: WantedCodec,
  byNumber: ReadonlyMap<number, string>,
  asked: ReadonlySet<number>,
  used: ReadonlySet<number>,
): number => {
  const key = keyOf(codec);
  const isFree = (number: number) => !byNumber.has(number) && !used.has(number);
  for (const [number, one] of byNumber) if (one === key && !used.has(number)) return number;
  const fixed = staticPayloadType(codec);
  if (fixed !== undefined && isFree(fixed)) return fixed;
  if (codec.payloadType !== undefined && isFree(codec.payloadType)) return codec.payloadType;
  // Others' wishes are left to them where there is room.
  const free = DYNAMIC.filter(isFree);
  const number = free.find((one) => !asked.has(one)) ?? free[0];
  if (number === undefined) throw new RangeError('more codecs than there are payload types');
  return number;
};
