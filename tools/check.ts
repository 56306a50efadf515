/**
 * `npm run check`: types, format and lint, walls and style, at once. What is wrong is printed under the name of what found
 * it; the exit status says whether all is well.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { top } from './tidy.ts';

interface Check {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

const bin = (name: string): string => join(top, 'node_modules', '.bin', name);

const checks: readonly Check[] = [
  { name: 'types', command: bin('tsc'), args: ['--build', '--pretty', 'false'] },
  {
    name: 'format and lint',
    command: bin('biome'),
    args: ['check', '--colors=off', '--error-on-warnings', '.'],
  },
  { name: 'walls and style', command: process.execPath, args: [join(top, 'tools', 'tidy.ts')] },
];

/** @returns whether all is well */
const run = async ({ name, command, args }: Check): Promise<boolean> => {
  const start = performance.now();
  const child = spawn(command, args, { cwd: top, shell: process.platform === 'win32' });
  let output = '';
  const append = (text: string): void => {
    output += text;
  };
  child.stdout.setEncoding('utf8').on('data', append);
  child.stderr.setEncoding('utf8').on('data', append);
  const [status] = (await once(child, 'close')) as [number | null];
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${status === 0 ? 'ok    ' : 'failed'} ${name} (${seconds} s)`);
  if (status !== 0) console.log(output.trimEnd());
  return status === 0;
};

const results = await Promise.all(checks.map(run));
process.exitCode = results.every(Boolean) ? 0 : 1;
