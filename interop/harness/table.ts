import type { CaseResult, Suite } from './suite.ts';

/** The text of docs/interop.md: which peers were tried with what, from the run itself. */
export function interopTable(suites: readonly Suite[], results: readonly CaseResult[]): string {
  const rows = [...suites]
    .sort((a, b) => a.name.localeCompare(b.name))
    .map((suite) => {
      const own = results.filter((result) => result.suite === suite.name);
      const passed = own.filter((result) => result.failure === undefined).length;
      return `| ${suite.peers.join(', ')} | ${suite.shows} | ${passed} of ${own.length} | \`${suite.name}\` |`;
    });
  return `# Real peers

Written by \`node interop/run.ts --write-docs\`; \`npm run test:interop\` runs the same, \`bash tools/install-peers.sh\` installs the peers (Debian).

| peers | what is shown | cases passed | suite |
|---|---|---|---|
${rows.join('\n')}
`;
}
