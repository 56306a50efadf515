import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { inviteClient, inviteClientTimers } from './invite-client.ts';
import { inviteServer, inviteServerTimers } from './invite-server.ts';
import { nonInviteClient, nonInviteClientTimers } from './non-invite-client.ts';
import { nonInviteServer, nonInviteServerTimers } from './non-invite-server.ts';
import type { TimerTable, TransitionTable } from './table.ts';

interface Drawing {
  readonly title: string;
  readonly source: string;
  readonly initial: string;
  readonly table: TransitionTable<string, string, string>;
  readonly timers: TimerTable<string, string>;
}

const drawings: readonly Drawing[] = [
  {
    title: 'INVITE client transaction',
    source: 'RFC 3261 §17.1.1, figure 5, and RFC 6026 §8.4',
    initial: 'calling',
    table: inviteClient,
    timers: inviteClientTimers,
  },
  {
    title: 'Non-INVITE client transaction',
    source: 'RFC 3261 §17.1.2, figure 6',
    initial: 'trying',
    table: nonInviteClient,
    timers: nonInviteClientTimers,
  },
  {
    title: 'INVITE server transaction',
    source: 'RFC 3261 §17.2.1, figure 7, and RFC 6026 §8.5',
    initial: 'proceeding',
    table: inviteServer,
    timers: inviteServerTimers,
  },
  {
    title: 'Non-INVITE server transaction',
    source: 'RFC 3261 §17.2.2, figure 8, and RFC 4320 §4',
    initial: 'trying',
    table: nonInviteServer,
    timers: nonInviteServerTimers,
  },
];

const draw = ({ title, source, initial, table, timers }: Drawing): string => {
  const lines = [
    `## ${title}`,
    '',
    `${source}.`,
    '',
    '```mermaid',
    'stateDiagram-v2',
    `  [*] --> ${initial}`,
  ];
  for (const [state, row] of Object.entries(table)) {
    for (const [stimulus, [next, ...actions]] of Object.entries(row) as [string, readonly string[]][]) {
      const label = actions.length === 0 ? stimulus : `${stimulus} / ${actions.join(', ')}`;
      lines.push(`  ${state} --> ${next}: ${label}`);
    }
    const running = timers[state] ?? [];
    if (running.length > 0) lines.push(`  note right of ${state}: ${running.join(', ')}`);
  }
  return [...lines, '  terminated --> [*]', '```', ''].join('\n');
};

it('docs/transactions.md shows the tables as they are', () => {
  const file = new URL('../../../../docs/transactions.md', import.meta.url);
  const page = [
    '# The transactions of RFC 3261',
    '',
    'Drawn from the tables in `packages/sip/src/transaction` by `diagrams.test.ts`, which fails where this page is not what',
    'they say; rewrite it with `RINGDOWN_WRITE_DOCS=1 npm test`. An arrow says what happened, and behind the slash what is',
    'done; a note, which timers run in that state. What a state has no arrow for is ignored there.',
    '',
    ...drawings.map(draw),
  ].join('\n');
  if (process.env['RINGDOWN_WRITE_DOCS'] === '1') writeFileSync(file, page);
  expect(readFileSync(file, 'utf8'), 'write it anew with RINGDOWN_WRITE_DOCS=1').toBe(page);
});
