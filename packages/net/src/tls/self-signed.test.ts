import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { makeSelfSignedCertificate } from './self-signed.ts';

const made = (names: string[], now?: Date) => {
  const { certificatePem, keyPem } = makeSelfSignedCertificate(names, now);
  return { certificate: new X509Certificate(certificatePem), key: createPrivateKey(keyPem) };
};

describe('makeSelfSignedCertificate', () => {
  test('signs itself, belongs to its key, and lasts two years', () => {
    const { certificate, key } = made(['example.org'], new Date('2026-11-22T12:00:00Z'));
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.checkPrivateKey(key)).toBe(true);
    expect(key.asymmetricKeyDetails).toMatchObject({ namedCurve: 'prime256v1' });
    expect(certificate.subject).toBe('CN=example.org');
    expect(certificate.issuer).toBe(certificate.subject);
    expect(certificate.ca).toBe(false);
    expect(certificate.validFrom).toBe('Nov 21 12:00:00 2026 GMT');
    expect(certificate.validTo).toBe('Nov 21 12:00:00 2028 GMT');
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
  });

  test('names domains as DNS name and SIP URI, addresses as addresses', () => {
    const { certificate } = made(['example.org', 'b.example', '192.0.2.1', '2001:db8::a:1', '::1']);
    expect(certificate.subjectAltName).toBe(
      'DNS:example.org, URI:sip:example.org, DNS:b.example, URI:sip:b.example, IP Address:192.0.2.1, ' +
        'IP Address:2001:DB8:0:0:0:0:A:1, IP Address:0:0:0:0:0:0:0:1',
    );
  });

  test('is new each time, and its years may go beyond 2049', () => {
    const [first, second] = [made(['a']).certificate, made(['a']).certificate];
    expect(first.serialNumber).not.toBe(second.serialNumber);
    expect(first.fingerprint256).not.toBe(second.fingerprint256);
    expect(made(['a'], new Date('2049-06-01T00:00:00Z')).certificate.validTo).toBe(
      'Jun  1 00:00:00 2051 GMT',
    );
  });

  test('long names fit, no name does not', () => {
    const long = `${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.example`;
    expect(made([long]).certificate.checkHost(long)).toBe(long);
    expect(() => makeSelfSignedCertificate([])).toThrow('needs a name');
  });
});
