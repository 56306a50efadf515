import { AES_BLOCK_BYTES, aesBlocks } from '@ringdown/net';
import type { Protection } from './protection.ts';

/** What both sides know of one direction (RFC 3711 §3.2.1). */
export interface MasterKey {
  readonly key: Uint8Array;
  readonly salt: Uint8Array;
  /** Stands in each packet where several keys could be meant (MKI); undefined where none does. */
  readonly identifier?: Uint8Array;
}

/** What packets of RTP, or of RTCP, are protected with. */
export interface SessionKeys {
  readonly cipherKey: Uint8Array;
  readonly salt: Uint8Array;
  /** For HMAC-SHA1; empty in Galois/counter mode. */
  readonly authenticationKey: Uint8Array;
}

const SHA1_KEY_BYTES = 20;
/** Labels of RFC 3711 §4.3.2. */
const LABELS = {
  rtp: { cipher: 0, authentication: 1, salt: 2 },
  rtcp: { cipher: 3, authentication: 4, salt: 5 },
};

/** Derives the keys of a session, once: the derivation rate is 0 (RFC 3711 §4.3.1, RFC 6188 §3, RFC 7714 §11). */
export const sessionKeys = (
  { mode, keyBytes, saltBytes }: Protection,
  { key, salt }: MasterKey,
  stream: 'rtp' | 'rtcp',
): SessionKeys => {
  const encrypt = aesBlocks(key);
  const derive = (label: number, length: number): Uint8Array => {
    const blocks = new Uint8Array(Math.ceil(length / AES_BLOCK_BYTES) * AES_BLOCK_BYTES);
    for (let at = 0; at < blocks.length; at += AES_BLOCK_BYTES) {
      blocks.set(salt, at);
      blocks[at + 7]! ^= label;
      blocks[at + 15] = at / AES_BLOCK_BYTES;
    }
    return encrypt(blocks).slice(0, length);
  };
  const labels = LABELS[stream];
  return {
    cipherKey: derive(labels.cipher, keyBytes),
    salt: derive(labels.salt, saltBytes),
    authenticationKey: mode === 'cm' ? derive(labels.authentication, SHA1_KEY_BYTES) : new Uint8Array(0),
  };
};
