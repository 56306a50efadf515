import { expect, test } from 'vitest';
import { classifyDatagram } from './first-byte.ts';

const datagram = (...start: number[]): Uint8Array => {
  const bytes = new Uint8Array(20);
  bytes.set(start);
  return bytes;
};

test.each([
  [0, 'stun'],
  [3, 'stun'],
  [4, 'unknown'],
  [16, 'zrtp'],
  [19, 'zrtp'],
  [20, 'dtls'],
  [63, 'dtls'],
  [64, 'turn channel'],
  [79, 'turn channel'],
  [80, 'unknown'],
  [127, 'unknown'],
  [128, 'rtp'],
  [191, 'rtp'],
  [192, 'unknown'],
])('RFC 7983 §7: a first byte of %i is %s', (first, protocol) => {
  expect(classifyDatagram(datagram(first, 0))).toBe(protocol);
});

test.each([
  [191, 'rtp'],
  [192, 'rtcp'],
  [200, 'rtcp'],
  [223, 'rtcp'],
  [224, 'rtp'],
])('RFC 5761 §4: a second byte of %i is %s', (second, protocol) => {
  expect(classifyDatagram(datagram(0x80, second))).toBe(protocol);
});

test('what is too short is nothing', () => {
  expect(classifyDatagram(new Uint8Array(0))).toBe('unknown');
  expect(classifyDatagram(Uint8Array.of(0x80))).toBe('unknown');
  expect(classifyDatagram(Uint8Array.of(0x80, 200, 0))).toBe('unknown');
  expect(classifyDatagram(Uint8Array.of(0x80, 0, 0, 0, 0))).toBe('unknown');
});
