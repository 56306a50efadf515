import { Concealment } from '../concealment/concealment.ts';
import type { AudioCodec, AudioFormat } from './audio-codec.ts';
import { decodeG711, encodeG711, type G711Law } from './g711.ts';
import { G722Decoder, G722Encoder } from './g722.ts';
import { decodeL16, encodeL16 } from './l16.ts';
import type { Pcm } from './pcm.ts';

const only = (sound: Pcm): Int16Array => {
  const [channel] = sound;
  if (channel === undefined || sound.length !== 1) throw new RangeError(`${sound.length} channels: one`);
  return channel;
};

/** A codec of one channel without a memory of losses, with concealment put behind it. */
const concealed = (
  format: AudioFormat,
  encode: (samples: Int16Array) => Uint8Array,
  decode: (bytes: Uint8Array) => Int16Array,
): AudioCodec => {
  const concealment = new Concealment(format.sampleRateHz);
  return {
    format,
    encode: (sound) => encode(only(sound)),
    decode: (payload) => [concealment.good(decode(payload))],
    conceal: (samples) => [concealment.conceal(samples)],
    recover: () => undefined,
    // One byte for each unit of the clock: with G.722 too, whose bytes hold two samples and whose clock says half its rate.
    durationOf: (payload) => (payload.length === 0 ? undefined : payload.length),
  };
};

/** G.711 (RFC 3551 §4.5.14), with concealment. */
export const g711Codec = (law: G711Law): AudioCodec =>
  concealed(
    {
      encodingName: law === 'mu' ? 'PCMU' : 'PCMA',
      sampleRateHz: 8_000,
      clockRateHz: 8_000,
      channels: 1,
    },
    (samples) => encodeG711(law, samples),
    (bytes) => decodeG711(law, bytes),
  );

/** G.722 at 64 kbit/s (RFC 3551 §4.5.2), with concealment. Samples are 16,000 Hz, timestamps 8,000. */
export const g722Codec = (): AudioCodec => {
  const encoder = new G722Encoder();
  const decoder = new G722Decoder();
  return concealed(
    { encodingName: 'G722', sampleRateHz: 16_000, clockRateHz: 8_000, channels: 1 },
    (samples) => encoder.encode(samples),
    (bytes) => decoder.decode(bytes),
  );
};

/** L16 (RFC 3551 §4.5.11), with concealment for each channel. */
export const l16Codec = (sampleRateHz: number, channels: number): AudioCodec => {
  const concealments = Array.from({ length: channels }, () => new Concealment(sampleRateHz));
  return {
    format: { encodingName: 'L16', sampleRateHz, clockRateHz: sampleRateHz, channels },
    encode: (sound) => {
      if (sound.length !== channels) throw new RangeError(`${sound.length} channels: ${channels}`);
      return encodeL16(sound);
    },
    decode: (payload) =>
      decodeL16(payload, channels).map((channel, index) => concealments[index]!.good(channel)),
    conceal: (samples) => concealments.map((one) => one.conceal(samples)),
    recover: () => undefined,
    durationOf: (payload) => {
      const samples = Math.floor(payload.length / (2 * channels));
      return samples === 0 ? undefined : samples;
    },
  };
};
