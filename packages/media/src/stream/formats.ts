import type { AgreedCodec, AgreedStream } from '@ringdown/sdp';
import type { MediaProfile } from '@ringdown/user-agent';
import type { CallCodec, CodecTerms } from '../codec/codec-for.ts';

/** Makes a codec for what was agreed; undefined for one that is not had here. */
export type MakeCodec = (agreed: CodecTerms, profile: MediaProfile) => CallCodec | undefined;

/** What a payload type of the peer's means. */
export type ReceiveFormat =
  | { readonly kind: 'sound'; readonly agreed: AgreedCodec; readonly clockRateHz: number }
  | { readonly kind: 'comfort noise' | 'event'; readonly clockRateHz: number };

/** What may come, by payload type. */
export const receiveFormats = (agreed: AgreedStream): ReadonlyMap<number, ReceiveFormat> => {
  const formats = new Map<number, ReceiveFormat>();
  for (const { receivePayloadType, clockRateHz } of agreed.telephoneEvents)
    formats.set(receivePayloadType, { kind: 'event', clockRateHz });
  for (const { receivePayloadType, clockRateHz } of agreed.comfortNoise)
    formats.set(receivePayloadType, { kind: 'comfort noise', clockRateHz });
  for (const codec of agreed.codecs)
    formats.set(codec.receivePayloadType, { kind: 'sound', agreed: codec, clockRateHz: codec.clockRateHz });
  return formats;
};

/** The clock of each payload type, of what comes and of what is sent. Where one number means two things, what comes counts. */
export const clockRates = (agreed: AgreedStream): Record<number, { readonly clockRateHz: number }> => {
  const rates: Record<number, { readonly clockRateHz: number }> = {};
  const all = [...agreed.codecs, ...agreed.telephoneEvents, ...agreed.comfortNoise];
  for (const { sendPayloadType, clockRateHz } of all) rates[sendPayloadType] = { clockRateHz };
  for (const { receivePayloadType, clockRateHz } of all) rates[receivePayloadType] = { clockRateHz };
  return rates;
};
