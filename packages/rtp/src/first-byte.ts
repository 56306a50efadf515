/** What a datagram on a port that protocols share may be. */
export type SharedPortProtocol = 'stun' | 'zrtp' | 'dtls' | 'turn channel' | 'rtp' | 'rtcp' | 'unknown';

const RTP_FIXED_BYTES = 12;
const RTCP_FIXED_BYTES = 4;

/**
 * Tells by the first byte what a datagram is (RFC 7983 §7), and RTP from RTCP by the second (RFC 5761 §4): RTCP's packet
 * types 192–223 are the payload types 64–95 with the marker, which nobody may give out where both share a port.
 */
export const classifyDatagram = (bytes: Uint8Array): SharedPortProtocol => {
  const first = bytes[0];
  if (first === undefined) return 'unknown';
  if (first <= 3) return 'stun';
  if (first >= 16 && first <= 19) return 'zrtp';
  if (first >= 20 && first <= 63) return 'dtls';
  if (first >= 64 && first <= 79) return 'turn channel';
  if (first < 128 || first > 191) return 'unknown';
  const second = bytes[1];
  if (second === undefined) return 'unknown';
  if (second >= 192 && second <= 223) return bytes.length < RTCP_FIXED_BYTES ? 'unknown' : 'rtcp';
  return bytes.length < RTP_FIXED_BYTES ? 'unknown' : 'rtp';
};
