/**
 * Keeps the packets of one session from others' eyes and hands (RFC 3711): what is sent is protected, what comes is checked.
 * `none` in plain RTP. Bytes that are given in are left as they are.
 */
export interface PacketGuard {
  /** The protection profile: `AES_CM_128_HMAC_SHA1_80`, `AEAD_AES_128_GCM`; undefined where there is none. */
  readonly cipher: string | undefined;
  protectRtp(packet: Uint8Array): Uint8Array;
  protectRtcp(packet: Uint8Array): Uint8Array;
  /** Undefined for what is not the peer's: forged, replayed or damaged. */
  unprotectRtp(packet: Uint8Array): Uint8Array | undefined;
  unprotectRtcp(packet: Uint8Array): Uint8Array | undefined;
}

/** No protection at all. */
export const openGuard: PacketGuard = Object.freeze({
  cipher: undefined,
  protectRtp: (packet: Uint8Array) => packet,
  protectRtcp: (packet: Uint8Array) => packet,
  unprotectRtp: (packet: Uint8Array) => packet,
  unprotectRtcp: (packet: Uint8Array) => packet,
});
