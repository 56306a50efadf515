import { describe, expect, it } from 'vitest';
import { type Load, type Outcome, overloaded, type Slow } from './overloaded-server.ts';

const lost = ({ started, carried, refused }: Outcome): number => started - carried - refused;

/** A machine that does something else now and then: when and how long is always the same. */
const stalls = (everyMs: number, longestMs: number): Slow[] => {
  let state = 1;
  const fraction = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const found: Slow[] = [];
  for (let ms = 0; ms < 15_000; ms += Math.ceil(longestMs + 2 * everyMs * fraction()))
    found.push({ fromMs: ms, toMs: ms + Math.ceil(longestMs * fraction()), speed: 0 });
  return found;
};

const HALF = { fromMs: 1_000, toMs: 2_500, speed: 0.5 };
const ONSET = { countFromMs: 2_000, countToMs: 4_500 };

/** What refusals, of which a call costs as much as twelve, leave of the server at so many times what it can carry. */
const LEFT = { 2: 0.91, 3: 0.82 };

describe('a server', () => {
  it.each<[string, Load]>([
    ['is nearly busy all the time', { times: 0.97 }],
    ['stood still once', { times: 0.8, slow: [{ fromMs: 6_000, toMs: 6_350, speed: 0 }] }],
    ['stands still now and then', { times: 0.8, slow: stalls(500, 150) }],
  ])('that %s refuses nothing', (_, load) => {
    expect(overloaded(load)).toMatchObject({ refused: 0 });
  });

  it('carries what it can while a little more is asked of it', () => {
    const outcome = overloaded({ times: 1.2 });
    expect(outcome.goodput).toBeGreaterThan(0.95);
    expect(outcome.longestMs).toBeLessThan(60);
    expect(outcome.repeated).toBe(0);
    expect(lost(outcome)).toBe(0);
  });

  it.each([2, 3] as const)(
    'carries what refusals leave under %s times as much, and loses no call',
    (times) => {
      const outcome = overloaded({ times });
      expect(outcome.goodput).toBeGreaterThan(LEFT[times] - 0.02);
      expect(outcome.longestMs).toBeLessThan(60);
      expect(lost(outcome)).toBe(0);
    },
  );

  it.each([10, 50, 150])(
    'does so likewise, or nearly, over a network that takes %s ms each way, and what follows comes late',
    (networkMs) => {
      const outcome = overloaded({ times: 2, networkMs });
      expect(outcome.goodput).toBeGreaterThan(networkMs > 100 ? 0.79 : LEFT[2] - 0.03);
      expect(lost(outcome)).toBe(0);
    },
  );

  it('does so two seconds after the rush has begun, before its socket is full', () => {
    const outcome = overloaded({ times: 2, ...ONSET });
    expect(outcome.goodput).toBeGreaterThan(0.88);
    expect(outcome.dropped).toBeLessThan(200);
  });

  // What is left: the share of the time that it does not stand still, or is as fast as usual, less what refusals take.
  it.each<[string, Load, number]>([
    ['is half as fast at first', { times: 2, slow: [HALF], ...ONSET }, 0.75],
    [
      'is a third as fast for a second',
      { times: 2, slow: [{ fromMs: 5_000, toMs: 6_000, speed: 0.3 }] },
      0.78,
    ],
    ['stands still for a second', { times: 2, slow: [{ fromMs: 5_000, toMs: 6_000, speed: 0 }] }, 0.73],
    ['often stands still', { times: 2, slow: stalls(200, 40) }, 0.77],
    ['now and then stands still for long', { times: 2, slow: stalls(500, 150) }, 0.76],
    [
      'is slower than when it was measured',
      { times: 2, slow: [{ fromMs: 0, toMs: 20_000, speed: 0.7 }] },
      0.55,
    ],
  ])('that %s carries what is left', (_, load, left) => {
    const outcome = overloaded(load);
    expect(outcome.goodput).toBeGreaterThan(left);
    expect(lost(outcome)).toBe(0);
  });
});
