import { wallTime } from '@ringdown/sans-io';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Malformed } from '../malformed.ts';
import { delayUnits, middleOf, ntpTime, roundTripMs } from './ntp.ts';
import { parseRtcp } from './read-rtcp.ts';
import type { RtcpPacket } from './rtcp-packet.ts';
import { writeRtcp } from './write-rtcp.ts';

const word = fc.nat(0xffff_ffff);
const byte = fc.nat(255);
const short = fc.nat(0xffff);
const ntp = fc.record({ seconds: word, fraction: word });
const text = (most: number) =>
  fc.array(byte, { maxLength: most }).map((codes) => String.fromCharCode(...codes));
const wholeWords = fc.nat(5).chain((count) => fc.uint8Array({ minLength: 4 * count, maxLength: 4 * count }));
const reports = fc.array(
  fc.record({
    ssrc: word,
    fractionLost: byte,
    cumulativeLost: fc.integer({ min: -0x80_0000, max: 0x7f_ffff }),
    highestSequence: word,
    jitter: word,
    lastSenderReport: word,
    delaySinceLastSenderReport: word,
  }),
  { maxLength: 31 },
);
const metrics = fc.record({
  ssrc: word,
  lossRate: byte,
  discardRate: byte,
  burstDensity: byte,
  gapDensity: byte,
  burstDurationMs: short,
  gapDurationMs: short,
  roundTripMs: short,
  endSystemDelayMs: short,
  signalLevel: fc.integer({ min: -128, max: 127 }),
  noiseLevel: fc.integer({ min: -128, max: 127 }),
  residualEchoReturnLoss: byte,
  gapThreshold: byte,
  rFactor: byte,
  externalRFactor: byte,
  mosListening: byte,
  mosConversational: byte,
  receiverConfiguration: byte,
  bufferNominalMs: short,
  bufferMaximumMs: short,
  bufferAbsoluteMaximumMs: short,
});
const block = fc.oneof(
  fc.record({ kind: fc.constant('receiver reference time' as const), ntp }),
  fc.record({
    kind: fc.constant('delay since reference' as const),
    delays: fc.array(fc.record({ ssrc: word, lastReference: word, delay: word }), { maxLength: 4 }),
  }),
  fc.record({ kind: fc.constant('voip metrics' as const), metrics }),
  fc.record({
    kind: fc.constant('other' as const),
    type: fc.integer({ min: 20, max: 255 }),
    typeSpecific: byte,
    data: wholeWords,
  }),
);
const sender = fc.record({ ntp, rtpTimestamp: word, packetCount: word, octetCount: word });
const packet: fc.Arbitrary<RtcpPacket> = fc.oneof(
  fc.record({ kind: fc.constant('sender report' as const), ssrc: word, sender, reports }),
  fc.record({
    kind: fc.constant('source description' as const),
    chunks: fc.array(
      fc.record({
        ssrc: word,
        items: fc.array(fc.record({ type: fc.integer({ min: 1, max: 255 }), text: text(255) }), {
          maxLength: 4,
        }),
      }),
      { maxLength: 4 },
    ),
  }),
  fc.record({
    kind: fc.constant('bye' as const),
    ssrcs: fc.array(word, { maxLength: 31 }),
    reason: fc.option(text(255), { nil: undefined }),
  }),
  fc.record({
    kind: fc.constant('application' as const),
    subtype: fc.nat(31),
    ssrc: word,
    name: fc.constantFrom('ring', 'down'),
    data: wholeWords,
  }),
  fc.record({
    kind: fc.constant('extended report' as const),
    ssrc: word,
    blocks: fc.array(block, { maxLength: 4 }),
  }),
  fc.record({
    kind: fc.constant('feedback' as const),
    message: fc.constant('pli' as const),
    ssrc: word,
    mediaSsrc: word,
  }),
  fc.record({
    kind: fc.constant('feedback' as const),
    message: fc.constant('other' as const),
    ssrc: word,
    mediaSsrc: word,
    type: fc.constantFrom(205, 206),
    format: fc.constant(15),
    data: wholeWords,
  }),
  fc.record({
    kind: fc.constant('unknown' as const),
    count: fc.nat(31),
    type: fc.integer({ min: 208, max: 223 }),
    data: wholeWords,
  }),
);

const receiverReport: RtcpPacket = { kind: 'receiver report', ssrc: 7, reports: [] };

