import type { Random } from '@ringdown/sans-io';

/** One thing that must hold whatever comes in. */
export interface Target {
  readonly name: string;
  /** What one trial is made of. */
  generate(random: Random, corpus: readonly Uint8Array[]): readonly Uint8Array[];
  /** @throws where the inputs make it do what it must not. */
  check(inputs: readonly Uint8Array[]): void;
}

/** Says which property does not hold. */
export class Violation extends Error {}

export const must = (holds: boolean, what: string): void => {
  if (!holds) throw new Violation(what);
};
