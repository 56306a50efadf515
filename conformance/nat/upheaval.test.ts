import { describe, expect, it } from 'vitest';
import { expectSection } from './expect-section.ts';
import { table } from './page.ts';
import { endure, type Recovery, UPHEAVALS, type Upheaval } from './upheaval.ts';

const recoveries = new Map<Upheaval, Recovery[]>();

describe('a call', () => {
  it.each(UPHEAVALS)('goes on though $name', async (upheaval) => {
    const both = [await endure(upheaval, false), await endure(upheaval, true)];
    // RFC 7675: after 30 s without an answer nothing may be sent any more. It must not come to that.
    for (const { silentMs } of both) expect(silentMs).toBeLessThan(30_000);
    for (const { restarts } of both) expect(restarts).toBeLessThanOrEqual(1);
    recoveries.set(upheaval, both);
  });

  it('stands with its silences in docs/nat.md', () => {
    const rows = [...recoveries].map(([{ name }, both]) => [
      name,
      words(both.map(({ before, after }) => `${before} to ${after}`)),
      words(both.map(({ restarts, why }) => (restarts === 0 ? 'by itself' : `by an ICE restart: ${why}`))),
      words(both.map(({ silentMs }) => (silentMs / 1_000).toFixed(1))),
    ]);
    const head = ['what happens', 'path before and after', 'goes on', 'after, s'];
    expectSection('calls', table([head, ...rows]));
  });
});

const words = (some: readonly string[]): string => [...new Set(some)].join(', ');
