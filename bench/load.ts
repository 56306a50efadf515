/** Runs the load generators, SIPp and our own, on the load's core, and reads what they and the server used. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { DOMAIN, FIRST_CALLEE, PAIRS, PASSWORD, USERS, userName, writeLines } from './accounts.ts';
import { LOAD_CORE, NODE, type Server, workFolder } from './peer.ts';
import { cpuMs, machineTime, processTree } from './process.ts';

const execute = promisify(execFile);

/** What one run of a load generator gave; the counted time only. */
export interface Sample {
  readonly elapsedMs: number;
  readonly started: number;
  readonly succeeded: number;
  readonly timedOut: number;
  /** How many were refused, by status code. */
  readonly refusals: Readonly<Record<string, number>>;
  /** Datagrams that the load sent again. */
  readonly resent: number;
  readonly serverCpuMs: number;
  readonly loadCpuMs: number;
  readonly othersCpuMs: number;
  /** What the host took away from the machine. */
  readonly stolenMs: number;
  readonly setUpP50Ms?: number | null;
  readonly setUpP99Ms?: number | null;
}

/** CPU of the server per piece of work that succeeded, in µs. */
export const microseconds = (sample: Sample): number => (sample.serverCpuMs * 1000) / sample.succeeded;

/** Runs bench/load/NAME.ts. */
export async function raw(
  name: 'registrations' | 'calls',
  server: Server,
  options: Readonly<Record<string, number>>,
): Promise<Sample> {
  const flags = Object.entries(options).flatMap(([key, value]) => [`--${key}`, String(value)]);
  const file = join(import.meta.dirname, 'load', `${name}.ts`);
  const to = ['--server-port', String(server.port), '--server-pid', String(server.pid)];
  const { stdout } = await execute('taskset', ['-c', LOAD_CORE, NODE, file, ...to, ...flags], {
    timeout: 900_000,
  });
  return JSON.parse(stdout) as Sample;
}

let lists: { readonly registrations: string; readonly calls: string } | undefined;

/** The lists of users that SIPp reads. */
function userLists(): { readonly registrations: string; readonly calls: string } {
  if (lists !== undefined) return lists;
  const credentials = (user: string): string => `[authentication username=${user} password=${PASSWORD}]`;
  lists = { registrations: join(workFolder, 'registrations.csv'), calls: join(workFolder, 'calls.csv') };
  writeLines(
    lists.registrations,
    'SEQUENTIAL',
    USERS,
    (index) => `${userName(index)};${credentials(userName(index))}`,
  );
  writeLines(lists.calls, 'SEQUENTIAL', PAIRS, (index) => {
    const caller = userName(index);
    return `${caller};${userName(FIRST_CALLEE + index)};${credentials(caller)}`;
  });
  return lists;
}

const common = ['-i', '127.0.0.1', '-nostdin', '-buff_size', '4194304', '-timer_resol', '1'];
const scenario = (name: string): string => join(import.meta.dirname, 'sipp', `${name}.xml`);

/** Starts SIPp as the phones that answer, on a port. */
export async function startCallee(port: number): Promise<ChildProcess> {
  const child = spawn(
    'taskset',
    ['-c', LOAD_CORE, 'sipp', '-sf', scenario('callee'), '-p', String(port), ...common],
    { cwd: workFolder, stdio: 'ignore' },
  );
  process.once('exit', () => child.kill('SIGKILL'));
  await sleep(500);
  if (child.exitCode !== null)
    throw new Error(`SIPp as callee ended at once on port ${port}; is sipp installed?`);
  return child;
}

export interface SippOptions {
  readonly scenario: 'register' | 'caller';
  readonly perSecond: number;
  /** At most so many at a time: the closed loop that saturates. */
  readonly limit?: number;
  readonly count: number;
  /** Other processes of the load, whose CPU time counts as the load's. */
  readonly helpers?: readonly number[];
}

/** Runs SIPp to its end. The server's CPU time is read right before and after. */
export async function sipp(server: Server, options: SippOptions): Promise<Sample> {
  const files = userLists();
  const statistics = join(workFolder, 'statistics.csv');
  const prefix = options.scenario;
  const arguments_ = [
    ...[`127.0.0.1:${server.port}`, '-sf', scenario(prefix), '-s', DOMAIN, '-auth_uri', DOMAIN, ...common],
    ...['-inf', prefix === 'register' ? files.registrations : files.calls],
    ...['-r', String(options.perSecond), '-m', String(options.count), '-timeout', '120s'],
    ...['-trace_stat', '-stf', statistics, '-fd', '1', '-trace_rtt', '-rtt_freq', '1000'],
    ...(options.limit === undefined ? [] : ['-l', String(options.limit)]),
  ];
  const pids = processTree(server.pid);
  const helpers = options.helpers ?? [];
  const before = {
    server: cpuMs(pids),
    helpers: cpuMs(helpers),
    machine: machineTime(),
    at: performance.now(),
  };
  const child = spawn('taskset', ['-c', LOAD_CORE, 'sipp', ...arguments_], {
    cwd: workFolder,
    stdio: 'ignore',
  });
  const ownCpu = await endOf(child);
  const after = {
    server: cpuMs(pids),
    helpers: cpuMs(helpers),
    machine: machineTime(),
    at: performance.now(),
  };
  const table = lastLine(statistics);
  rmSync(statistics, { force: true });
  const responseTimes = readResponseTimes(join(workFolder, `${prefix}_${child.pid}_rtt.csv`));
  const serverCpuMs = after.server - before.server;
  const loadCpuMs = after.helpers - before.helpers + ownCpu;
  return {
    elapsedMs: after.at - before.at,
    started: Number(table.get('TotalCallCreated')),
    succeeded: Number(table.get('SuccessfulCall(C)')),
    timedOut: Number(table.get('FailedCall(C)')),
    refusals: {},
    resent: Number(table.get('Retransmissions(C)')),
    serverCpuMs,
    loadCpuMs,
    othersCpuMs: Math.max(0, after.machine.busyMs - before.machine.busyMs - serverCpuMs - loadCpuMs),
    stolenMs: after.machine.stolenMs - before.machine.stolenMs,
    ...responseTimes,
  };
}

/** Waits for the end of a process and gives the CPU time it was last seen with, in ms. */
async function endOf(child: ChildProcess): Promise<number> {
  let last = 0;
  const timer = setInterval(() => {
    last = Math.max(last, cpuMs([child.pid!]));
  }, 50);
  await new Promise((resolve) => child.once('exit', resolve));
  clearInterval(timer);
  return last;
}

/** SIPp's statistics: names in the first line, the final values in the last. */
function lastLine(file: string): ReadonlyMap<string, string> {
  const lines = readFileSync(file, 'latin1').trim().split('\n');
  const values = lines.at(-1)!.split(';');
  return new Map(lines[0]!.split(';').map((name, at) => [name, values[at] ?? '']));
}

function readResponseTimes(file: string): { setUpP50Ms: number | null; setUpP99Ms: number | null } {
  // SIPp writes no file when no call was answered.
  if (!existsSync(file)) return { setUpP50Ms: null, setUpP99Ms: null };
  const lines = readFileSync(file, 'latin1').trim().split('\n').slice(1);
  rmSync(file);
  const times = Float64Array.from(lines, (line) => Number(line.split(';')[1])).sort();
  const quantile = (share: number): number | null => times[Math.floor((times.length - 1) * share)] ?? null;
  return { setUpP50Ms: quantile(0.5), setUpP99Ms: quantile(0.99) };
}
