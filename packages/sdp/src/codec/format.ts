import { getAll, lineOf } from '../attribute.ts';
import { Fmtp, RtpMap } from '../attributes/rtp-map.ts';
import { payloadTypeIn } from '../grammar.ts';
import type { AttributeLine, MediaDescription } from '../session-description.ts';

/** A codec as two peers name it to one another. */
export interface Codec {
  /** As in rtpmap; case does not count. */
  readonly name: string;
  /** The clock of its RTP timestamps: 8000 for G.722, though it samples at 16 kHz (RFC 3551 §4.5.2). */
  readonly clockRateHz: number;
  readonly channels: number;
  /** The text of fmtp; empty for none. */
  readonly parameters: string;
}

/** A codec and the number that stands for it in one description. */
export interface Format extends Codec {
  readonly payloadType: number;
}

const fixed = (name: string, clockRateHz: number, channels = 1) => ({ name, clockRateHz, channels });

/** RFC 3551 §6, tables 4 and 5: numbers that need no rtpmap. L16 has them for 44,100 Hz alone. */
const STATIC: Readonly<Record<number, Omit<Codec, 'parameters'>>> = {
  0: fixed('PCMU', 8_000),
  3: fixed('GSM', 8_000),
  4: fixed('G723', 8_000),
  5: fixed('DVI4', 8_000),
  6: fixed('DVI4', 16_000),
  7: fixed('LPC', 8_000),
  8: fixed('PCMA', 8_000),
  9: fixed('G722', 8_000),
  10: fixed('L16', 44_100, 2),
  11: fixed('L16', 44_100),
  12: fixed('QCELP', 8_000),
  13: fixed('CN', 8_000),
  14: fixed('MPA', 90_000),
  15: fixed('G728', 8_000),
  16: fixed('DVI4', 11_025),
  17: fixed('DVI4', 22_050),
  18: fixed('G729', 8_000),
  25: fixed('CelB', 90_000),
  26: fixed('JPEG', 90_000),
  28: fixed('nv', 90_000),
  31: fixed('H261', 90_000),
  32: fixed('MPV', 90_000),
  33: fixed('MP2T', 90_000),
  34: fixed('H263', 90_000),
};

/** The number that always means this codec. */
export const staticPayloadType = (codec: Codec): number | undefined => {
  const found = Object.entries(STATIC).find(([, one]) => isSameCodec(codec, { ...one, parameters: '' }));
  return found === undefined ? undefined : Number(found[0]);
};

/** Formats of a medium of RTP, in its order; numbers that nobody explains are left out, and what repeats one. */
export const formatsOf = (media: MediaDescription): readonly Format[] => {
  const maps = new Map(getAll(media, RtpMap).map((map) => [map.payloadType, map]));
  const parameters = new Map(getAll(media, Fmtp).map((fmtp) => [fmtp.payloadType, fmtp.parameters]));
  const formats = new Map<number, Format>();
  for (const text of media.formats) {
    const payloadType = payloadTypeIn(text);
    if (payloadType === undefined || formats.has(payloadType)) continue;
    const codec = maps.get(payloadType) ?? STATIC[payloadType];
    if (codec === undefined) continue;
    const { name, clockRateHz, channels } = codec;
    formats.set(payloadType, {
      payloadType,
      name,
      clockRateHz,
      channels,
      parameters: parameters.get(payloadType) ?? '',
    });
  }
  return [...formats.values()];
};

/** rtpmap, for static numbers too (RFC 3264 §5.1), and fmtp. */
export const formatLines = (format: Format): readonly AttributeLine[] => [
  lineOf(RtpMap, format),
  ...(format.parameters === '' ? [] : [lineOf(Fmtp, format)]),
];

/** Whether two names mean one codec, whatever their parameters. */
export const isSameCodec = (one: Codec, other: Codec): boolean => {
  const name = one.name.toLowerCase();
  if (name !== other.name.toLowerCase()) return false;
  // Always `opus/48000/2` (RFC 7587 §7); some leave the channels out.
  if (name === 'opus') return one.clockRateHz === other.clockRateHz;
  return (
    clockOf(name, one.clockRateHz) === clockOf(name, other.clockRateHz) && one.channels === other.channels
  );
};

/** Some write the sampling rate of G.722 instead of its clock. */
const clockOf = (name: string, clockRateHz: number): number =>
  name === 'g722' && clockRateHz === 16_000 ? 8_000 : clockRateHz;

/** What goes along with a codec and is none for sound. */
const AUXILIARY: ReadonlySet<string> = new Set([
  'telephone-event',
  'cn',
  'red',
  'ulpfec',
  'flexfec',
  'rtx',
  'tone',
]);

export const isAuxiliary = ({ name }: Codec): boolean => AUXILIARY.has(name.toLowerCase());

export const isTelephoneEvent = ({ name }: Codec): boolean => name.toLowerCase() === 'telephone-event';
