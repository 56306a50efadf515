import type { HashAlgorithm } from '@ringdown/sans-io';

/** Digest algorithms as challenges spell them (RFC 7616 §6.1, RFC 8760). */
export type DigestAlgorithm = 'MD5' | 'SHA-256' | 'SHA-512-256';

export const digestAlgorithms: readonly DigestAlgorithm[] = ['MD5', 'SHA-256', 'SHA-512-256'];

/** The hash behind each algorithm. */
export const hashOf: Readonly<Record<DigestAlgorithm, HashAlgorithm>> = {
  MD5: 'md5',
  'SHA-256': 'sha256',
  'SHA-512-256': 'sha512-256',
};
