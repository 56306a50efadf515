/** RFC 8445 §6.1.2.6. */
export type PairState = 'frozen' | 'waiting' | 'in-progress' | 'succeeded' | 'failed';

/** What happens to a pair. */
export type PairStimulus = 'unfreeze' | 'perform' | 'trigger' | 'succeed' | 'fail';

/**
 * RFC 8445 §6.1.2.6, figure 6, with the triggered checks of §7.3.1.4 that bring a pair back. A stimulus that a state does not
 * list is ignored there.
 */
export const pairStates = {
  frozen: { unfreeze: 'waiting', trigger: 'waiting', fail: 'failed' },
  waiting: { trigger: 'waiting', perform: 'in-progress', succeed: 'succeeded', fail: 'failed' },
  'in-progress': { trigger: 'waiting', succeed: 'succeeded', fail: 'failed' },
  succeeded: { succeed: 'succeeded', fail: 'failed' },
  failed: { trigger: 'waiting', succeed: 'succeeded' },
} as const satisfies Readonly<Record<PairState, Readonly<Partial<Record<PairStimulus, PairState>>>>>;

/** The state that follows; undefined where the stimulus is ignored. */
export const nextPairState = (state: PairState, stimulus: PairStimulus): PairState | undefined =>
  (pairStates[state] as Readonly<Partial<Record<PairStimulus, PairState>>>)[stimulus];
