/** A stage of interop without its suites: one server and the phones of the bench, and no capture, which would cost time. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { killAllProcesses, RunningProcess } from '../../interop/harness/process.ts';
import type { Provider } from '../../interop/harness/provider.ts';
import { startRingdown } from '../../interop/harness/ringdown.ts';
import type { Stage } from '../../interop/harness/suite.ts';
import { workFolder } from '../peer.ts';

// Whatever ends the bench, nothing of it stays.
process.once('exit', killAllProcesses);

export interface PhoneStage {
  readonly stage: Stage;
  readonly provider: Provider;
  /** A loopback address that nothing of this run has had before. */
  address(): string;
  /** Ends all that was started, the last one first. */
  down(): Promise<void>;
}

const FIRST_HOST = 10;

/** Accounts of phones that say what they hear. */
export const LOOPS: readonly string[] = ['loop-0', 'loop-1', 'loop-2', 'loop-3', 'loop-4'];

/** A phone of ours takes no more than 32. */
export const CALLS_OF_A_HOLDER = 20;
/** Accounts of the phones that hold many calls. */
export const HOLDERS: readonly string[] = Array.from({ length: 40 }, (_, index) => `hold-${index}`);

/** With a server of ours and the accounts alice, bob and those of the loops and holders. */
export const raiseStage = async (): Promise<PhoneStage> => {
  const cleanups: (() => void | Promise<void>)[] = [];
  const folder = join(workFolder, 'phones');
  mkdirSync(folder, { recursive: true });
  const block = `127.${64 + (process.pid % 128)}.201`;
  const check: Stage['check'] = async (_, body) => {
    await body();
    return true;
  };
  const stage: Stage = {
    folder,
    writesDocs: false,
    address: (host) => `${block}.${host}`,
    provider: () => Promise.reject(new Error('the bench has one server, and it is there already')),
    start(options) {
      const child = new RunningProcess(options);
      cleanups.push(async () => {
        if (child.exit === undefined) await child.stop();
      });
      return child;
    },
    defer: (cleanup) => void cleanups.push(cleanup),
    evidence: () => {},
    check,
    listen: check,
  };
  const down = async (): Promise<void> => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  };
  try {
    const provider = await startRingdown(stage, {
      name: 'server',
      host: `${block}.1`,
      domain: 'bench.example',
    });
    await provider.addAccounts(
      ['alice', 'bob', ...LOOPS, ...HOLDERS].map((name) => ({ name, password: `${name}-secret` })),
    );
    let host = FIRST_HOST;
    return {
      stage,
      provider,
      address: () => {
        host += 1;
        return stage.address(host);
      },
      down,
    };
  } catch (error) {
    await down();
    throw error;
  }
};
