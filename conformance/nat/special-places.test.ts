import { describe, expect, it } from 'vitest';
import { CASES, type Case } from './cases.ts';
import { sideOf } from './device.ts';
import { expectSection } from './expect-section.ts';
import { arrange, explain, type Meeting, meet, type Outcome } from './meeting.ts';
import { pairText, table } from './page.ts';
import { predict } from './theory.ts';

const outcomes = new Map<Case, Outcome[]>();

describe('two devices in special places', () => {
  it.each(CASES)('meet: $name', async (one) => {
    const { first, second, seeds = 1 } = one;
    const some: Outcome[] = [];
    for (let seed = 1; seed <= seeds; seed++) {
      for (const role of ['controlling', 'controlled'] as const)
        some.push(await meetAsPredicted(arrange(first, second, seed, role), seeds === 1));
    }
    outcomes.set(one, some);
  });

  it('find most of the direct paths though many packets are lost', () => {
    const lossy = [...outcomes].filter(([{ seeds = 1 }]) => seeds > 1);
    const possible = lossy.filter(([{ first, second }]) => predict(sideOf(first), sideOf(second)).direct);
    const all = possible.flatMap(([, some]) => some);
    expect(all.filter(({ direct }) => direct).length).toBeGreaterThan(all.length * 0.7);
  });

  it('stand in docs/nat.md', () => {
    const rows = [...outcomes].map(([{ name }, some]) => [
      name,
      directly(some),
      [...new Set(some.map(({ pair }) => pairText(pair)))].join(', '),
      range(some.map(({ heardMs }) => heardMs)),
      range(some.map(({ settledMs }) => settledMs)),
    ]);
    const head = ['who', 'meet', 'path', 'heard after, ms', 'settled after, ms'];
    expectSection('special places', table([head, ...rows]));
  });
});

/** @param certain whether nothing is lost: then a path that can be found is found, and the best of the direct ones */
const meetAsPredicted = async (meeting: Meeting, certain: boolean): Promise<Outcome> => {
  const outcome = await meet(meeting);
  const { pairs, direct } = meeting.prediction;
  if (certain) expect(outcome.direct, explain(meeting)).toBe(direct);
  expect(certain && direct ? pairs.slice(0, 1) : pairs, explain(meeting)).toContainEqual(outcome.pair);
  return outcome;
};

const directly = (some: readonly Outcome[]): string => {
  const count = some.filter(({ direct }) => direct).length;
  if (count === 0) return 'by relay';
  return count === some.length ? 'directly' : `directly ${count} times of ${some.length}`;
};

const range = (values: readonly number[]): string => {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return least === most ? `${least}` : `${least}–${most}`;
};
