import { certificateDer, certificateFingerprint, makeSelfSignedCertificate } from '@ringdown/net';
import type { DtlsIdentity } from './dtls.ts';

/** Tells nobody who we are: the description says that, and a certificate is seen by all on the way. */
const NAME = 'ringdown.invalid';

/** Makes a new certificate and key (ECDSA P-256), for two years. */
export const makeDtlsIdentity = async (): Promise<DtlsIdentity> => {
  const { certificatePem, keyPem } = makeSelfSignedCertificate([NAME]);
  const value = certificateFingerprint(certificateDer(certificatePem), 'sha-256');
  return { certificatePem, keyPem, fingerprint: { hash: 'sha-256', value } };
};
