import type { ProtectionName } from '../srtp/protection.ts';

/** Profiles of use_srtp, the one that we like best first (RFC 5764 §4.1.2, RFC 7714 §14.2). */
export const SRTP_PROFILES: readonly { readonly id: number; readonly name: ProtectionName }[] = [
  { id: 0x0001, name: 'AES_CM_128_HMAC_SHA1_80' },
  { id: 0x0007, name: 'AEAD_AES_128_GCM' },
];
