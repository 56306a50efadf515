import { Malformed, padded, read16, write16 } from '@ringdown/stun';

/** Channel number and length (RFC 8656 §12.4). */
export const CHANNEL_HEADER_BYTES = 4;
export const FIRST_CHANNEL = 0x4000;
/** The last that a client of RFC 8656 chooses, so that others know its data by their first byte (RFC 7983). */
export const LAST_CHANNEL = 0x4fff;
/** The last of RFC 5766 §11. Its clients are still around, so servers take what they choose. */
export const LAST_CLASSIC_CHANNEL = 0x7fff;

export const isChannel = (number: number): boolean => number >= FIRST_CHANNEL && number <= LAST_CHANNEL;

/** Whether a client may choose it: one of RFC 8656, or of RFC 5766. */
export const isClassicChannel = (number: number): boolean =>
  number >= FIRST_CHANNEL && number <= LAST_CLASSIC_CHANNEL;

/** What goes through a channel, both ways. */
export interface ChannelData {
  readonly channel: number;
  readonly data: Uint8Array;
}

/**
 * Reads a datagram or a framed piece of a stream. Bytes behind the data are padding (RFC 8656 §12.5). The data share the
 * memory of what they came in.
 */
export const parseChannelData = (bytes: Uint8Array): ChannelData | Malformed => {
  if (bytes.length < CHANNEL_HEADER_BYTES) return new Malformed('shorter than the header of ChannelData');
  const channel = read16(bytes, 0);
  if (!isChannel(channel)) return new Malformed('no channel number');
  const end = CHANNEL_HEADER_BYTES + read16(bytes, 2);
  if (end > bytes.length) return new Malformed('ChannelData longer than what came');
  return { channel, data: bytes.subarray(CHANNEL_HEADER_BYTES, end) };
};

/** How many bytes ChannelData take: on streams they are padded to a multiple of four, which their length does not count. */
export const channelDataBytes = (dataBytes: number, stream: boolean): number =>
  CHANNEL_HEADER_BYTES + (stream ? padded(dataBytes) : dataBytes);

/** Writes into memory of {@link channelDataBytes}; padding is left as it is. */
export const writeChannelData = (into: Uint8Array, channel: number, data: Uint8Array): Uint8Array => {
  write16(into, 0, channel);
  write16(into, 2, data.length);
  into.set(data, CHANNEL_HEADER_BYTES);
  return into;
};

/** ChannelData in memory of their own. */
export const channelData = (channel: number, data: Uint8Array, stream: boolean): Uint8Array =>
  writeChannelData(new Uint8Array(channelDataBytes(data.length, stream)), channel, data);
