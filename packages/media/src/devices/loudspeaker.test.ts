import { describe, expect, it } from 'vitest';
import { Loudspeaker } from './loudspeaker.ts';

const format = { sampleRateHz: 8_000, channels: 1 };

/** A device that plays in time, and what was given to it. */
const room = () => {
  let nowMs = 0;
  const given: number[] = [];
  const loudspeaker = new Loudspeaker(
    {
      why: undefined,
      waitingBytes: 0,
      give: (bytes) => given.push(...new Int16Array(bytes.buffer)),
      heard: () => {},
      finish: () => Promise.resolve(),
    },
    format,
    () => nowMs,
  );
  return {
    loudspeaker,
    given,
    after: (timeMs: number) => {
      nowMs += timeMs;
    },
  };
};

const piece = (value: number): Int16Array[] => [new Int16Array(160).fill(value)];

describe('Loudspeaker', () => {
  it('plays all that comes in time', () => {
    const { loudspeaker, given, after } = room();
    for (let turn = 0; turn < 500; turn++) {
      loudspeaker.write(piece(1_000));
      expect(loudspeaker.aheadMs).toBe(80);
      after(20);
    }
    // 60 ms of silence first, for what comes late.
    expect(given.slice(0, 481)).toEqual([...new Array<number>(480).fill(0), 1_000]);
    expect(given).toHaveLength(480 + 500 * 160);
    expect(loudspeaker.overruns).toBe(0);
  });

  it('does not stay behind by what comes at once after a standstill', () => {
    const { loudspeaker, given, after } = room();
    loudspeaker.write(piece(1_000));
    after(1_000);
    for (let burst = 0; burst < 50; burst++) loudspeaker.write(piece(1_000));
    expect(loudspeaker.aheadMs).toBe(240);
    expect(loudspeaker.overruns).toBe(41);
    // Loud sound is not cut, so the delay stays; a pause brings it down.
    for (let turn = 0; turn < 10; turn++) {
      after(20);
      loudspeaker.write(piece(1_000));
    }
    expect(loudspeaker.aheadMs).toBe(240);
    const before = given.length;
    for (let turn = 0; turn < 50; turn++) {
      after(20);
      loudspeaker.write(piece(0));
    }
    expect(loudspeaker.aheadMs).toBeLessThanOrEqual(100);
    expect(loudspeaker.aheadMs).toBeGreaterThanOrEqual(60);
    expect(given.length - before).toBeGreaterThan(40 * 160);
    expect(loudspeaker.overruns).toBe(41);
  });

  it('counts from when it plays again once it ran dry', () => {
    const { loudspeaker, after } = room();
    loudspeaker.write(piece(1));
    after(500);
    expect(loudspeaker.aheadMs).toBe(0);
    loudspeaker.write(piece(1));
    expect(loudspeaker.aheadMs).toBe(80);
  });
});
