import type { Configuration } from './config/configuration.ts';
import { browserTurnUris, greeting } from './greeting.ts';
import { tellRunning } from './home/running.ts';
import { openLog } from './operations/log.ts';
import { boundYoungGeneration } from './operations/young-generation.ts';
import { startServer } from './server.ts';

/** How long a stop may take before the process ends all the same. */
const STOP_WITHIN_MS = 5_000;

/**
 * Runs a provider until SIGTERM or SIGINT. Prints what a newcomer has to know, last a line that begins with `ready` and
 * names every listener.
 *
 * @throws Refusal where it cannot start
 */
export const serve = async (configuration: Configuration): Promise<void> => {
  boundYoungGeneration();
  const log = openLog(configuration.log);
  const server = await startServer(configuration, log);
  const untell = tellRunning(server.home, { turnUris: browserTurnUris(server, configuration.advertise) });
  process.stdout.write(greeting(server, configuration.advertise));
  const signal = await stopSignal();
  log.info({ event: 'stopping', why: signal });
  const hurry = setTimeout(() => process.exit(1), STOP_WITHIN_MS);
  untell();
  await server.stop();
  clearTimeout(hurry);
  log.flush();
};

/** How often to look whether npm, which started us, is still there. */
const PARENT_MS = 500;

/** Resolves when we are to stop, with what for. Under npm also when that is gone: it does not hand on the signal that ends it. */
const stopSignal = (): Promise<string> =>
  new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, resolve);
    if (process.env.npm_execpath === undefined) return;
    const parent = process.ppid;
    const timer = setInterval(() => {
      if (process.ppid !== parent) resolve('npm, which started this server, has ended');
    }, PARENT_MS);
    timer.unref();
  });
