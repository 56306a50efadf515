import { expect, test } from 'vitest';
import { pairsOf, StatsReader } from './stats.ts';

type Report = Parameters<typeof pairsOf>[0];

const report = (...rows: readonly Readonly<Record<string, unknown>>[]): Report =>
  new Map(rows.map((row) => [row['id'], row])) as unknown as Report;
const pair = (id: string, parts: Readonly<Record<string, unknown>>) => ({
  ...{ id, type: 'candidate-pair', localCandidateId: 'l', remoteCandidateId: 'r' },
  ...parts,
});

test('what a browser counts says why a pair failed', () => {
  const pairs = pairsOf(
    report(
      { id: 'l', type: 'local-candidate', address: '192.0.2.1', port: 4000, candidateType: 'host' },
      { id: 'r', type: 'remote-candidate', address: '192.0.2.2', port: 5000, candidateType: 'host' },
      { id: 't', type: 'transport', selectedCandidatePairId: 'good' },
      pair('silent', { state: 'failed', requestsSent: 7, responsesReceived: 0 }),
      pair('gone', { state: 'failed', requestsSent: 9, responsesReceived: 3 }),
      pair('left', { state: 'failed' }),
      pair('good', { state: 'succeeded', requestsSent: 5, responsesReceived: 5, currentRoundTripTime: 0.02 }),
    ),
  );
  expect(pairs.map(({ state, selected, why }) => [state, selected, why])).toEqual([
    ['succeeded', true, undefined],
    ['failed', false, 'nothing came back for 7 checks'],
    ['failed', false, 'it answered at first, and then no more'],
    ['failed', false, 'the browser did not try it'],
  ]);
});

test('nothing that should come is everything lost, from a second on; what need not come is none', () => {
  const reader = new StatsReader();
  const at = (seconds: number, packetsReceived: number, isDue = true) =>
    reader.quality(
      report({ id: 'i', type: 'inbound-rtp', kind: 'audio', packetsReceived, packetsLost: 0 }),
      'opus',
      1_000 * seconds,
      isDue,
    );
  expect(at(10, 0)).toMatchObject({ lossRatio: 0 });
  expect(at(11, 50)).toMatchObject({ lossRatio: 0 });
  expect(at(11.9, 50)).not.toHaveProperty('silentMs');
  expect(at(13, 50)).toMatchObject({ lossRatio: 1, mos: 1, silentMs: 2_000 });
  expect(at(14, 60)).not.toHaveProperty('silentMs');
  expect(at(20, 60, false)).toMatchObject({ lossRatio: 0 });
  expect(at(20.5, 60)?.mos).toBeGreaterThan(4);
  expect(at(21.5, 60)).toMatchObject({ lossRatio: 1, mos: 1 });
});
