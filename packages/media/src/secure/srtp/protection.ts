/** What a protection profile is made of (RFC 3711 §8.2, RFC 6188 §3, RFC 7714 §13). */
export interface Protection {
  readonly name: ProtectionName;
  /** AES in counter mode with HMAC-SHA1, or in Galois/counter mode. */
  readonly mode: 'cm' | 'gcm';
  readonly keyBytes: 16 | 32;
  readonly saltBytes: 12 | 14;
  /** Of a packet of RTP. One of RTCP has 10 or 16, whatever that of RTP (RFC 4568 §6.2.2). */
  readonly tagBytes: 4 | 10 | 16;
  readonly rtcpTagBytes: 10 | 16;
}

export type ProtectionName =
  | 'AES_CM_128_HMAC_SHA1_80'
  | 'AES_CM_128_HMAC_SHA1_32'
  | 'AES_256_CM_HMAC_SHA1_80'
  | 'AES_256_CM_HMAC_SHA1_32'
  | 'AEAD_AES_128_GCM'
  | 'AEAD_AES_256_GCM';

const counter = (name: ProtectionName, keyBytes: 16 | 32, tagBytes: 4 | 10): Protection => ({
  name,
  mode: 'cm',
  keyBytes,
  saltBytes: 14,
  tagBytes,
  rtcpTagBytes: 10,
});
const galois = (name: ProtectionName, keyBytes: 16 | 32): Protection => ({
  name,
  mode: 'gcm',
  keyBytes,
  saltBytes: 12,
  tagBytes: 16,
  rtcpTagBytes: 16,
});

export const PROTECTIONS: Readonly<Record<ProtectionName, Protection>> = Object.freeze({
  AES_CM_128_HMAC_SHA1_80: counter('AES_CM_128_HMAC_SHA1_80', 16, 10),
  AES_CM_128_HMAC_SHA1_32: counter('AES_CM_128_HMAC_SHA1_32', 16, 4),
  AES_256_CM_HMAC_SHA1_80: counter('AES_256_CM_HMAC_SHA1_80', 32, 10),
  AES_256_CM_HMAC_SHA1_32: counter('AES_256_CM_HMAC_SHA1_32', 32, 4),
  AEAD_AES_128_GCM: galois('AEAD_AES_128_GCM', 16),
  AEAD_AES_256_GCM: galois('AEAD_AES_256_GCM', 32),
});
