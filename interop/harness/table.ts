import type { CaseResult, Suite } from './suite.ts';

/**
 * The text of docs/interop.md: which peers were tried with what, from the run itself. Suites that it left out keep their rows.
 *
 * @param before the page as it is
 */
export function interopTable(
  suites: readonly Suite[],
  results: readonly CaseResult[],
  before: string,
): string {
  const kept = before.split('\n').filter((line) => line.startsWith('| '));
  const rows = [...suites]
    .sort((a, b) => a.name.localeCompare(b.name))
    .map((suite) => {
      const name = `\`${suite.name}\` |`;
      const own = results.filter((result) => result.suite === suite.name);
      if (own.length === 0) return kept.find((row) => row.endsWith(` ${name}`)) ?? '';
      const passed = own.filter((result) => result.failure === undefined).length;
      return `| ${suite.peers.join(', ')} | ${suite.shows} | ${passed} of ${own.length} | ${name}`;
    })
    .filter((row) => row !== '');
  return `# Real peers

Written by \`node interop/run.ts --write-docs\`; \`npm run test:interop\` runs the same, \`bash tools/install-peers.sh\` installs the peers (Debian).
What measures sound as it arrives is tried up to three times: who else has the processor is heard.

| peers | what is shown | cases passed | suite |
|---|---|---|---|
${rows.join('\n')}
`;
}
