import type { Pcm } from './pcm.ts';

/** IPv6 and UDP and RTP, with room for a TURN ChannelData header: what of an MTU is no sound. */
const HEADER_BYTES = 40 + 8 + 12 + 4;

/** Linear samples of 16 bits, interleaved, in network order (RFC 3551 §4.5.11). */
export const encodeL16 = (sound: Pcm): Uint8Array => {
  const channels = sound.length;
  const bytes = new Uint8Array(2 * channels * (sound[0]?.length ?? 0));
  for (let index = 0; index < channels; index++) encodeChannel(sound[index]!, bytes, 2 * index, 2 * channels);
  return bytes;
};

const encodeChannel = (channel: Int16Array, into: Uint8Array, from: number, step: number): void => {
  for (let sample = 0, at = from; at < into.length; sample++, at += step) {
    into[at] = channel[sample]! >> 8;
    into[at + 1] = channel[sample]!;
  }
};

/** Samples that are not whole are left out. */
export const decodeL16 = (bytes: Uint8Array, channels: number): Pcm => {
  const samples = Math.floor(bytes.length / (2 * channels));
  const sound: Int16Array[] = [];
  for (let index = 0; index < channels; index++)
    sound.push(decodeChannel(bytes, samples, 2 * index, 2 * channels));
  return sound;
};

const decodeChannel = (bytes: Uint8Array, samples: number, from: number, step: number): Int16Array => {
  const channel = new Int16Array(samples);
  for (let sample = 0, at = from; sample < samples; sample++, at += step)
    channel[sample] = (bytes[at]! << 8) | bytes[at + 1]!;
  return channel;
};

export interface PacketTime {
  readonly packetMs: number;
  /** Of one packet, with its headers. */
  readonly bytes: number;
  /** What to tell people: the packet is larger than the MTU, and will be lost at NATs that drop fragments. */
  readonly warning: string | undefined;
}

/** The packet times that are looked at, longest first. */
const PACKET_TIMES_MS = [20, 10, 5, 4, 2.5, 2, 1];

/** How long a packet of L16 may be so that it fits: 5 ms for stereo at 48 kHz and an MTU of 1,500. */
export const l16PacketTime = (
  sampleRateHz: number,
  channels: number,
  { mtuBytes = 1_500, wantedMs = 20 }: { readonly mtuBytes?: number; readonly wantedMs?: number } = {},
): PacketTime => {
  const bytesFor = (milliseconds: number): number =>
    HEADER_BYTES + 2 * channels * Math.floor((sampleRateHz * milliseconds) / 1_000);
  const fitting = PACKET_TIMES_MS.find((one) => one <= wantedMs && bytesFor(one) <= mtuBytes);
  const packetMs = fitting ?? PACKET_TIMES_MS.at(-1)!;
  const bytes = bytesFor(packetMs);
  const isTooLarge = bytes > mtuBytes;
  return {
    packetMs,
    bytes,
    warning: isTooLarge
      ? `${packetMs} ms of sound are ${bytes} bytes, more than the MTU of ${mtuBytes}: take fewer channels or a lower rate`
      : undefined,
  };
};

/** The same question for a packet time that the peer asks for: undefined where it fits. */
export const packetTimeWarning = (
  packetMs: number,
  bytesPerSecond: number,
  mtuBytes = 1_500,
): string | undefined => {
  const bytes = HEADER_BYTES + Math.ceil((bytesPerSecond * packetMs) / 1_000);
  return bytes <= mtuBytes
    ? undefined
    : `packets of ${packetMs} ms are ${bytes} bytes, more than the MTU of ${mtuBytes}: fragments are lost at many NATs`;
};