describe('compounds', () => {
  test('what was written is read', () => {
    fc.assert(
      fc.property(reports, fc.array(packet, { maxLength: 4 }), (blocks, rest) => {
        const packets: RtcpPacket[] = [{ kind: 'receiver report', ssrc: 1, reports: blocks }, ...rest];
        expect(parseRtcp(writeRtcp(packets))).toEqual(packets);
      }),
    );
  });

  test('any bytes, and any byte changed, give packets or a reason', () => {
    const changed = fc.record({ one: packet, at: fc.nat(), to: byte }).map(({ one, at, to }) => {
      const bytes = writeRtcp([receiverReport, one]);
      bytes[at % bytes.length] = to;
      return bytes;
    });
    fc.assert(
      fc.property(fc.oneof(changed, fc.uint8Array({ maxLength: 64 })), (bytes) => {
        const found = parseRtcp(bytes, { reducedSize: true });
        if (!(found instanceof Malformed)) expect(found.length).toBeLessThanOrEqual(bytes.length / 4);
      }),
      { numRuns: 500 },
    );
  });

  test('begin with a report, unless reduced sizes are agreed upon (RFC 5506)', () => {
    const bytes = writeRtcp([{ kind: 'feedback', message: 'pli', ssrc: 1, mediaSsrc: 2 }]);
    expect(parseRtcp(bytes)).toBeInstanceOf(Malformed);
    expect(parseRtcp(bytes, { reducedSize: true })).toHaveLength(1);
  });

  test('a body without sense spoils nothing but itself', () => {
    const bytes = writeRtcp([
      receiverReport,
      { kind: 'bye', ssrcs: [1], reason: 'bye' },
      { kind: 'application', subtype: 0, ssrc: 1, name: 'ring', data: new Uint8Array(0) },
    ]);
    bytes[8] = 0x9f;
    const found = parseRtcp(bytes);
    if (found instanceof Malformed) throw new Error(found.why);
    expect(found.map(({ kind }) => kind)).toEqual(['receiver report', 'malformed', 'application']);
  });

  test.each<[string, (bytes: Uint8Array) => Uint8Array]>([
    ['cut off', (bytes) => bytes.subarray(0, bytes.length - 1)],
    ['followed by crumbs', (bytes) => Uint8Array.of(...bytes, 0x80, 200)],
    ['of version 1', (bytes) => Uint8Array.of(0x40, ...bytes.subarray(1))],
    ['longer than the datagram', (bytes) => Uint8Array.of(0x80, 201, 0xff, 0xff, ...bytes.subarray(4))],
    ['padded before its end', (bytes) => Uint8Array.of(0xa0, ...bytes.subarray(1), ...bytes)],
  ])('malformed: %s', (_, spoil) => {
    expect(parseRtcp(spoil(writeRtcp([receiverReport])))).toBeInstanceOf(Malformed);
  });

  test('padding at the end is no data', () => {
    const bytes = Uint8Array.of(0xa0, 201, 0, 2, 0, 0, 0, 7, 0, 0, 0, 4);
    expect(parseRtcp(bytes)).toEqual([receiverReport]);
  });

  test('NACK names each packet, and costs one word for seventeen', () => {
    const lost = [65_530, 65_531, 65_535, 3, 10, 400];
    const bytes = writeRtcp([{ kind: 'feedback', message: 'nack', ssrc: 1, mediaSsrc: 2, lost }]);
    expect(bytes).toHaveLength(12 + 2 * 4);
    expect(parseRtcp(bytes, { reducedSize: true })).toEqual([
      { kind: 'feedback', message: 'nack', ssrc: 1, mediaSsrc: 2, lost },
    ]);
  });
});

describe('times', () => {
  test('the example of RFC 3550 §6.4.1, figure 2', () => {
    const sent = { seconds: 0xb44d_b705, fraction: 0x2000_0000 };
    expect(middleOf(sent)).toBe(0xb705_2000);
    expect(delayUnits(5_250)).toBe(0x0005_4000);
    expect(roundTripMs(0xb710_8000, 0xb705_2000, 0x0005_4000)).toBeCloseTo(6_125, 0);
  });

  test('dates count from 1900', () => {
    expect(ntpTime(wallTime(500))).toEqual({ seconds: 2_208_988_800, fraction: 0x8000_0000 });
  });

  test('a report that echoes nothing, or what cannot be, tells no round trip', () => {
    expect(roundTripMs(1_000, 0, 0)).toBeUndefined();
    expect(roundTripMs(1_000, 1, 0xffff)).toBeUndefined();
    expect(roundTripMs(0x7fff_0000, 1, 0)).toBeUndefined();
    expect(roundTripMs(65_536, 65_536 + 100, 0)).toBe(0);
  });
});
