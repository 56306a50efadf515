import { AsyncLocalStorage } from 'node:async_hooks';
import { mkdirSync } from 'node:fs';
import { startCapture } from './capture.ts';
import { LISTENS, within } from './deadline.ts';
import { startKamailio } from './kamailio.ts';
import { describeExit, type ProcessOptions, RunningProcess } from './process.ts';
import type { Provider, ProviderOptions } from './provider.ts';
import { startRingdown } from './ringdown.ts';
import type { CaseResult, Stage, Suite } from './suite.ts';

export type ServerKind = 'ringdown' | 'kamailio';

export interface StageOptions {
  readonly suite: Suite;
  /** Its place among the suites of this run; makes its addresses its own. */
  readonly place: number;
  readonly folder: string;
  readonly against: ServerKind;
  readonly writesDocs: boolean;
  report(result: CaseResult, evidence: string | undefined): void;
}

/** Lines of each log that a failure shows. */
const shownLines = 40;

type Cleanup = () => void | Promise<void>;

/** What was made meanwhile: by a whole suite, or by one case of it. */
interface Made {
  readonly cleanups: Cleanup[];
  readonly providers: Provider[];
}

function tail(text: string): string {
  const lines = text.trimEnd().split(/\r?\n/);
  const cut = lines.length - shownLines;
  return (cut > 0 ? [`… ${cut} lines before`, ...lines.slice(cut)] : lines)
    .map((line) => `    ${line}`)
    .join('\n');
}

/** Runs one suite on a stage of its own and takes everything down again. */
export async function perform(options: StageOptions): Promise<void> {
  const { suite } = options;
  const whole: Made = { cleanups: [], providers: [] };
  const ofCase = new AsyncLocalStorage<Made>();
  const made = (): Made => ofCase.getStore() ?? whole;
  let servers = 0;
  const sources: Array<{ readonly name: string; readonly read: () => string }> = [];
  const failures: CaseResult[] = [];
  const block = `127.${64 + (process.pid % 128)}.${options.place + 1}`;
  mkdirSync(options.folder, { recursive: true });

  const record = (name: string, started: number, error: unknown): void => {
    const failure = error === undefined ? undefined : error instanceof Error ? error.message : String(error);
    const result = {
      suite: suite.name,
      name,
      milliseconds: performance.now() - started,
      failure,
    };
    if (failure !== undefined) failures.push(result);
    else options.report(result, undefined);
  };

  const takeDown = async ({ cleanups }: Made, started: number): Promise<void> => {
    for (const cleanup of cleanups.splice(0).reverse()) {
      try {
        await cleanup();
      } catch (error) {
        record('what the suite made is taken down', started, error);
      }
    }
  };

  /** What a failed case left must not meet the next: its phones would take the others' calls. */
  const tried = async (name: string, body: () => Promise<void>, attempts: number): Promise<boolean> => {
    const started = performance.now();
    for (let attempt = 1; ; attempt += 1) {
      const own: Made = { cleanups: [], providers: [] };
      try {
        await ofCase.run(own, body);
        whole.cleanups.push(...own.cleanups);
        whole.providers.push(...own.providers);
        record(name, started, undefined);
        return true;
      } catch (error) {
        await takeDown(own, started);
        if (attempt >= attempts) {
          record(name, started, error);
          return false;
        }
        const why = error instanceof Error ? error.message : String(error);
        console.log(`once more     ${suite.name}: ${name}\n${why.replace(/^/gm, '       ')}`);
      }
    }
  };

  const stage: Stage = {
    folder: options.folder,
    writesDocs: options.writesDocs,
    address: (host) => `${block}.${host}`,
    async provider(wanted: ProviderOptions = {}): Promise<Provider> {
      const complete = {
        name: `server-${++servers}`,
        host: `${block}.1`,
        domain: 'interop.test',
        ...wanted,
      };
      const start = options.against === 'kamailio' ? startKamailio : startRingdown;
      const provider = await start(stage, complete);
      made().providers.push(provider);
      return provider;
    },
    start(wanted: ProcessOptions): RunningProcess {
      const child = new RunningProcess(wanted);
      made().cleanups.push(async () => void (child.exit ?? (await child.stop())));
      sources.push({ name: child.name, read: () => child.output });
      return child;
    },
    defer: (cleanup) => void made().cleanups.push(cleanup),
    evidence: (name, read) => void sources.push({ name, read }),
    check: (name, body) => tried(name, body, 1),
    listen: (name, body) => tried(name, body, LISTENS),
  };

  const started = performance.now();
  try {
    await startCapture(stage, { address: `${block}.0/24`, name: 'loopback' });
    await within(suite.run(stage), suite.withinMs, `suite ${suite.name} ends`);
  } catch (error) {
    record('the suite runs to its end', started, error);
  }
  for (const { isDown, process: server } of whole.providers) {
    if (!isDown && server.exit !== undefined) {
      record(`${server.name} stays up`, started, new Error(`it ended: ${describeExit(server.exit)}`));
    }
  }
  // The evidence is complete once its writers have ended.
  await takeDown(whole, started);
  const shown = sources.map(({ name, read }) => `  --- ${name}\n${tail(read())}`).join('\n');
  failures.forEach((failure, index) => {
    options.report(failure, index === failures.length - 1 ? shown : undefined);
  });
}
