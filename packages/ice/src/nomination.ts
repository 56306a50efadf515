/** When the controlling agent nominates; see {@link defaultNomination}. */
export interface NominationPolicy {
  /** How often a check of a better pair has to have been sent before a relayed pair is nominated without waiting for it. */
  readonly directSends: number;
  /** How long after the last of these an answer is waited for at least; two round trips of the valid pair if that is more. */
  readonly directAnswerMs: number;
  /** The longest that a valid relayed pair waits for direct ones, whatever goes on. */
  readonly relayWaitMs: number;
  /** The longest that a valid direct pair waits for better ones; less where two of its round trips are less. */
  readonly directWaitMs: number;
}

export const defaultNomination: NominationPolicy = Object.freeze({
  directSends: 3,
  directAnswerMs: 500,
  relayWaitMs: 5_000,
  directWaitMs: 500,
});
