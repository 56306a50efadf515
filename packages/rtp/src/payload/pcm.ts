/**
 * Sound as it goes between codecs and devices: one array of 16-bit samples for each channel, all of one length (planar).
 * Whole numbers, because every codec here and Opus's own decoder have them, and a lossless path stays lossless.
 */
export type Pcm = readonly Int16Array[];

/** A sample within its 16 bits. */
export const clip16 = (value: number): number =>
  value > 32_767 ? 32_767 : value < -32_768 ? -32_768 : value;
