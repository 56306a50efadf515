import { describe, expect, test } from 'vitest';
import type { CandidateType } from './candidate.ts';
import { CandidatePair } from './candidate-pair.ts';
import { LocalCandidates } from './local-candidates.ts';
import { decideNomination, defaultNomination } from './nomination.ts';
import type { PairState } from './pair-state.ts';
import { candidatePriority } from './priority.ts';

const NOW = 10_000;

interface Sketch {
  readonly local?: 'host' | 'relayed';
  readonly remote?: CandidateType;
  readonly state?: PairState;
  readonly validForMs?: number;
  readonly roundTripMs?: number;
  readonly sends?: number;
  readonly lastSentAgoMs?: number;
  readonly signalled?: boolean;
  readonly heard?: boolean;
}
const pairOf = (sketch: Sketch): CandidatePair => {
  const {
    local = 'host',
    remote = 'host',
    state = 'succeeded',
    validForMs,
    roundTripMs,
    signalled = true,
  } = sketch;
  const own = new LocalCandidates('ufrag').addBase({
    id: local,
    component: 1,
    kind: local,
    address: '192.0.2.1',
    port: 1,
  });
  const pair = new CandidatePair(own, {
    candidate: {
      foundation: '1',
      component: 1,
      transport: 'udp',
      priority: candidatePriority(remote, 65_535, 1),
      address: '192.0.2.9',
      port: 9,
      type: remote,
    },
    signalled,
  });
  pair.rank('controlling');
  pair.state = state;
  pair.sends = sketch.sends ?? 0;
  pair.lastSentAt = NOW - (sketch.lastSentAgoMs ?? 0);
  pair.heard = sketch.heard ?? false;
  pair.roundTripMs = roundTripMs;
  pair.validSince = validForMs === undefined ? undefined : NOW - validForMs;
  return pair;
};
const decide = (complete: boolean, ...sketches: Sketch[]) => {
  const decision = decideNomination(sketches.map(pairOf), complete, defaultNomination, NOW);
  if (decision.kind !== 'nominate') return decision;
  return `${decision.pair.own.type}-${decision.pair.remote.candidate.type}`;
};

const direct: Sketch = { remote: 'srflx', validForMs: 0, roundTripMs: 80 };
const relayed: Sketch = { local: 'relayed', validForMs: 0, roundTripMs: 80 };
const trying: Sketch = { remote: 'host', state: 'in-progress', sends: 1 };

describe('the controlling agent', () => {
  test('has nothing to nominate while nothing is valid', () => {
    expect(decide(true, trying)).toEqual({ kind: 'nothing valid' });
  });

  test('nominates at once what nothing can be better than', () => {
    expect(decide(true, direct)).toBe('host-srflx');
    expect(decide(true, relayed)).toBe('relay-host');
    expect(decide(true, direct, { ...trying, state: 'failed' })).toBe('host-srflx');
    expect(decide(true, direct, { local: 'relayed', state: 'in-progress' })).toBe('host-srflx');
  });

  test('takes the direct one of two, though the other has been valid for longer', () => {
    expect(decide(true, { ...relayed, validForMs: 900 }, direct)).toBe('host-srflx');
  });

  test('waits two round trips for something better than a direct pair, 100 ms to half a second', () => {
    expect(decide(true, direct, trying)).toEqual({ kind: 'wait', waitMs: 160 });
    expect(decide(true, { ...direct, roundTripMs: 5 }, trying)).toEqual({ kind: 'wait', waitMs: 100 });
    expect(decide(true, { ...direct, roundTripMs: 700 }, trying)).toEqual({ kind: 'wait', waitMs: 500 });
    expect(decide(true, { ...direct, validForMs: 160 }, trying)).toBe('host-srflx');
    expect(decide(false, direct)).toEqual({ kind: 'wait', waitMs: 160 });
  });

  test('lets direct pairs be checked three times before it nominates a relayed one', () => {
    expect(decide(true, relayed, { ...trying, sends: 2 })).toEqual({ kind: 'wait', waitMs: 5_000 });
    expect(decide(true, relayed, { ...trying, sends: 3, lastSentAgoMs: 100 })).toEqual({
      kind: 'wait',
      waitMs: 400,
    });
    expect(decide(true, relayed, { ...trying, sends: 3, lastSentAgoMs: 500 })).toBe('relay-host');
    const slow = { ...relayed, roundTripMs: 600 };
    expect(decide(true, slow, { ...trying, sends: 3, lastSentAgoMs: 500 })).toEqual({
      kind: 'wait',
      waitMs: 700,
    });
  });

  test('waits for direct pairs that are frozen or waiting, too', () => {
    expect(decide(true, relayed, { ...trying, state: 'frozen', sends: 0 })).toEqual({
      kind: 'wait',
      waitMs: 5_000,
    });
    expect(decide(true, relayed, { ...trying, state: 'waiting', sends: 0 })).toEqual({
      kind: 'wait',
      waitMs: 5_000,
    });
  });

  test('waits longer for a direct pair on which the peer has got through', () => {
    const heard: Sketch = { ...trying, sends: 4, lastSentAgoMs: 900, heard: true };
    expect(decide(true, relayed, heard)).toEqual({ kind: 'wait', waitMs: 5_000 });
    expect(decide(true, { ...relayed, validForMs: 5_000 }, heard)).toBe('relay-host');
  });

  test('never waits longer than five seconds for them', () => {
    expect(decide(true, { ...relayed, validForMs: 5_000 }, trying)).toBe('relay-host');
    expect(decide(false, { ...relayed, validForMs: 4_000 })).toEqual({ kind: 'wait', waitMs: 1_000 });
    expect(decide(false, { ...relayed, validForMs: 5_000 })).toBe('relay-host');
  });

  test('takes a peer-reflexive candidate for a relay’s while the peer may still say so', () => {
    const unknown: Sketch = { ...direct, remote: 'prflx', signalled: false };
    expect(decide(false, unknown, trying)).toEqual({ kind: 'wait', waitMs: 5_000 });
    expect(decide(true, unknown, trying)).toEqual({ kind: 'wait', waitMs: 160 });
  });
});
