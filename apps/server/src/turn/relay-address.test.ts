import { describe, expect, it } from 'vitest';
import { isPrivate, relayAddresses } from './relay-address.ts';

const told = (listened: readonly string[], advertised?: string): string =>
  relayAddresses(listened, advertised)
    .map(({ address, advertised: as }) => (as === undefined ? address : `${address} as ${as}`))
    .join(', ');

describe('the addresses of relays', () => {
  it.each([
    [
      'are the public ones, where there are any',
      ['127.0.0.1', '10.0.0.5', '203.0.113.9', '203.0.113.10', '::1', 'fd00::5', '2001:db8::9'],
      undefined,
      '203.0.113.9, 203.0.113.10, 127.0.0.1, 2001:db8::9, ::1',
    ],
    ['are private where there are no others', ['127.0.0.1', '10.0.0.5'], undefined, '10.0.0.5, 127.0.0.1'],
    [
      'are told as the world knows them',
      ['127.0.0.1', '10.0.0.5', 'fd00::5'],
      '198.51.100.7',
      '10.0.0.5 as 198.51.100.7, 127.0.0.1, fd00::5',
    ],
    ['need no such help where they are public', ['203.0.113.9'], '198.51.100.7', '203.0.113.9'],
    ['know no names', ['10.0.0.5'], 'turn.example', '10.0.0.5'],
    ['are loopback where nothing else is listened at', ['127.0.0.1', '::1'], undefined, '127.0.0.1, ::1'],
    [
      'are never loopback alone for those outside',
      ['127.0.0.1', '::1', '10.0.0.5'],
      undefined,
      '10.0.0.5, 127.0.0.1',
    ],
  ])('%s', (_, listened, advertised, expected) => {
    expect(told(listened, advertised)).toBe(expected);
  });

  it.each([
    ['10.1.2.3', true],
    ['172.16.0.1', true],
    ['172.32.0.1', false],
    ['100.64.0.1', true],
    ['100.128.0.1', false],
    ['192.168.0.1', true],
    ['169.254.1.1', true],
    ['127.0.0.1', true],
    ['::1', true],
    ['fd12::1', true],
    ['fe80::1', true],
    ['2001:db8::1', false],
    ['8.8.8.8', false],
  ])('%s is private: %s', (address, expected) => {
    expect(isPrivate(address)).toBe(expected);
  });
});
