import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { Certificate } from '../transport-options.ts';

/** What is wrong with a certificate: the part, and OpenSSL's words where it has any. */
export interface CertificateFault {
  /** `pair`: each can be read, but the key is not the certificate's. */
  readonly part: 'certificate' | 'key' | 'pair';
  readonly why: string;
}

/** Looks whether a certificate and its key can be read and belong together; undefined where they do. */
export const certificateFault = ({ certificatePem, keyPem }: Certificate): CertificateFault | undefined => {
  const certificate = tried(() => new X509Certificate(certificatePem));
  if (certificate instanceof Error) return { part: 'certificate', why: certificate.message };
  const key = tried(() => createPrivateKey(keyPem));
  if (key instanceof Error) return { part: 'key', why: key.message };
  return certificate.checkPrivateKey(key)
    ? undefined
    : { part: 'pair', why: 'the key is that of another certificate' };
};

const tried = <Value>(read: () => Value): Value | Error => {
  try {
    return read();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
};
