import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto';

/** Bytes of a block of AES, whatever the key. */
export const AES_BLOCK_BYTES = 16;
const GCM_TAG_BYTES = 16;

/**
 * Encrypts whole blocks, each by itself (FIPS 197): what counter modes and key derivations are built of. Never to be used
 * for anything else. A cipher that is kept costs a third of one that is made for each packet.
 *
 * @param key 16, 24 or 32 bytes
 */
export const aesBlocks = (key: Uint8Array): ((blocks: Uint8Array) => Uint8Array) => {
  const cipher = createCipheriv(`aes-${8 * key.length}-ecb`, key, null).setAutoPadding(false);
  return (blocks) => cipher.update(blocks);
};

/** Encryption that is authenticated too (NIST SP 800-38D), with tags of 16 bytes. */
export interface AesGcm {
  /** @param nonce 12 bytes, never twice @returns what is encrypted, and the tag */
  seal(nonce: Uint8Array, additional: Uint8Array, plain: Uint8Array): Uint8Array;
  /** Undefined for what was not sealed with this key, nonce and additional data. */
  open(nonce: Uint8Array, additional: Uint8Array, sealed: Uint8Array): Uint8Array | undefined;
}

/** @param key 16 or 32 bytes */
export const aesGcm = (key: Uint8Array): AesGcm => {
  const algorithm = key.length === 32 ? 'aes-256-gcm' : 'aes-128-gcm';
  const secret = createSecretKey(key);
  return {
    seal: (nonce, additional, plain) => {
      const cipher = createCipheriv(algorithm, secret, nonce).setAAD(additional);
      return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    },
    open: (nonce, additional, sealed) => {
      const end = sealed.length - GCM_TAG_BYTES;
      if (end < 0) return undefined;
      const decipher = createDecipheriv(algorithm, secret, nonce, { authTagLength: GCM_TAG_BYTES });
      decipher.setAAD(additional).setAuthTag(sealed.subarray(end));
      const plain = decipher.update(sealed.subarray(0, end));
      try {
        decipher.final();
        return plain;
      } catch {
        return undefined;
      }
    },
  };
};
