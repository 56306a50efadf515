import { BINDING, Malformed, MessageWriter } from '@ringdown/stun';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { channelData, parseChannelData } from './channel-data.ts';
import { StreamFramer } from './framer.ts';

const ID = Uint8Array.from({ length: 12 }, (_, index) => index);
const message = (size: number): Uint8Array =>
  new MessageWriter(BINDING, 'indication', ID).addBytes(0x8022, new Uint8Array(size).fill(7)).bytes;
const framesOf = (framer: StreamFramer): (Uint8Array | Malformed)[] => {
  const frames: (Uint8Array | Malformed)[] = [];
  for (let frame = framer.next(); frame !== undefined; frame = framer.next()) {
    frames.push(frame);
    if (frame instanceof Malformed) break;
  }
  return frames;
};

describe('StreamFramer', () => {
  test('messages of any sizes, cut anywhere, come out as they went in', () => {
    const frame = fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 2_000 }));
    fc.assert(
      fc.property(fc.array(frame), fc.array(fc.integer({ min: 1, max: 700 })), (list, cuts) => {
        const frames = list.map(([isStun, size]) =>
          isStun ? message(size) : channelData(0x4001, new Uint8Array(size).fill(size), true),
        );
        const stream = Uint8Array.from(frames.flatMap((one) => [...one]));
        const framer = new StreamFramer();
        const found: unknown[] = [];
        let at = 0;
        for (let index = 0; at < stream.length; index++) {
          const size = cuts[index % Math.max(1, cuts.length)] ?? stream.length;
          framer.push(stream.slice(at, at + size));
          at += size;
          found.push(...framesOf(framer));
        }
        // Compared at the end: what was handed out may not change when more comes.
        expect(found).toEqual(frames);
        expect(framer.rest().length).toBe(0);
      }),
    );
  });

  test('padding of ChannelData belongs to the frame and not to the data (RFC 8656 §12.5)', () => {
    const framer = new StreamFramer();
    framer.push(Uint8Array.of(0x40, 0, 0, 1, 9, 0, 0, 0, 0x40, 1, 0, 0));
    const [first, second] = framesOf(framer) as Uint8Array[];
    expect(parseChannelData(first!)).toEqual({ channel: 0x4000, data: Uint8Array.of(9) });
    expect(parseChannelData(second!)).toEqual({ channel: 0x4001, data: new Uint8Array(0) });
  });

  test.each([
    ['a first byte that is neither', [0x80, 0, 0, 4]],
    ['a channel that is reserved', [0x50, 0, 0, 4]],
    ['a STUN length that is no multiple of four', [0, 1, 0, 3]],
    ['more than may be', [0, 1, 0x08, 0]],
  ])('%s breaks the stream', (_, bytes) => {
    const framer = new StreamFramer(2_048);
    framer.push(Uint8Array.from(bytes));
    expect(framer.next()).toBeInstanceOf(Malformed);
  });

  test('what comes behind a message may be taken out raw', () => {
    const framer = new StreamFramer();
    framer.push(Uint8Array.from([...message(0), 1, 2, 3, 4, 5]));
    expect(framer.next()).toEqual(message(0));
    expect(framer.rest()).toEqual(Uint8Array.of(1, 2, 3, 4, 5));
    expect(framer.next()).toBeUndefined();
  });
});
