import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Nat64 } from './nat64.ts';

/** RFC 6052 §2.4, table 1: 192.0.2.33 under each length of prefix. */
const VECTORS = [
  ['2001:db8::', 32, '2001:db8:c000:221::'],
  ['2001:db8:100::', 40, '2001:db8:1c0:2:21::'],
  ['2001:db8:122::', 48, '2001:db8:122:c000:2:2100::'],
  ['2001:db8:122:300::', 56, '2001:db8:122:3c0:0:221::'],
  ['2001:db8:122:344::', 64, '2001:db8:122:344:c0:2:2100:0'],
  ['2001:db8:122:344::', 96, '2001:db8:122:344::c000:221'],
] as const;

/** What a DNS64 with the same prefixes says of ipv4only.arpa: 192.0.0.170. */
const LEARNT = [
  '2001:db8:c000:aa::',
  '2001:db8:1c0:0:aa::',
  '2001:db8:122:c000:0:aa00::',
  '2001:db8:122:3c0:0:aa::',
  '2001:db8:122:344:c0:0:aa00:0',
  '2001:db8:122:344::c000:aa',
];

describe('Nat64', () => {
  test.each(VECTORS.map((vector, index) => [...vector, LEARNT[index]!] as const))(
    'learns %s/%i and reaches 192.0.2.33 by %s (RFC 6052 §2.4)',
    (_prefix, _length, reached, learnt) => {
      expect(Nat64.learn([learnt])?.reach('192.0.2.33')).toBe(reached);
    },
  );

  test('leaves IPv6 as it is', () => {
    expect(Nat64.learn(['64:ff9b::c000:ab'])?.reach('2001:db8::1')).toBe('2001:db8::1');
  });

  test('learns nothing where there is nothing, or more than one way to read it', () => {
    expect(Nat64.learn([])).toBeUndefined();
    expect(Nat64.learn(['192.0.0.170', '2001:db8::1'])).toBeUndefined();
    expect(Nat64.learn(['2001:db8:c000:aa::c000:aa'])).toBeUndefined();
    expect(Nat64.learn(['2001:db8:c000:aa::c000:aa', '64:ff9b::192.0.0.170'])?.reach('192.0.2.1')).toBe(
      '64:ff9b::c000:201',
    );
  });

  test('any addresses: a prefix or none, never an exception', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.ipV4(), fc.ipV6())), fc.ipV4(), (addresses, address) => {
        const reached = Nat64.learn(addresses)?.reach(address);
        if (reached !== undefined) expect(reached).toContain(':');
      }),
    );
  });

  test('gives candidates of IPv4 a second self, and names none', () => {
    const nat64 = Nat64.learn(['64:ff9b::c000:aa']);
    const candidate = {
      foundation: '1',
      component: 1,
      transport: 'udp',
      priority: 1,
      address: '192.0.2.33',
      port: 9,
      type: 'host',
    } as const;
    expect(nat64?.candidate(candidate)).toEqual({
      ...candidate,
      foundation: '641',
      address: '64:ff9b::c000:221',
    });
    for (const address of ['2001:db8::1', 'a1b2.local', '999.0.2.33'])
      expect(nat64?.candidate({ ...candidate, address })).toBeUndefined();
  });
});
