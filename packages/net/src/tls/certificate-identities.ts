import { X509Certificate } from 'node:crypto';
import type { Certificate } from '../transport-options.ts';
import { type CertificateNames, sipIdentities } from './sip-identities.ts';

/**
 * The SIP domains that a certificate of ours proves to others, in lower case (RFC 5922 §7.1).
 *
 * @throws where the certificate cannot be read
 */
export const certificateIdentities = ({ certificatePem }: Pick<Certificate, 'certificatePem'>): string[] =>
  sipIdentities(new X509Certificate(certificatePem).toLegacyObject() as CertificateNames);
