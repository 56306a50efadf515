/**
 * G.711: what a telephone line sounds like. µ-law has 14 bits and its code words inverted; A-law has 13 and every other bit
 * inverted. Samples here are 16 bits, left-justified.
 */
export type G711Law = 'mu' | 'A';

/** What is added before the segment is looked for (Table 2a/G.711), in 14 bits and then in 16. */
const MU_BIAS = 33 << 2;
const MU_MOST = 8_158 << 2;
const A_TOGGLE = 0x55;

const expandMu = (code: number): number => {
  const bits = ~code & 0xff;
  const segment = (bits >> 4) & 7;
  const magnitude = ((((bits & 0x0f) << 3) + MU_BIAS) << segment) - MU_BIAS;
  return (bits & 0x80) === 0 ? magnitude : -magnitude;
};

const expandA = (code: number): number => {
  const bits = code ^ A_TOGGLE;
  const segment = (bits >> 4) & 7;
  const step = ((bits & 0x0f) << 4) + 8;
  const magnitude = segment === 0 ? step : (step + 0x100) << (segment - 1);
  return (bits & 0x80) === 0 ? -magnitude : magnitude;
};

/** −1 is the first value below zero, as G.191's reference has it: both halves hold as many values. */
const onesComplement = (sample: number): number => (sample < 0 ? ~sample : sample);

const compressMu = (sample: number): number => {
  const magnitude = Math.min(MU_MOST, onesComplement(sample)) + MU_BIAS;
  const segment = 24 - Math.clz32(magnitude);
  const bits = (segment << 4) | ((magnitude >> (segment + 3)) & 0x0f);
  return ~(sample < 0 ? bits | 0x80 : bits) & 0xff;
};

const compressA = (sample: number): number => {
  const magnitude = onesComplement(sample);
  const segment = Math.max(0, 24 - Math.clz32(magnitude));
  const bits = (segment << 4) | ((magnitude >> (segment === 0 ? 4 : segment + 3)) & 0x0f);
  return (sample < 0 ? bits : bits | 0x80) ^ A_TOGGLE;
};

const expansion = (expand: (code: number) => number): Int16Array =>
  Int16Array.from({ length: 256 }, (_, code) => expand(code));

/** One code word for each sample, by its upper 14 bits. */
const compression = (compress: (sample: number) => number): Uint8Array =>
  Uint8Array.from({ length: 0x4000 }, (_, index) => compress(((index << 18) >> 16) & ~3));

interface Law {
  readonly expanded: Int16Array;
  readonly compressed: Uint8Array;
}

const laws: Readonly<Record<G711Law, Law>> = {
  mu: { expanded: expansion(expandMu), compressed: compression(compressMu) },
  A: { expanded: expansion(expandA), compressed: compression(compressA) },
};

/** One byte for each sample. */
export const encodeG711 = (law: G711Law, samples: Int16Array): Uint8Array => {
  const { compressed } = laws[law];
  const bytes = new Uint8Array(samples.length);
  for (let index = 0; index < samples.length; index++)
    bytes[index] = compressed[(samples[index]! >> 2) & 0x3fff]!;
  return bytes;
};

export const decodeG711 = (law: G711Law, bytes: Uint8Array): Int16Array => {
  const { expanded } = laws[law];
  const samples = new Int16Array(bytes.length);
  for (let index = 0; index < bytes.length; index++) samples[index] = expanded[bytes[index]!]!;
  return samples;
};
