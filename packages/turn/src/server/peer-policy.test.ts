import { addressBytes } from '@ringdown/stun';
import { describe, expect, test } from 'vitest';
import { AddressPrefix } from './address-prefix.ts';
import { embeddedAddresses } from './embedded-address.ts';
import { PeerPolicy, type PeerPolicyOptions } from './peer-policy.ts';

const judge = (address: string, options: PeerPolicyOptions = {}, own: readonly string[] = []): string => {
  const policy = new PeerPolicy(options);
  policy.own = own;
  return policy.judge(addressBytes(address)).kind;
};

describe('PeerPolicy', () => {
  test.each(
    '0.1.2.3 10.255.0.1 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.8 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.9 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255 :: ::1 ::7 fc00::1 fdff::1 fe80::1 febf::1 fec0::1 ff02::1 100::1 2001:2::1 2001:10::1 2001:20::1 2001:db8::1 3fff::1 4000::1 5f00::1 64:ff9b:1::1 64:ff9b:2::1'.split(
      ' ',
    ),
  )('%s is denied', (address) => expect(judge(address)).toBe('denied'));

  test.each(
    '1.1.1.1 9.255.255.255 11.0.0.1 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 192.167.0.1 198.17.0.1 198.20.0.1 223.255.255.255 2a00::1 2001:4860::8888 2001:db7::1 3ffe::1 64:ff9b::8.8.8.8 2002:808:808::1'.split(
      ' ',
    ),
  )('%s is allowed', (address) => expect(judge(address)).toBe('allowed'));

  test.each(
    '::ffff:10.0.0.1 ::ffff:8.8.8.8 ::10.0.0.1 ::ffff:0:10.0.0.1 64:ff9b::10.0.0.1 64:ff9b::7f00:1 64:ff9b:1::8.8.8.8 2002:a00:1::1 2002:7f00:1:: 2001:0:a00:1::1 2001:0:808:808::f5ff:fffe 2001:0:808:808::80ff:fffe 2a00::5efe:10.0.0.1 2a00::200:5efe:192.168.0.1'.split(
      ' ',
    ),
  )('%s, where IPv4 is embedded, is denied', (address) => expect(judge(address)).toBe('denied'));

  test('what is opened is allowed in its prefix and nowhere else', () => {
    const lab = { allowedPeers: ['10.1.0.0/16', 'fd00:1::/32', '127.0.0.1'] };
    expect(judge('10.1.2.3', lab)).toBe('allowed');
    expect(judge('10.2.2.3', lab)).toBe('denied');
    expect(judge('127.0.0.1', lab)).toBe('allowed');
    expect(judge('127.0.0.2', lab)).toBe('denied');
    expect(judge('fd00:1::9', lab)).toBe('allowed');
    expect(judge('fd00:2::9', lab)).toBe('denied');
    expect(judge('64:ff9b::10.1.2.3', lab)).toBe('allowed');
    expect(judge('64:ff9b::10.2.2.3', lab)).toBe('denied');
    expect(judge('::ffff:10.1.2.3', lab)).toBe('denied');
  });

  test("the operator's own denials are not opened", () => {
    const both = { allowedPeers: ['8.0.0.0/8', '10.0.0.0/8'], deniedPeers: ['8.8.8.8', '10.9.0.0/16'] };
    expect(judge('8.8.8.8', both)).toBe('denied');
    expect(judge('8.8.8.9', both)).toBe('allowed');
    expect(judge('10.9.0.1', both)).toBe('denied');
    expect(judge('64:ff9b::8.8.8.8', both)).toBe('denied');
  });

  test('own addresses: only a prefix of nothing but one opens it, and embedded they are denied', () => {
    const own = ['5.5.5.5', '2a00:5::5', '10.0.0.5'];
    for (const address of own) expect(judge(address, {}, own)).toBe('own');
    expect(judge('10.0.0.5', { allowedPeers: ['10.0.0.0/8'] }, own)).toBe('own');
    expect(judge('10.0.0.5', { allowedPeers: ['10.0.0.5/32'] }, own)).toBe('allowed');
    expect(judge('10.0.0.6', { allowedPeers: ['10.0.0.0/8'] }, own)).toBe('allowed');
    const here = ['127.0.0.1', '::1'];
    expect(judge('127.0.0.1', { allowedPeers: ['127.0.0.0/8'] }, here)).toBe('allowed');
    expect(judge('127.0.0.1', { allowedPeers: ['0.0.0.0/0'] }, here)).toBe('own');
    expect(judge('::1', { allowedPeers: ['::1/128'] }, here)).toBe('allowed');
    expect(judge('::1')).toBe('denied');
    expect(judge('::')).toBe('denied');
    for (const disguise of ['64:ff9b::5.5.5.5', '2002:505:505::1', '::ffff:5.5.5.5', '2a00::5efe:505:505'])
      expect(judge(disguise, {}, own)).toBe('denied');
  });

  test.each(['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/x', '::/129', '10.0.0.0/-1'])('%s is no prefix', (text) =>
    expect(() => new AddressPrefix(text)).toThrow(RangeError),
  );

  test('a prefix whose length ends within a byte', () => {
    const prefix = new AddressPrefix('172.16.0.0/12');
    expect(prefix.contains(addressBytes('172.31.255.255'))).toBe(true);
    expect(prefix.contains(addressBytes('172.32.0.0'))).toBe(false);
    expect(new AddressPrefix('0.0.0.0/0').contains(addressBytes('9.9.9.9'))).toBe(true);
  });
});

describe('embeddedAddresses', () => {
  const found = (address: string): string[] =>
    embeddedAddresses(addressBytes(address)).map((bytes) => bytes.join('.'));

  test.each([
    ['::ffff:1.2.3.4', ['1.2.3.4']],
    ['::1.2.3.4', ['1.2.3.4']],
    ['::ffff:0:1.2.3.4', ['1.2.3.4']],
    ['64:ff9b::1.2.3.4', ['1.2.3.4']],
    ['64:ff9b:1::1.2.3.4', ['1.2.3.4']],
    ['2002:102:304::', ['1.2.3.4']],
    ['2001:0:102:304::fefd:fcfb', ['1.2.3.4', '1.2.3.4']],
    ['2a00:1::5efe:1.2.3.4', ['1.2.3.4']],
    ['2a00:1::200:5efe:1.2.3.4', ['1.2.3.4']],
    ['2a00:1::1.2.3.4', []],
  ])('%s embeds %j', (address, embedded) => expect(found(address)).toEqual(embedded));

  test('within the local-use prefix at every place of RFC 6052 §2.2', () => {
    expect(found('64:ff9b:1:102:3:400::')).toContain('1.2.3.4');
    expect(found('64:ff9b:1:aa01:2:304::')).toContain('1.2.3.4');
    expect(found('64:ff9b:1:aabb:1:203:400::')).toContain('1.2.3.4');
    expect(found('64:ff9b:1:aabb::1.2.3.4')).toContain('1.2.3.4');
  });
});
