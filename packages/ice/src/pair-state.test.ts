import { describe, expect, test } from 'vitest';
import { nextPairState, type PairState, type PairStimulus } from './pair-state.ts';

const STATES: readonly PairState[] = ['frozen', 'waiting', 'in-progress', 'succeeded', 'failed'];

/** RFC 8445 §6.1.2.6, figure 6, and §7.3.1.4; each column a stimulus. */
const EXPECTED: Readonly<Record<PairStimulus, readonly (PairState | undefined)[]>> = {
  unfreeze: ['waiting', undefined, undefined, undefined, undefined],
  perform: [undefined, 'in-progress', undefined, undefined, undefined],
  trigger: ['waiting', 'waiting', 'waiting', undefined, 'waiting'],
  succeed: [undefined, 'succeeded', 'succeeded', 'succeeded', 'succeeded'],
  fail: ['failed', 'failed', 'failed', 'failed', undefined],
};

describe('the states of a pair', () => {
  for (const [stimulus, nexts] of Object.entries(EXPECTED)) {
    for (const [index, state] of STATES.entries()) {
      const expected = nexts[index];
      test(`${state}, ${stimulus}: ${expected ?? 'nothing happens'}`, () => {
        expect(nextPairState(state, stimulus as PairStimulus)).toBe(expected);
      });
    }
  }
});
