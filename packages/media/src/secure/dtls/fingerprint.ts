import {
  certificateFingerprint,
  FINGERPRINT_HASHES,
  type FingerprintHash,
  readCertificate,
  type ShownCertificate,
  sameBytes,
} from '@ringdown/net';
import type { FingerprintValue } from '@ringdown/sdp';
import { ascii } from './bytes.ts';

/**
 * Whether a certificate is one of those that were announced; else why not. Of several hashes the strongest counts, so that a
 * weak one beside it opens no door (RFC 8122 §5).
 */
export const judgeCertificate = (
  der: Uint8Array,
  announced: readonly FingerprintValue[],
): ShownCertificate | string => {
  if (der.length === 0) return 'the peer showed no certificate';
  const certificate = readCertificate(der);
  if (certificate === undefined) return 'the peer showed a certificate that cannot be read';
  const name = FINGERPRINT_HASHES.find((one) => announced.some(({ hash }) => hash.toLowerCase() === one));
  if (name === undefined) return 'the peer announced no fingerprint with a hash that is known here';
  const own = ascii(certificateFingerprint(der, name));
  const isAnnounced = announced.some(
    (one) => isOf(one, name) && sameBytes(ascii(one.value.toUpperCase()), own),
  );
  return isAnnounced ? certificate : 'the peer’s certificate is not the one that its description announced';
};

const isOf = ({ hash }: FingerprintValue, name: FingerprintHash): boolean => hash.toLowerCase() === name;
