import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import type { Certificate } from '../transport-options.ts';
import { contextTag, der, objectIdentifier, sequence, TAG, time } from './der.ts';

const LIFE_DAYS = 730;
const DAY_MS = 86_400_000;
/** Clocks of phones are late. */
const BEFORE_MS = DAY_MS;
const LONGEST_COMMON_NAME = 64;

const ECDSA_WITH_SHA256 = sequence(objectIdentifier('1.2.840.10045.4.3.2'));
const COMMON_NAME = '2.5.4.3';
const BASIC_CONSTRAINTS = '2.5.29.19';
const EXTENDED_KEY_USAGE = '2.5.29.37';
const SUBJECT_ALTERNATIVE_NAME = '2.5.29.17';
const SERVER_AUTHENTICATION = objectIdentifier('1.3.6.1.5.5.7.3.1');
const CLIENT_AUTHENTICATION = objectIdentifier('1.3.6.1.5.5.7.3.2');

/**
 * Makes a certificate that signs itself, for two years, and its key (ECDSA P-256): what a server starts with until it is
 * given a real one.
 *
 * @param names domains and addresses. A domain becomes a DNS name, for browsers, and a `sip:` URI (RFC 5922 §7.1).
 */
export const makeSelfSignedCertificate = (names: readonly string[], now = new Date()): Certificate => {
  if (names.length === 0) throw new Error('A certificate needs a name: give it a domain or an address');
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const publicInfo = publicKey.export({ type: 'spki', format: 'der' });
  const body = toBeSigned(names, publicInfo, now);
  const signature = der(TAG.bitString, Buffer.of(0), sign('sha256', body, privateKey));
  return {
    certificatePem: pem(sequence(body, ECDSA_WITH_SHA256, signature)),
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
};

/** TBSCertificate (RFC 5280 §4.1), version 3. */
const toBeSigned = (names: readonly string[], publicInfo: Uint8Array, now: Date): Buffer => {
  const commonName = (names[0] ?? '').slice(0, LONGEST_COMMON_NAME);
  const subject = sequence(
    der(TAG.set, sequence(objectIdentifier(COMMON_NAME), der(TAG.utf8String, Buffer.from(commonName)))),
  );
  const validity = sequence(
    time(new Date(now.getTime() - BEFORE_MS)),
    time(new Date(now.getTime() + LIFE_DAYS * DAY_MS)),
  );
  const version = der(contextTag(0, true), der(TAG.integer, Buffer.of(2)));
  const extensions = der(contextTag(3, true), sequence(...extensionsFor(names)));
  return sequence(
    version,
    serialNumber(),
    ECDSA_WITH_SHA256,
    subject,
    validity,
    subject,
    publicInfo,
    extensions,
  );
};

const extensionsFor = (names: readonly string[]): Buffer[] => [
  extension(BASIC_CONSTRAINTS, true, sequence()),
  extension(EXTENDED_KEY_USAGE, false, sequence(SERVER_AUTHENTICATION, CLIENT_AUTHENTICATION)),
  extension(SUBJECT_ALTERNATIVE_NAME, false, sequence(...names.flatMap(alternativeNames))),
];

const extension = (id: string, critical: boolean, value: Buffer): Buffer => {
  const flag = critical ? [der(TAG.boolean, Buffer.of(0xff))] : [];
  return sequence(objectIdentifier(id), ...flag, der(TAG.octetString, value));
};

/** GeneralName (RFC 5280 §4.2.1.6): 2 is a DNS name, 6 a URI, 7 an address. */
const alternativeNames = (name: string): Buffer[] =>
  isIP(name) === 0
    ? [
        der(contextTag(2), Buffer.from(name, 'latin1')),
        der(contextTag(6), Buffer.from(`sip:${name}`, 'latin1')),
      ]
    : [der(contextTag(7), addressBytes(name))];

const addressBytes = (address: string): Buffer => {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const [left = '', right] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (half: string | undefined): string[] => (half ? half.split(':') : []);
  const zeros = right === undefined ? 0 : 8 - groups(left).length - groups(right).length;
  const all = [...groups(left), ...new Array<string>(zeros).fill('0'), ...groups(right)];
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
};

/** Positive, and not to be guessed (RFC 5280 §4.1.2.2). */
const serialNumber = (): Buffer => {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return der(TAG.integer, bytes);
};

const pem = (certificate: Buffer): string => {
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
};
