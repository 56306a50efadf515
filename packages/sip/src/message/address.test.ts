import { describe, expect, it } from 'vitest';
import { type AddressValue, addressOf, Contact, decodeAddress, encodeAddress, tagOf } from './address.ts';
import { isMalformed } from './malformed.ts';
import { parseUri, type Uri } from './uri.ts';

const read = (text: string): AddressValue => {
  const value = decodeAddress(text);
  if (isMalformed(value)) throw new Error(value.why);
  return value;
};

describe('addresses (RFC 3261 §20.10)', () => {
  it.each([
    ['<sip:a@b>', undefined, 'sip:a@b', ''],
    ['"Mr. Watson" <sip:watson@b>;q=0.7; expires=3600', 'Mr. Watson', 'sip:watson@b', ';q=0.7; expires=3600'],
    [
      'Anonymous <sip:c8oqz84zk7z@privacy.org>;tag=hyh8',
      'Anonymous',
      'sip:c8oqz84zk7z@privacy.org',
      ';tag=hyh8',
    ],
    ['A. Bell <sip:a@b>', 'A. Bell', 'sip:a@b', ''],
    ['caller<sip:a@b>;tag=1', 'caller', 'sip:a@b', ';tag=1'],
    ['"" <sip:a@b>', '', 'sip:a@b', ''],
    ['"a \\"b\\" \\\\" <sip:a@b>', 'a "b" \\', 'sip:a@b', ''],
    ['"<sip:no@no>, \\"" <sip:a@b>', '<sip:no@no>, "', 'sip:a@b', ''],
    ['sip:+12125551212@phone2net.com;tag=887s', undefined, 'sip:+12125551212@phone2net.com', ';tag=887s'],
    ['<sip:a@b;tag=uri?x=y>;tag=header', undefined, 'sip:a@b;tag=uri?x=y', ';tag=header'],
    ['<tel:+1555>', undefined, 'tel:+1555', ''],
  ])('%s', (text, displayName, uri, parameters) => {
    const value = read(text);
    expect([value.displayName, value.uri.text, value.parameters.text]).toEqual([
      displayName,
      uri,
      parameters,
    ]);
  });

  it('parameters without brackets belong to the header, within them to the URI', () => {
    expect(tagOf(read('sip:a@b;tag=1'))).toBe('1');
    expect(tagOf(read('<sip:a@b;tag=1>'))).toBeUndefined();
  });

  it.each([
    '',
    'alice',
    '<sip:a@b',
    '"open <sip:a@b>',
    '"Bell" Alexander <sip:a@b>',
    'Bell, Alexander <sip:a@b>',
    '< sip:a@b>',
    '<sip:a@b >',
    '<sip:a@b> tag=1',
    '<sip:a@b>;tag="open',
    '<sip:a@b>;=1',
    '<sip:a@b>;;',
    'sip:a@b?Route=%3Csip:c%3E',
  ])('refuses %s', (text) => expect(isMalformed(decodeAddress(text))).toBe(true));

  it('are written so that they are read the same', () => {
    for (const text of ['"a \\"b\\" \\\\" <sip:a@b;x>;tag=1', '<sips:a@b>', 'Bob <sip:a@b>;lr']) {
      const value = read(text);
      expect(read(encodeAddress(value))).toEqual(value);
    }
    expect(encodeAddress(addressOf(parseUri('sip:a@b') as Uri, ';tag=1'))).toBe('<sip:a@b>;tag=1');
  });

  it('Contact may be *', () => {
    expect(Contact.decode('*')).toBe('*');
    expect(Contact.encode('*')).toBe('*');
  });
});
