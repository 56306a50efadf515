import { createPrivateKey, hash, type KeyObject, sign, verify, X509Certificate } from 'node:crypto';

/** Hashes of fingerprints, by their names in SDP (RFC 8122 §5), the strongest first. */
export const FINGERPRINT_HASHES = ['sha-512', 'sha-384', 'sha-256', 'sha-1'] as const;
export type FingerprintHash = (typeof FINGERPRINT_HASHES)[number];

/** Signatures of TLS 1.2 (RFC 5246 §7.4.1.4.1, RFC 8446 §4.2.3), by their numbers. */
export const SIGNATURE_SCHEMES = {
  ecdsaSha256: 0x0403,
  ecdsaSha384: 0x0503,
  rsaPssSha256: 0x0804,
  rsaSha256: 0x0401,
  rsaSha384: 0x0501,
} as const;

/** A certificate that a peer shows. */
export interface ShownCertificate {
  readonly keyKind: 'ec' | 'rsa' | 'other';
  /** Whether the holder of the certificate's key has signed this. @param scheme a number of TLS */
  hasSigned(scheme: number, data: Uint8Array, signature: Uint8Array): boolean;
}

/** Reads a certificate; undefined for what is none. */
export const readCertificate = (der: Uint8Array): ShownCertificate | undefined => {
  let key: KeyObject;
  try {
    key = new X509Certificate(der).publicKey;
  } catch {
    return undefined;
  }
  const keyKind = key.asymmetricKeyType === 'ec' ? 'ec' : key.asymmetricKeyType === 'rsa' ? 'rsa' : 'other';
  return { keyKind, hasSigned: (scheme, data, signature) => isSigned(key, keyKind, scheme, data, signature) };
};

const isSigned = (
  key: KeyObject,
  keyKind: ShownCertificate['keyKind'],
  scheme: number,
  data: Uint8Array,
  signature: Uint8Array,
): boolean => {
  const needed = SCHEMES.get(scheme);
  if (needed === undefined || needed.keyKind !== keyKind) return false;
  try {
    const options = needed.isPss ? { key, padding: PSS, saltLength: DIGEST_LONG } : { key };
    return verify(needed.hash, data, options, signature);
  } catch {
    return false;
  }
};

/** RSA_PKCS1_PSS_PADDING and RSA_PSS_SALTLEN_DIGEST of OpenSSL. */
const PSS = 6;
const DIGEST_LONG = -1;

interface Scheme {
  readonly keyKind: 'ec' | 'rsa';
  readonly hash: 'sha256' | 'sha384';
  readonly isPss: boolean;
}

const SCHEMES: ReadonlyMap<number, Scheme> = new Map<number, Scheme>([
  [SIGNATURE_SCHEMES.ecdsaSha256, { keyKind: 'ec', hash: 'sha256', isPss: false }],
  [SIGNATURE_SCHEMES.ecdsaSha384, { keyKind: 'ec', hash: 'sha384', isPss: false }],
  [SIGNATURE_SCHEMES.rsaPssSha256, { keyKind: 'rsa', hash: 'sha256', isPss: true }],
  [SIGNATURE_SCHEMES.rsaSha256, { keyKind: 'rsa', hash: 'sha256', isPss: false }],
  [SIGNATURE_SCHEMES.rsaSha384, { keyKind: 'rsa', hash: 'sha384', isPss: false }],
]);

/** `6B:8B:…` (RFC 8122 §5) of a certificate in DER. */
export const certificateFingerprint = (der: Uint8Array, name: FingerprintHash): string =>
  (hash(name.replace('-', ''), der, 'hex').toUpperCase().match(/../g) ?? []).join(':');

/** A certificate in DER. @throws Error where the PEM holds none */
export const certificateDer = (pem: string): Uint8Array => new X509Certificate(pem).raw;

/** Signs by ECDSA with SHA-256. @throws Error where the PEM holds no key of an elliptic curve */
export const ecdsaSigner = (keyPem: string): ((data: Uint8Array) => Uint8Array) => {
  const key = createPrivateKey(keyPem);
  if (key.asymmetricKeyType !== 'ec')
    throw new Error(`A key of the kind ${key.asymmetricKeyType}: give one of an elliptic curve`);
  return (data) => sign('sha256', data, key);
};
