import { instant } from '@ringdown/sans-io';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseRtp, RtpPacket } from '../packet/rtp-packet.ts';
import { writeRtp } from '../packet/rtp-writer.ts';
import { MergedStream } from './merged-stream.ts';
import { RemoteSources } from './remote-sources.ts';
import { SourceSequence } from './source-sequence.ts';

const [ORIGINAL, COPY] = [1, 2];
const PACKET_MS = 20;

const packet = (ssrc: number, sequence: number): RtpPacket => {
  const bytes = writeRtp({
    payloadType: 0,
    ssrc,
    sequence: sequence & 0xffff,
    timestamp: 0,
    payload: new Uint8Array(3),
  });
  const parsed = parseRtp(bytes);
  if (!(parsed instanceof RtpPacket)) throw new Error(parsed.why);
  return parsed;
};

/** Sources of which the original is the one that is heard. */
const sources = (): RemoteSources => {
  const known = new RemoteSources(4);
  for (const ssrc of [COPY, ORIGINAL]) known.add(ssrc, new SourceSequence(0, 100), instant(0));
  return known;
};

test('of whatever is lost and late in both streams each packet is taken once, and counted right once all have had their time', () => {
  const way = fc.record({ isLost: fc.boolean(), lateMs: fc.nat(60) });
  fc.assert(
    fc.property(
      fc.nat(0xffff),
      fc.integer({ min: 0, max: 500 }),
      fc.array(fc.tuple(way, way), { minLength: 1, maxLength: 300 }),
      (first, delayMs, ways) => {
        const arrivals = ways.flatMap(([original, copy], index) => [
          { index, ssrc: ORIGINAL, ...original, at: index * PACKET_MS + original.lateMs },
          { index, ssrc: COPY, ...copy, at: index * PACKET_MS + delayMs + copy.lateMs },
        ]);
        const came = arrivals.filter(({ isLost }) => !isLost).toSorted((one, other) => one.at - other.at);
        const merged = new MergedStream();
        merged.use([ORIGINAL, COPY]);
        const taken = came.flatMap(({ index, ssrc, at }) =>
          merged.accept(packet(ssrc, first + index), instant(at)) ? [index] : [],
        );
        const all = new Set(came.map(({ index }) => index));
        expect(taken).toHaveLength(all.size);
        expect(new Set(taken)).toEqual(all);
        const end = instant((came.at(-1)?.at ?? 0) + 10_000);
        const statistics = merged.statistics(sources(), end);
        if (all.size === 0) return;
        const span = Math.max(...all) - Math.min(...all) + 1;
        expect(statistics).toMatchObject({ ssrc: ORIGINAL, packets: all.size, octets: 3 * all.size });
        expect(statistics?.cumulativeLost).toBe(span - all.size);
      },
    ),
    { numRuns: 300 },
  );
});

describe('what is under way', () => {
  const lostAt = (now: number, copies: readonly number[]): number | undefined => {
    const merged = new MergedStream();
    merged.use([ORIGINAL, COPY]);
    for (const sequence of [0, 1, 2, 6, 7, 8, 9]) merged.accept(packet(ORIGINAL, sequence), instant(100));
    for (const sequence of copies) merged.accept(packet(COPY, sequence), instant(100));
    return merged.statistics(sources(), instant(now))?.cumulativeLost;
  };

  test('is no loss while its copy may come, and one when that is past', () => {
    expect(lostAt(100, [0, 1, 2])).toBe(0);
    expect(lostAt(100, [0, 1, 2, 3])).toBe(0);
    expect(lostAt(100, [0, 1, 2, 3, 5])).toBe(1);
    expect(lostAt(100, [0, 1, 2, 6])).toBe(3);
  });

  test('is lost where copies come no more', () => {
    expect(lostAt(1_200, [0, 1, 2])).toBe(3);
    expect(lostAt(100, [])).toBe(3);
  });
});

test('a source that is no twin is counted by itself', () => {
  const merged = new MergedStream();
  merged.use([ORIGINAL, COPY]);
  merged.accept(packet(ORIGINAL, 5), instant(0));
  const known = sources();
  known.add(9, new SourceSequence(7, 100), instant(1));
  expect(merged.statistics(known, instant(2))?.ssrc).toBe(9);
  expect([merged.areTwins(ORIGINAL, COPY), merged.areTwins(COPY, 9), merged.areTwins(9, undefined)]).toEqual([
    true,
    false,
    false,
  ]);
});
