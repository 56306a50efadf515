/** What SIP digest, STUN and signed tokens are made with. */
export type HashAlgorithm = 'md5' | 'sha1' | 'sha256' | 'sha512-256';

/** Synchronous hashing; strings are hashed as latin1, so that a head's bytes are hashed as they came. */
export interface Hashes {
  /** The digest in lower-case hexadecimal. */
  hex(algorithm: HashAlgorithm, input: string): string;
  /** The digest's bytes. */
  digest(algorithm: HashAlgorithm, input: Uint8Array): Uint8Array;
  /** HMAC (RFC 2104). */
  hmac(algorithm: HashAlgorithm, key: Uint8Array, input: Uint8Array): Uint8Array;
  /** HMAC of a latin1 string, in base64url without padding. */
  hmacToken(algorithm: HashAlgorithm, key: Uint8Array, input: string): string;
}

/** Compares two strings of one length in a time that does not tell where they differ. */
export const constantTimeEqual = (left: string, right: string): boolean => {
  if (left.length !== right.length) return false;
  let difference = 0;
  for (let index = 0; index < left.length; index++) {
    difference |= left.charCodeAt(index) ^ right.charCodeAt(index);
  }
  return difference === 0;
};
