import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { killAllProcesses } from './harness/process.ts';
import { perform, type ServerKind } from './harness/stage.ts';
import type { CaseResult, Need, Suite } from './harness/suite.ts';
import { interopTable } from './harness/table.ts';

const here = dirname(fileURLToPath(import.meta.url));

/** Two cores: more at once would measure the waiting, not the server. */
const suitesAtOnce = 3;

/** What kamailio.cfg, or sipsak that waits for it, does not do. */
const beyondKamailio: ReadonlySet<Need> = new Set(['presence', 'durable', 'federation', 'ipv6', 'relay']);

interface Arguments {
  readonly words: readonly string[];
  readonly against: ServerKind;
  readonly writeDocs: boolean;
  readonly keep: boolean;
}

function readArguments(given: readonly string[]): Arguments {
  const words: string[] = [];
  let against: ServerKind = 'ringdown';
  let writeDocs = false;
  let keep = false;
  for (let i = 0; i < given.length; i += 1) {
    const word = given[i]!;
    if (word === '--write-docs') writeDocs = true;
    else if (word === '--keep') keep = true;
    else if (word === '--against' && (given[i + 1] === 'kamailio' || given[i + 1] === 'ringdown')) {
      i += 1;
      against = given[i] as ServerKind;
    } else if (word.startsWith('-')) {
      console.error(
        `interop: ${word} is no option; use [WORD…] [--against kamailio] [--write-docs] [--keep]`,
      );
      process.exit(1);
    } else words.push(word);
  }
  return { words, against, writeDocs, keep };
}

async function loadSuites(): Promise<readonly Suite[]> {
  const files = readdirSync(join(here, 'suites')).filter((name) => name.endsWith('.ts'));
  const loaded = files.map(async (name) => {
    const module = (await import(`./suites/${name}`)) as {
      readonly default: Suite;
    };
    return module.default;
  });
  // The longest first, so that the run is not kept waiting by one that began last.
  return (await Promise.all(loaded)).sort((a, b) => b.withinMs - a.withinMs);
}

function report(result: CaseResult, evidence: string | undefined): void {
  const seconds = (result.milliseconds / 1_000).toFixed(1).padStart(6);
  const verdict = result.failure === undefined ? 'ok  ' : 'FAIL';
  console.log(`${verdict} ${seconds} s  ${result.suite}: ${result.name}`);
  if (result.failure !== undefined) console.log(result.failure.replace(/^/gm, '       '));
  if (evidence !== undefined) console.log(evidence);
}

const chosen = readArguments(process.argv.slice(2));
const suites = (await loadSuites()).filter(
  ({ name, needs = [] }) =>
    (chosen.words.length === 0 || chosen.words.some((word) => name.includes(word))) &&
    (chosen.against === 'ringdown' || !needs.some((need) => beyondKamailio.has(need))),
);
if (suites.length === 0) {
  console.error(`interop: no suite's name contains ${chosen.words.join(' or ')}`);
  process.exit(1);
}

const folder = mkdtempSync(join(tmpdir(), 'ringdown-interop-'));
const results: CaseResult[] = [];
let stopped: NodeJS.Signals | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // Ended children let every wait fail and every suite take down what it made; a second signal does not wait.
    if (stopped !== undefined) process.exit(130);
    stopped = signal;
    killAllProcesses();
  });
}
process.on('exit', killAllProcesses);

const placed = suites.map((suite, place) => ({ suite, place }));
const work = async (queue: typeof placed): Promise<void> => {
  for (let next = queue.shift(); next !== undefined && stopped === undefined; next = queue.shift()) {
    await perform({
      ...next,
      folder: join(folder, next.suite.name),
      against: chosen.against,
      writesDocs: chosen.writeDocs,
      report(result, evidence) {
        results.push(result);
        report(result, evidence);
      },
    });
  }
};
await work(placed.filter(({ suite }) => suite.alone === true));
const rest = placed.filter(({ suite }) => suite.alone !== true);
await Promise.all(Array.from({ length: suitesAtOnce }, () => work(rest)));

const failed = results.filter((result) => result.failure !== undefined).length;
if (chosen.keep) console.log(`files: ${folder}`);
else rmSync(folder, { recursive: true, force: true });
if (chosen.writeDocs) {
  const page = join(here, '..', 'docs', 'interop.md');
  writeFileSync(page, interopTable(await loadSuites(), results, readFileSync(page, 'utf8')));
}
console.log(`${results.length - failed} passed, ${failed} failed`);
process.exit(failed > 0 || stopped !== undefined ? 1 : 0);
