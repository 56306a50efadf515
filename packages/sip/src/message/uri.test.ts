import { describe, expect, it } from 'vitest';
import { isMalformed } from './malformed.ts';
import {
  equalUris,
  escapeUser,
  formatSipUri,
  isHost,
  isIpv4,
  isIpv6,
  isSipUri,
  parseSipUriOnly,
  parseUri,
  type SipUri,
  unescapeUri,
} from './uri.ts';

const sip = (text: string): SipUri => {
  const uri = parseUri(text);
  if (isMalformed(uri) || !isSipUri(uri)) throw new Error(`${text} was not read as a SIP URI`);
  return uri;
};

const equal = (left: string, right: string): boolean => {
  const there = equalUris(sip(left), sip(right));
  expect(equalUris(sip(right), sip(left)), 'equality has no direction').toBe(there);
  return there;
};

describe('comparison: the examples of RFC 3261 §19.1.4', () => {
  it.each([
    ['sip:%61lice@atlanta.com;transport=TCP', 'sip:alice@AtLanTa.CoM;Transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;newparam=5'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;security=on'],
    ['sip:carol@chicago.com;newparam=5', 'sip:carol@chicago.com;security=on'],
    [
      'sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com',
      'sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com',
    ],
    [
      'sip:alice@atlanta.com?subject=project%20x&priority=urgent',
      'sip:alice@atlanta.com?priority=urgent&subject=project%20x',
    ],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;security=off'],
  ])('%s equals %s', (left, right) => expect(equal(left, right)).toBe(true));

  it.each([
    ['SIP:ALICE@AtLanTa.CoM;Transport=udp', 'sip:alice@AtLanTa.CoM;Transport=UDP'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:5060'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com;transport=udp'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:6000;transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com?Subject=next%20meeting'],
    ['sip:bob@phone21.boxesbybob.com', 'sip:bob@192.0.2.4'],
    ['sip:carol@chicago.com;security=on', 'sip:carol@chicago.com;security=off'],
  ])('%s is not %s', (left, right) => expect(equal(left, right)).toBe(false));
});

describe('comparison: its rules', () => {
  it.each([
    ['sip:a@b', 'sips:a@b', false],
    ['sip:a@b', 'sip:b', false],
    ['sip:a:x@b', 'sip:a@b', false],
    ['sip:a:x@b', 'sip:a:%78@b', true],
    ['sip:a:x@b', 'sip:a:X@b', false],
    ['sip:a@b;user=phone', 'sip:a@b', false],
    ['sip:a@b;maddr=192.0.2.1', 'sip:a@b', false],
    ['sip:a@b;ttl=1', 'sip:a@b', false],
    ['sip:a@b;method=INVITE', 'sip:a@b', false],
    ['sip:a@b;lr', 'sip:a@b', true],
    ['sip:a@b;x=%41', 'sip:a@b;X=a', true],
    ['sip:a@b:5060', 'sip:a@b:05060', true],
    ['sip:a@[2001:DB8::1]', 'sip:a@[2001:db8::1]', true],
    ['sip:a@b?subject=x', 'sip:a@b?Subject=x', true],
    ['sip:a@b?subject=x', 'sip:a@b?subject=y', false],
  ])('%s and %s: %s', (left, right, expected) => expect(equal(left, right)).toBe(expected));
});

describe('reading', () => {
  it('takes every part', () => {
    const uri = sip('sips:al%20ice:pa55@Host.Example:5071;transport=tcp;lr?subject=x&y=z');
    expect(uri).toMatchObject({
      scheme: 'sips',
      user: 'al%20ice',
      password: 'pa55',
      host: 'host.example',
      port: 5071,
      headers: 'subject=x&y=z',
    });
    expect(uri.parameters.get('TRANSPORT')).toBe('tcp');
    expect(uri.parameters.has('lr')).toBe(true);
    expect(uri.text).toBe('sips:al%20ice:pa55@Host.Example:5071;transport=tcp;lr?subject=x&y=z');
  });

  it.each([
    ['sip:host.example', undefined, 'host.example', undefined],
    ['sip:[2001:db8::1]', undefined, '[2001:db8::1]', undefined],
    ['sip:a@[::ffff:192.0.2.1]:5062', 'a', '[::ffff:192.0.2.1]', 5062],
    ['sip:user;par=u%40example.net@example.com', 'user;par=u%40example.net', 'example.com', undefined],
    ["sip:a-_.!~*'()&=+$,;?/@b", "a-_.!~*'()&=+$,;?/", 'b', undefined],
    ['sip:+1555;phone-context=+1@b;user=phone', '+1555;phone-context=+1', 'b', undefined],
    ['sip:b?to=sip:a@c', undefined, 'b', undefined],
    ['sip:b:5060;lr?to=sip:a@c', undefined, 'b', 5060],
  ])('%s', (text, user, host, port) => expect(sip(text)).toMatchObject({ user, host, port }));

  it('keeps other schemes whole', () => {
    expect(parseUri('tel:+1-555-0100;ext=5')).toEqual({ scheme: 'tel', text: 'tel:+1-555-0100;ext=5' });
    expect(isMalformed(parseSipUriOnly('tel:+1555'))).toBe(true);
  });

  it.each([
    '',
    'alice@example.com',
    ':a@b',
    'sip:',
    'sip:@b',
    'sip:a@',
    'sip:a b@c',
    'sip:a@b c',
    'sip:a@b:',
    'sip:a@b:x',
    'sip:a@b:65536',
    'sip:a@b:5060x',
    'sip:a@[2001:db8::1',
    'sip:a@[2001:db8::1::2]',
    'sip:a@[12345::]',
    'sip:a@-b',
    'sip:a@b..c',
    'sip:a%4@b',
    'sip:a%zz@b',
    'sip:a"b@c',
    'sip:a@b;x=<y>',
    'sip:a@b>',
    '1sip:a@b',
  ])('refuses "%s"', (text) => expect(isMalformed(parseUri(text))).toBe(true));
});

describe('hosts and addresses', () => {
  it.each([
    ['192.0.2.1', true],
    ['256.0.2.1', false],
    ['192.0.2', false],
    ['192.0.2.1.1', false],
    ['192.0.2.', false],
  ])('IPv4 %s: %s', (text, expected) => expect(isIpv4(text)).toBe(expected));

  it.each([
    ['::', true],
    ['::1', true],
    ['2001:db8:0:0:0:0:0:1', true],
    ['2001:db8::192.0.2.1', true],
    ['1:2:3:4:5:6:7', false],
    ['1:2:3:4:5:6:7:8:9', false],
    ['1::2::3', false],
    [':1', false],
    ['::192.0.2.256', false],
    ['fe80::1%eth0', false],
    ['g::', false],
  ])('IPv6 %s: %s', (text, expected) => expect(isIpv6(text)).toBe(expected));

  it('names have letters, digits, dots and hyphens', () => {
    expect(['a', 'a.b', 'a-b.example', '[::1]'].every(isHost)).toBe(true);
    expect(['', '.a', '-a', 'a..b', 'a_b!', '[1.2.3.4]', '[]'].some(isHost)).toBe(false);
  });
});

describe('writing', () => {
  it('escapes the user and brackets IPv6', () => {
    expect(formatSipUri({ user: 'a b@c', host: '2001:db8::1', port: 5070, parameters: ';lr' })).toBe(
      'sip:a%20b%40c@[2001:db8::1]:5070;lr',
    );
    expect(formatSipUri({ scheme: 'sips', host: 'b' })).toBe('sips:b');
  });

  it('is undone by unescaping', () => {
    const user = 'a b"c%d<e>\u00e9;/?';
    expect(unescapeUri(escapeUser(user))).toBe(user);
    expect(isMalformed(parseUri(`sip:${escapeUser(user)}@b`))).toBe(false);
  });
});
