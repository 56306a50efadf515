import { describe, expect, test } from 'vitest';
import { addressIdentities, identityDefect, sipIdentities } from './sip-identities.ts';

const names = (subjectaltname: string, CN?: string) => ({ subjectaltname, subject: { CN } });

describe('sipIdentities (RFC 5922 §7.1)', () => {
  test('sip: URIs come first, and DNS names count only where there is none', () => {
    expect(sipIdentities(names('DNS:dns.example, URI:sip:Example.ORG, URI:sip:b.example'))).toEqual([
      'example.org',
      'b.example',
    ]);
    expect(sipIdentities(names('DNS:Dns.Example, URI:https://web.example'))).toEqual(['dns.example']);
  });

  test('URIs with a user, sips: and im: URIs are no domains', () => {
    expect(
      sipIdentities(names('URI:sip:alice@example.org, URI:sips:a.example, URI:im:b, DNS:c.example')),
    ).toEqual(['c.example']);
  });

  test('the common name counts only without a subjectAltName', () => {
    expect(sipIdentities({ subject: { CN: 'Example.org' } })).toEqual(['example.org']);
    expect(sipIdentities(names('IP Address:192.0.2.1', 'example.org'))).toEqual([]);
    expect(sipIdentities({})).toEqual([]);
  });

  test('wildcards match nothing (§7.2)', () => {
    expect(sipIdentities(names('DNS:*.example.org, DNS:example.org'))).toEqual(['example.org']);
  });

  test('a name with a comma in it does not become two', () => {
    expect(sipIdentities(names('DNS:"evil.example, DNS:example.org", DNS:c.example'))).toEqual([
      'evil.example, dns:example.org',
      'c.example',
    ]);
  });
});

test('addressIdentities: IPv6 in one spelling', () => {
  expect(addressIdentities(names('IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1'))).toEqual([
    '192.0.2.1',
    '2001:db8::1',
  ]);
});

describe('identityDefect', () => {
  test('exact names without regard to case, and addresses', () => {
    const certificate = names('DNS:example.org, IP Address:2001:DB8:0:0:0:0:0:1');
    expect(identityDefect('Example.ORG', certificate)).toBeUndefined();
    expect(identityDefect('2001:db8:0::1', certificate)).toBeUndefined();
    expect(identityDefect('sip.example.org', certificate)).toBe(
      'the certificate is for example.org, not for sip.example.org',
    );
    expect(identityDefect('192.0.2.1', names('DNS:192.0.2.1'))).toBe(
      'the certificate is for no address, not for 192.0.2.1',
    );
  });
});
