import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressBytes, addressText, canonicalAddress } from './ip.ts';
import { AddressPool, parsePrefix, prefixHolds } from './prefix.ts';

describe('addresses', () => {
  it('have one spelling (RFC 5952)', () => {
    expect(canonicalAddress('2001:DB8:0:0:1:0:0:1')).toBe('2001:db8::1:0:0:1');
    expect(canonicalAddress('2001:db8:0:1:1:1:1:1')).toBe('2001:db8:0:1:1:1:1:1');
    expect(canonicalAddress('::ffff:192.0.2.1%eth0')).toBe('::ffff:c000:201');
    expect(canonicalAddress('0:0:0:0:0:0:0:0')).toBe('::');
    expect(canonicalAddress('192.0.2.1')).toBe('192.0.2.1');
  });

  it('are bytes and text of the same', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
        const text = canonicalAddress(address);
        expect(addressText(addressBytes(text))).toBe(text);
        expect(addressBytes(text)).toEqual(addressBytes(address));
      }),
    );
  });

  it.each([
    '',
    '1.2.3',
    '1.2.3.256',
    '1.2.3.4.5',
    '::1::',
    '1:2:3',
    ':1',
    '12345::',
    '1:2:3:4:5:6:7:8::',
    'x',
  ])('are not: "%s"', (text) => {
    expect(() => addressBytes(text)).toThrow('is no IP address');
  });

  it('are in a prefix or not', () => {
    expect(prefixHolds(parsePrefix('100.64.0.0/10'), '100.127.255.255')).toBe(true);
    expect(prefixHolds(parsePrefix('100.64.0.0/10'), '100.128.0.0')).toBe(false);
    expect(prefixHolds(parsePrefix('64:ff9b::/96'), '64:ff9b::1.2.3.4')).toBe(true);
    expect(prefixHolds(parsePrefix('0.0.0.0/0'), '64:ff9b::')).toBe(false);
    expect(() => parsePrefix('10.0.0.0/33')).toThrow('is no prefix');
  });

  it('are given out once, until none is left', () => {
    const pool = new AddressPool(['10.0.0.0/30', '10.0.1.0/29']);
    const taken = new Set(['10.0.1.3']);
    const given = Array.from({ length: 7 }, () => pool.take((address) => taken.has(address)));
    expect(given.join(' ')).toBe('10.0.0.1 10.0.0.2 10.0.1.1 10.0.1.2 10.0.1.4 10.0.1.5 10.0.1.6');
    expect(() => pool.take(() => false)).toThrow('no address is left');
  });
});
