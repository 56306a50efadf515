import { expect, it } from 'vitest';
import { allocationStates } from './allocation-states.ts';

const rows = Object.entries(allocationStates) as [string, Record<string, readonly string[]>][];

it('every state can be left and come to, and closed is the end', () => {
  const reached = new Set(rows.flatMap(([, row]) => Object.values(row).map(([next]) => next)));
  expect(reached).toEqual(new Set(rows.map(([state]) => state).filter((state) => state !== 'idle')));
  expect(allocationStates.closed).toEqual({});
});

it('whoever comes to the end has disconnected, and is told so once', () => {
  for (const [state, row] of rows)
    for (const [stimulus, [next, ...actions]] of Object.entries(row)) {
      const reports = actions.filter((action) => /^report the (?:failure|loss|end)$/.test(action));
      expect([state, stimulus, reports.length]).toEqual([state, stimulus, next === 'closed' ? 1 : 0]);
      if (next === 'closed' && state !== 'idle') expect(actions).toContain('disconnect');
    }
});
