import { expect, it } from 'vitest';
import { run, targets } from '../fuzz/campaign.ts';

/** Enough to take about a second each; `npm run fuzz` goes on from there. */
const TRIALS = {
  message: 3_000,
  stream: 300,
  provider: 250,
  stun: 5_000,
  turn: 500,
  ice: 50,
  sdp: 500,
  rtp: 100,
  srtp: 300,
  dtls: 300,
} as const satisfies Readonly<Record<string, number>>;

it('every target has its trials, and no trial is for nobody', () => {
  expect(targets.map(({ name }) => name).sort()).toEqual(Object.keys(TRIALS).sort());
});

it.each(targets)(
  '$name: nothing breaks it',
  (target) => {
    const most = TRIALS[target.name as keyof typeof TRIALS];
    const { crash, trials } = run({ target, seed: 1, goesOn: (trial) => trial < most });
    expect(crash).toBeUndefined();
    expect(trials).toBe(most);
  },
  60_000,
);
