import { expect, it } from 'vitest';
import { run, targets } from '../fuzz/campaign.ts';

/** Enough to take about a second each; `npm run fuzz` goes on from there. */
const TRIALS: Readonly<Record<string, number>> = {
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
};

it.each(targets)(
  '$name: nothing breaks it',
  (target) => {
    const { crash } = run({ target, seed: 1, goesOn: (trial) => trial < TRIALS[target.name]! });
    expect(crash).toBeUndefined();
  },
  60_000,
);
