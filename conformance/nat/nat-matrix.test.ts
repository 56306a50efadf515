import { describe, expect, it } from 'vitest';
import { expectSection } from './expect-section.ts';
import { KINDS, type Kind } from './kinds.ts';
import { arrange, explain, meet, type Outcome } from './meeting.ts';
import { pairText, table } from './page.ts';
import { isDirect } from './theory.ts';

/** RINGDOWN_NAT_SEEDS=20 tries so many more, each with all pairs; otherwise each of two with a fifth of them. */
const MORE_SEEDS = Number(process.env.RINGDOWN_NAT_SEEDS ?? 0);
const WITH_ALL = MORE_SEEDS > 0;
const SEEDS = Array.from({ length: WITH_ALL ? MORE_SEEDS : 2 }, (_, index) => index + 2);

const outcomes = new Map<string, Outcome>();

const meetBehind = async (left: Kind, right: Kind, seed?: number): Promise<Outcome> => {
  const meeting = arrange(
    { boxes: [{ name: 'home', ...left.definition }] },
    { boxes: [{ name: 'away', ...right.definition }] },
    seed,
  );
  const outcome = await meet(meeting);
  const { pairs, direct } = meeting.prediction;
  expect(outcome.direct, explain(meeting)).toBe(direct);
  // Nothing is lost here, so a direct path is the best that there is; of relayed ones any will do.
  expect(direct ? pairs.slice(0, 1) : pairs, explain(meeting)).toContainEqual(outcome.pair);
  return outcome;
};

describe('two devices, each behind one box', () => {
  it.each(KINDS)('from behind $name meet every other, directly exactly when theory says so', async (left) => {
    for (const right of KINDS) outcomes.set(`${left.name} ${right.name}`, await meetBehind(left, right));
  });

  it.each(SEEDS)('meet with other ports and other chances, too: seed %i', async (seed) => {
    for (const [index, left] of KINDS.entries()) {
      for (const right of KINDS.filter((_, place) => WITH_ALL || (place + index) % 5 === seed % 5))
        await meetBehind(left, right, seed);
    }
  });

  it('stand with their paths and times in docs/nat.md', () => {
    expectSection('simulator', page());
  });
});

const page = (): string => {
  const all = [...outcomes.values()];
  const direct = all.filter((outcome) => outcome.direct);
  const relayed = all.filter((outcome) => !outcome.direct);
  return `${all.length} pairs, ${all.length} connected: ${direct.length} directly, ${relayed.length} by relay, and theory says the same of each.
Until both have heard the other, gathering and signalling (40 ms each way) included: ${range(direct, 'heardMs')} ms directly, ${range(relayed, 'heardMs')} ms by relay;
until both have settled on the path: ${range(direct, 'settledMs')} ms and ${range(relayed, 'settledMs')} ms.

${table([
  ['', ...KINDS.map(({ name }) => name)],
  ...KINDS.map((left) => [
    `**${left.name}**${left.alias === undefined ? '' : ` ${left.alias}`}`,
    ...KINDS.map((right) => cell(outcomes.get(`${left.name} ${right.name}`)!)),
  ]),
])}`;
};

const range = (some: readonly Outcome[], what: 'heardMs' | 'settledMs'): string => {
  const values = some.map((outcome) => outcome[what]);
  return `${Math.min(...values)} to ${Math.max(...values)}`;
};

const cell = ({ pair, heardMs }: Outcome): string =>
  isDirect(pair) ? `${pairText(pair)} ${heardMs}` : `*${pairText(pair)} ${heardMs}*`;
