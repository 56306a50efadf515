import type { AudioCodec } from '@ringdown/rtp';

/** The packets that Opus has (RFC 6716 §2.1.4) and that are worth their headers; the shortest for whoever wants still less. */
const OPUS_MS = [60, 40, 20, 10, 5, 2.5];
/** No packet is shorter: AES67 has 1 ms where everybody has to have it (§7.2.1). */
const LEAST_MS = 1;
/** No packet is longer: what is lost with it could not be made up. */
const MOST_MS = 120;
/** With RTP, SRTP, UDP, IPv6 and a TURN channel before and behind it, it fits an MTU of 1,500. */
const MOST_PAYLOAD_BYTES = 1_400;

/**
 * How much sound a packet gets where the peer has asked for so much: what the codec can do, no more than a network carries in
 * one piece, and never nothing.
 */
export const packetTimeFor = (askedMs: number, { format }: AudioCodec, bitsPerSecond: number): number => {
  if (format.encodingName === 'opus') return OPUS_MS.find((ms) => ms <= askedMs) ?? OPUS_MS.at(-1)!;
  const mostMs = Math.min(MOST_MS, (8_000 * MOST_PAYLOAD_BYTES) / bitsPerSecond);
  const ms = Math.min(mostMs, Math.max(LEAST_MS, askedMs));
  // G.722 puts two samples into a byte: whole units of the clock, in any case.
  const units = Math.floor((format.clockRateHz * ms) / 1_000);
  return (1_000 * units) / format.clockRateHz;
};
