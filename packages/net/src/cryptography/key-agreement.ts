import { createECDH, createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto';

/** Groups of the key agreements that all of today's TLS has (RFC 8422 §5.1.1). */
export type KeyGroup = 'x25519' | 'secp256r1';

/** One use of an elliptic curve to agree on a secret. */
export interface KeyAgreement {
  /** 32 bytes of X25519, or an uncompressed point of 65. */
  readonly publicKey: Uint8Array;
  /** The secret of both; undefined where the other's key is none of the group. */
  agree(peerKey: Uint8Array): Uint8Array | undefined;
}

export const makeKeyAgreement = (group: KeyGroup): KeyAgreement =>
  group === 'x25519' ? x25519Agreement() : secp256r1Agreement();

const x25519Agreement = (): KeyAgreement => {
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  return {
    publicKey: Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'),
    agree: (peerKey) => {
      if (peerKey.length !== 32) return undefined;
      try {
        const x = Buffer.from(peerKey).toString('base64url');
        const other = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' });
        return diffieHellman({ privateKey, publicKey: other });
      } catch {
        // Points of small order: the secret would be zero (RFC 7748 §6.1).
        return undefined;
      }
    },
  };
};

const secp256r1Agreement = (): KeyAgreement => {
  const curve = createECDH('prime256v1');
  return {
    publicKey: curve.generateKeys(),
    agree: (peerKey) => {
      if (peerKey.length !== 65) return undefined;
      try {
        return curve.computeSecret(peerKey);
      } catch {
        return undefined;
      }
    },
  };
};
