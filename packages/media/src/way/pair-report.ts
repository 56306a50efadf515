import type { Candidate, PairReport } from '@ringdown/ice';
import type { PairRow, PathEnd, PathReport } from '@ringdown/user-agent';

const endOf = ({ address, port, type }: Candidate): PathEnd => ({ address, port, type });

/** The way that packets go over a pair. */
export const pathOf = ({ local, remote, relayed }: PairReport): PathReport => ({
  kind: relayed ? 'relayed' : 'direct',
  local: endOf(local),
  remote: endOf(remote),
  ice: true,
});

/** A pair, for people who look for a reason. */
export const rowOf = (pair: PairReport, selected: string | undefined): PairRow => ({
  local: endOf(pair.local),
  remote: endOf(pair.remote),
  state: pair.state,
  selected: pair.id === selected,
  why: pair.state === 'failed' ? pair.why : undefined,
  roundTripMs: pair.roundTripMs,
});
