import { seededRandom } from '@ringdown/sans-io';
import { describe, expect, it } from 'vitest';
import { canonicalDomain, DEFAULT_DOMAIN, realmFor, whyNoDomain } from './realm.ts';

const realm = (domain: string, seed = 1): string => realmFor(domain, seededRandom(seed));

describe('the realm of a domain', () => {
  it('is the name where nobody else can have that', () => {
    expect(realm('radio.example')).toBe('radio.example');
    expect(realm('sip.radio.example')).toBe('sip.radio.example');
  });

  it.each([DEFAULT_DOMAIN, 'pbx.local', 'localhost', 'studio', 'a.home.arpa', 'box.lan'])(
    'is %s behind something random, for others have that name too',
    (name) => {
      expect(realm(name)).toMatch(new RegExp(`^[a-z0-9]{10}\\.${name.replaceAll('.', '\\.')}$`));
      expect(realm(name, 1)).not.toBe(realm(name, 2));
    },
  );

  it.each(['192.0.2.1', '127.0.0.1', '[2001:db8::1]'])('does not contain the address %s', (address) => {
    expect(realm(address)).toMatch(/^[a-z0-9]{10}\.ringdown\.internal$/);
  });
});

describe('a domain name', () => {
  it('is stored in lower case, without a closing dot, IPv6 in brackets', () => {
    expect(canonicalDomain('Radio.Example.')).toBe('radio.example');
    expect(canonicalDomain('2001:DB8::1')).toBe('[2001:db8::1]');
  });

  it.each(['radio.example', 'localhost', 'xn--bcher-kva.example', '192.0.2.1', '[::1]', '3com.example'])(
    'may be %s',
    (name) => {
      expect(whyNoDomain(name)).toBe(undefined);
    },
  );

  it.each([
    ['', 'it is empty'],
    ['bücher.example', 'it has letters outside ASCII: write it in its "xn--" form'],
    ['radio..example', 'it has an empty part between its dots'],
    ['-radio.example', '"-radio" is no part of a host name (letters, digits and hyphens, at most 63)'],
    ['a b', '"a b" is no part of a host name (letters, digits and hyphens, at most 63)'],
    [
      'radio.example:5060',
      '"example:5060" is no part of a host name (letters, digits and hyphens, at most 63)',
    ],
    ['192.0.2.256', 'its last part is a number'],
    ['[::g]', 'it is no IPv6 address'],
    [`${'a.'.repeat(127)}example`, 'it is longer than 253 characters'],
  ])('may not be %j: %s', (name, why) => {
    expect(whyNoDomain(name)).toBe(why);
  });
});
