import { seededRandom } from '@ringdown/sans-io';
import { readCorpus } from './corpus.ts';
import type { Target } from './target.ts';
import { dtlsTarget } from './targets/dtls.ts';
import { iceTarget } from './targets/ice.ts';
import { messageTarget } from './targets/message.ts';
import { providerTarget } from './targets/provider.ts';
import { rtpTarget } from './targets/rtp.ts';
import { sdpTarget } from './targets/sdp.ts';
import { srtpTarget } from './targets/srtp.ts';
import { streamTarget } from './targets/stream.ts';
import { stunTarget } from './targets/stun.ts';
import { turnTarget } from './targets/turn.ts';

export const targets: readonly Target[] = [
  messageTarget,
  streamTarget,
  providerTarget,
  stunTarget,
  turnTarget,
  iceTarget,
  sdpTarget,
  rtpTarget,
  srtpTarget,
  dtlsTarget,
];

/** What was found. */
export interface Crash {
  readonly target: string;
  readonly seed: number;
  readonly trial: number;
  readonly error: string;
  /** In base64. */
  readonly inputs: readonly string[];
}

export interface Campaign {
  readonly target: Target;
  readonly seed: number;
  /** Asked before each trial. */
  readonly goesOn: (trial: number) => boolean;
}

/** One trial may take this long: a thousand times what it needs, and far less than what is quadratic would. */
const SLOWEST_MS = 2_000;

/** Runs trials until one fails or `goesOn` says no. The same seed makes the same trials. @returns the crash, if any. */
export const run = ({
  target,
  seed,
  goesOn,
}: Campaign): { readonly trials: number; readonly crash?: Crash } => {
  const corpus = readCorpus();
  for (let trial = 0; ; trial++) {
    if (!goesOn(trial)) return { trials: trial };
    // Each trial has a seed of its own: one can be made again without those before it.
    const inputs = target.generate(seededRandom(seed * 1_000_003 + trial), corpus);
    const error = failureOf(target, inputs);
    if (error === undefined) continue;
    const encoded = inputs.map((input) => Buffer.from(input).toString('base64'));
    return { trials: trial, crash: { target: target.name, seed, trial, error, inputs: encoded } };
  }
};

/** Why the inputs fail; undefined where they do not. */
export const failureOf = (target: Target, inputs: readonly Uint8Array[]): string | undefined => {
  const begin = performance.now();
  try {
    target.check(inputs);
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const took = performance.now() - begin;
  return took > SLOWEST_MS ? `took ${Math.round(took)} ms` : undefined;
};

/** Runs a crash again. */
export const replay = ({ target: name, inputs }: Crash): string | undefined => {
  const target = targets.find((one) => one.name === name);
  if (target === undefined) throw new Error(`there is no target "${name}"`);
  return failureOf(
    target,
    inputs.map((input) => new Uint8Array(Buffer.from(input, 'base64'))),
  );
};
