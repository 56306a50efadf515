import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { callStates } from './call/call-table.ts';
import { subscriptionPhases } from './event/subscription-table.ts';
import { registrationStates } from './registration/registration-table.ts';

interface Drawing {
  readonly title: string;
  readonly source: string;
  readonly initial: readonly string[];
  readonly table: Readonly<Record<string, Readonly<Partial<Record<string, readonly string[]>>>>>;
}

const drawings: readonly Drawing[] = [
  {
    title: 'Registration',
    source: 'RFC 3261 §10.2 and RFC 5626 §4',
    initial: ['unregistered'],
    table: registrationStates,
  },
  {
    title: 'Call',
    source: 'RFC 3261 §13 and §15, RFC 4028; `preparing` begins an outgoing call, `ringing` an incoming one',
    initial: ['preparing', 'ringing'],
    table: callStates,
  },
  {
    title: 'Subscription',
    source: 'RFC 6665 §4.1',
    initial: ['subscribing'],
    table: subscriptionPhases,
  },
];

const draw = ({ title, source, initial, table }: Drawing): string => {
  const lines = [`## ${title}`, '', `${source}.`, '', '```mermaid', 'stateDiagram-v2'];
  for (const state of initial) lines.push(`  [*] --> ${state}`);
  for (const [state, row] of Object.entries(table)) {
    for (const [stimulus, transition] of Object.entries(row)) {
      const [next, ...actions] = transition ?? [];
      const label = actions.length === 0 ? stimulus : `${stimulus} / ${actions.join(', ')}`;
      lines.push(`  ${state} --> ${next}: ${label}`);
    }
    if (Object.keys(row).length === 0) lines.push(`  ${state} --> [*]`);
  }
  return [...lines, '```', ''].join('\n');
};

it('docs/user-agent.md shows the tables as they are', () => {
  const file = new URL('../../../docs/user-agent.md', import.meta.url);
  const page = [
    '# What a phone goes through',
    '',
    'Drawn from the tables in `packages/user-agent/src` by `diagrams.test.ts`, which fails where this page is not what they',
    'say; rewrite it with `RINGDOWN_WRITE_DOCS=1 npm test`. An arrow says what happened, and behind the slash what is done.',
    'What a state has no arrow for is ignored there.',
    '',
    ...drawings.map(draw),
  ].join('\n');
  if (process.env['RINGDOWN_WRITE_DOCS'] === '1') writeFileSync(file, page);
  expect(readFileSync(file, 'utf8'), 'write it anew with RINGDOWN_WRITE_DOCS=1').toBe(page);
});

describe.each(drawings)('$title', ({ initial, table }) => {
  it('has no state that cannot be reached, and leads to none that is not there', () => {
    const reached = new Set(initial);
    for (const state of reached)
      for (const transition of Object.values(table[state] ?? {})) reached.add(transition?.[0] ?? '');
    expect([...reached].sort()).toEqual(Object.keys(table).sort());
  });
});
