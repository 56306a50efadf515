import { instant } from '@ringdown/sans-io';
import { expect, test } from 'vitest';
import { HandshakePeer } from './handshake-peer.ts';

const at = (address: string, port: number) => ({ address, port });
const described = { rtp: at('192.0.2.1', 5004), rtcp: at('192.0.2.1', 5005) };

test('the one who is most like what was described takes the place of others, and keeps it', () => {
  const peer = new HandshakePeer();
  const judge = (address: string, port: number, now = 0) =>
    peer.standingOf(at(address, port), described, instant(now));
  expect(judge('198.51.100.66', 4_000)).toBe('peer');
  expect(judge('198.51.100.66', 4_001)).toBe('stranger');
  expect(judge('198.51.100.67', 5004)).toBe('another');
  expect(judge('192.0.2.1', 61_000)).toBe('another');
  expect(judge('192.0.2.1', 5004)).toBe('another');
  for (const [address, port] of [
    ['198.51.100.67', 5004],
    ['192.0.2.1', 61_000],
    ['198.51.100.66', 4_000],
  ] as const)
    expect(judge(address, port)).toBe('stranger');
  expect(judge('192.0.2.1', 5004)).toBe('peer');
  expect(peer.address).toEqual(at('192.0.2.1', 5004));
});

test('behind a NAT whoever has fallen silent gives way to who says something', () => {
  const peer = new HandshakePeer();
  expect(peer.standingOf(at('198.51.100.66', 4_000), described, instant(0))).toBe('peer');
  expect(peer.standingOf(at('203.0.113.9', 40_000), described, instant(1_000))).toBe('stranger');
  expect(peer.standingOf(at('203.0.113.9', 40_000), described, instant(3_000))).toBe('another');
  expect(peer.standingOf(at('198.51.100.66', 4_000), described, instant(3_100))).toBe('stranger');
});

test('the port of RTCP shakes hands by itself', () => {
  const peer = new HandshakePeer();
  expect(peer.standingOf(described.rtcp, described, instant(0))).toBe('stranger');
  const muxed = { rtp: described.rtp, rtcp: described.rtp };
  expect(peer.standingOf(described.rtp, muxed, instant(0))).toBe('peer');
});

test('before anything was described the first is the peer', () => {
  expect(new HandshakePeer().standingOf(at('192.0.2.1', 1), undefined, instant(0))).toBe('peer');
});
