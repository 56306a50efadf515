import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Malformed } from '../malformed.ts';
import { parseRtp, type RtpPacket } from './rtp-packet.ts';
import { writeRtp } from './rtp-writer.ts';

const parsed = (bytes: Uint8Array): RtpPacket => {
  const packet = parseRtp(bytes);
  if (packet instanceof Malformed) throw new Error(packet.why);
  return packet;
};

const bytesUpTo = (most: number) => fc.uint8Array({ maxLength: most });
const fields = fc.record({
  payloadType: fc.nat(127),
  marker: fc.boolean(),
  sequence: fc.nat(0xffff),
  timestamp: fc.nat(0xffff_ffff),
  ssrc: fc.nat(0xffff_ffff),
  csrcs: fc.array(fc.nat(0xffff_ffff), { maxLength: 15 }),
  extensions: fc.array(fc.record({ id: fc.integer({ min: 1, max: 255 }), value: bytesUpTo(255) }), {
    maxLength: 5,
  }),
  payload: bytesUpTo(200),
  paddingBytes: fc.nat(255),
});

describe('RTP packets', () => {
  test('what was written is read', () => {
    fc.assert(
      fc.property(fields, (given) => {
        const packet = parsed(writeRtp(given));
        const { payloadType, marker, sequence, timestamp, ssrc, csrcs, extensions, payload } = packet;
        const { paddingBytes: _, ...expected } = given;
        expect({ payloadType, marker, sequence, timestamp, ssrc, csrcs, extensions, payload }).toEqual(
          expected,
        );
      }),
    );
  });

  test('any bytes are a packet within themselves, or malformed', () => {
    const seeded = fc
      .tuple(fc.nat(255), bytesUpTo(80))
      .map(([first, rest]) => Uint8Array.of(0x80 | first, ...rest));
    fc.assert(
      fc.property(fc.oneof(seeded, bytesUpTo(40)), (bytes) => {
        const packet = parseRtp(bytes);
        if (packet instanceof Malformed) return;
        const inside = packet.extensions.reduce(
          (sum, { value }) => sum + value.length,
          packet.payload.length,
        );
        expect(inside + 4 * packet.csrcs.length).toBeLessThanOrEqual(bytes.length - 12);
      }),
      { numRuns: 500 },
    );
  });

  test.each<[string, number[]]>([
    ['shorter than its header', [0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]],
    ['of version 1', [0x40, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1]],
    ['fewer sources than told', [0x8f, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1]],
    ['no room for the length of its extension', [0x90, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0xbe, 0xde]],
    ['a huge extension', [0x90, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0xbe, 0xde, 0xff, 0xff, 0, 0]],
    ['padding of nothing', [0xa0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 7, 0]],
    ['padding into its header', [0xa0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 7, 3]],
  ])('malformed: %s', (_, bytes) => {
    expect(parseRtp(Uint8Array.from(bytes))).toBeInstanceOf(Malformed);
  });

  test('the figures of RFC 8285: §4.2 and §4.3', () => {
    const header = [0x90, 0x60, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
    const oneByte = [0xbe, 0xde, 0, 3, 0x10, 0xaa, 0x21, 0xbb, 0xbc, 0, 0, 0x33, 1, 2, 3, 4];
    expect(parsed(Uint8Array.from([...header, ...oneByte, 9])).extensions).toEqual([
      { id: 1, value: Uint8Array.of(0xaa) },
      { id: 2, value: Uint8Array.of(0xbb, 0xbc) },
      { id: 3, value: Uint8Array.of(1, 2, 3, 4) },
    ]);
    const twoByte = [0x10, 0x05, 0, 3, 1, 0, 2, 1, 0xbb, 0, 3, 4, 1, 2, 3, 4];
    expect(parsed(Uint8Array.from([...header, ...twoByte])).extensions).toEqual([
      { id: 1, value: new Uint8Array(0) },
      { id: 2, value: Uint8Array.of(0xbb) },
      { id: 3, value: Uint8Array.of(1, 2, 3, 4) },
    ]);
    const stopped = [0xbe, 0xde, 0, 2, 0x10, 0xaa, 0xf0, 0, 0x10, 0xbb, 0, 0];
    expect(parsed(Uint8Array.from([...header, ...stopped])).extensions).toHaveLength(1);
    const cut = [0xbe, 0xde, 0, 1, 0x10, 0xaa, 0x2f, 1];
    expect(parsed(Uint8Array.from([...header, ...cut])).extensions).toHaveLength(1);
    const foreign = [0xab, 0xac, 0, 1, 1, 2, 3, 4];
    const packet = parsed(Uint8Array.from([...header, ...foreign]));
    expect(packet.extensions).toEqual([]);
    expect(packet.extension).toEqual({ profile: 0xabac, data: Uint8Array.of(1, 2, 3, 4) });
  });

  test('what no packet can hold is refused', () => {
    const good = { payloadType: 0, sequence: 0, timestamp: 0, ssrc: 0, payload: new Uint8Array(1) };
    expect(() => writeRtp({ ...good, payloadType: 128 })).toThrow(RangeError);
    expect(() => writeRtp({ ...good, csrcs: new Array(16).fill(1) })).toThrow(RangeError);
    expect(() => writeRtp({ ...good, paddingBytes: 256 })).toThrow(RangeError);
    expect(() => writeRtp({ ...good, extensions: [{ id: 0, value: new Uint8Array(1) }] })).toThrow(
      RangeError,
    );
    const long = { id: 1, value: new Uint8Array(256) };
    expect(() => writeRtp({ ...good, extensions: [long] })).toThrow(RangeError);
  });
});
