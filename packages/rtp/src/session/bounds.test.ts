import { instant, seededRandom, TimingWheel, wallTime } from '@ringdown/sans-io';
import { describe, expect, test } from 'vitest';
import { parseRtp, RtpPacket } from '../packet/rtp-packet.ts';
import { writeRtp } from '../packet/rtp-writer.ts';
import { PeerLatch } from './peer-latch.ts';
import { Prospects } from './prospects.ts';
import { RemoteSources } from './remote-sources.ts';
import { RtpSession } from './rtp-session.ts';
import { SequenceWindow } from './sequence-window.ts';
import { SourceSequence } from './source-sequence.ts';

const packet = (ssrc: number, sequence: number): RtpPacket => {
  const parsed = parseRtp(
    writeRtp({ payloadType: 0, ssrc, sequence, timestamp: 0, payload: new Uint8Array(1) }),
  );
  if (!(parsed instanceof RtpPacket)) throw new Error(parsed.why);
  return parsed;
};

const host = (port: number) => ({ address: '192.0.2.1', port });
const now = instant(0);

test('what is older than the window is too old, however often its slot was used', () => {
  const window = new SequenceWindow();
  for (let sequence = 0; sequence < 3_000; sequence += 2) expect(window.accept(sequence)).toBe('new');
  expect(window.accept(2_999)).toBe('new');
  expect(window.accept(2_997)).toBe('new');
  expect(window.accept(2_997)).toBe('duplicate');
  expect(window.accept(1)).toBe('too old');
  expect(window.accept(2_999 - 1_024)).toBe('too old');
});

test('of those who want to be sources the oldest goes', () => {
  const prospects = new Prospects(2, 100);
  for (const ssrc of [1, 2, 3]) prospects.prove(packet(ssrc, 10), host(1));
  expect(prospects.prove(packet(1, 11), host(1))).toBeUndefined();
  expect(prospects.prove(packet(3, 11), host(1))).toBeDefined();
  expect(prospects.prove(packet(3, 12), host(1))).toBeUndefined();
});

test('one who begins at another address has proved nothing yet', () => {
  const prospects = new Prospects(4, 100);
  prospects.prove(packet(1, 10), host(1));
  expect(prospects.prove(packet(1, 11), host(2))).toBeUndefined();
});

describe('sources', () => {
  test('the longest silent one goes where they are too many', () => {
    const sources = new RemoteSources(2);
    for (const ssrc of [1, 2, 3]) sources.add(ssrc, new SourceSequence(0, 100), instant(ssrc));
    expect([1, 2, 3].map((ssrc) => sources.get(ssrc)?.ssrc)).toEqual([undefined, 2, 3]);
    for (let ssrc = 10; ssrc < 100; ssrc++) sources.reported(ssrc, now);
    expect(sources.members).toBe(4);
  });

  test('a stream is gone on with by what comes next, and not by what has come', () => {
    const sources = new RemoteSources(2);
    const source = sources.add(1, new SourceSequence(9, 100), now);
    for (const sequence of [9, 10, 11]) source.accept(packet(1, sequence));
    expect([10, 11, 12, 3_010, 3_011, 40_000].map((one) => source.isContinuedBy(one))).toEqual([
      false,
      false,
      true,
      true,
      false,
      false,
    ]);
  });
});

test('a new description forgets what was learned, the same one does not', () => {
  const latch = new PeerLatch('symmetric', 2_000, host(1));
  latch.latch(host(2), now);
  latch.setRemote(host(1));
  expect(latch.destination).toEqual(host(2));
  latch.setRemote(host(3));
  expect(latch.destination).toEqual(host(3));
  expect(latch.standingOf(host(2), now)).toBe('candidate');
});

test('somebody who sends as the copy from far ahead does not silence the original (RFC 7198)', () => {
  const clock = { now: () => now, wallTime: () => wallTime(0) };
  const heard: number[] = [];
  const session = new RtpSession(
    { payloadTypes: { 0: { clockRateHz: 8_000 } }, remote: host(1), duplicateSsrcs: [1, 2] },
    {
      clock,
      timers: new TimingWheel(now),
      random: seededRandom(1),
      deliver: (output) => {
        if (output.kind === 'packet' && output.ssrc === 1) heard.push(output.packet.sequence);
      },
    },
  );
  const send = (ssrc: number, sequence: number): void =>
    session.received(
      writeRtp({ payloadType: 0, ssrc, sequence, timestamp: 0, payload: new Uint8Array(1) }),
      host(1),
    );
  for (let sequence = 0; sequence < 10; sequence++) send(1, sequence);
  for (let sequence = 20_000; sequence < 20_010; sequence++) send(2, sequence);
  for (let sequence = 10; sequence < 20; sequence++) send(1, sequence);
  expect(heard).toEqual(Array.from({ length: 20 }, (_, sequence) => sequence));
});
