import type { Random } from '@ringdown/sans-io';
import type { CryptoSuite, CryptoValue } from '@ringdown/sdp';
import type { PacketGuard } from './packet-guard.ts';
import { PROTECTIONS, type Protection, type ProtectionName } from './srtp/protection.ts';
import type { MasterKey } from './srtp/session-keys.ts';
import { srtpGuard } from './srtp/srtp-guard.ts';

/** Suites that this engine protects packets with, the one that all phones know first (RFC 4568 §6.2, RFC 6188, RFC 7714). */
export const SDES_SUITES: readonly (CryptoSuite & ProtectionName)[] = [
  'AES_CM_128_HMAC_SHA1_80',
  'AES_CM_128_HMAC_SHA1_32',
  'AES_256_CM_HMAC_SHA1_80',
  'AES_256_CM_HMAC_SHA1_32',
  'AEAD_AES_128_GCM',
  'AEAD_AES_256_GCM',
];

/**
 * Protects packets with keys that stood in the descriptions (RFC 4568): ours for what we send, the peer's for what comes.
 *
 * @throws RangeError for a suite that is not one of {@link SDES_SUITES}, or two that differ
 */
export const sdesGuard = (local: CryptoValue, remote: CryptoValue): PacketGuard => {
  if (local.suite !== remote.suite)
    throw new RangeError(
      `We would send with ${local.suite} and receive with ${remote.suite}: one suite holds for both`,
    );
  const protection = protectionOf(local.suite);
  return srtpGuard(protection, masterKey(protection, local), masterKey(protection, remote));
};

/** A key and salt for what we send, as an offer or an answer holds them: base64, new for each medium (RFC 4568 §6.1). */
export const makeSdesKeys = (random: Random, suite: CryptoSuite): string => {
  const { keyBytes, saltBytes } = protectionOf(suite);
  return Buffer.from(random.bytes(keyBytes + saltBytes)).toString('base64');
};

const protectionOf = (suite: CryptoSuite): Protection => {
  if (suite === 'F8_128_HMAC_SHA1_80')
    throw new RangeError(`The suite ${suite} is not known here: offer one of ${SDES_SUITES.join(', ')}`);
  return PROTECTIONS[suite];
};

const masterKey = ({ keyBytes, saltBytes }: Protection, { key, masterKeyIndex }: CryptoValue): MasterKey => {
  const bytes = new Uint8Array(Buffer.from(key, 'base64'));
  if (bytes.length !== keyBytes + saltBytes)
    throw new RangeError(`A key of ${bytes.length} bytes: the suite wants ${keyBytes + saltBytes}`);
  return {
    key: bytes.subarray(0, keyBytes),
    salt: bytes.subarray(keyBytes),
    ...(masterKeyIndex === undefined ? {} : { identifier: identifier(masterKeyIndex) }),
  };
};

/** The number, in as many bytes as the description says. */
const identifier = ({ value, bytes }: { readonly value: number; readonly bytes: number }): Uint8Array => {
  const written = new Uint8Array(bytes);
  let rest = value;
  for (let at = bytes - 1; at >= 0 && rest > 0; at--) {
    written[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return written;
};
