/** The servers under test: how each is started on its core, known to be ready, and stopped. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DOMAIN, PASSWORD, userName, writeLines } from './accounts.ts';

export const ROOT = join(import.meta.dirname, '..');
export const NODE = join(ROOT, 'node_modules/.bin/node');
export const BUN = join(ROOT, 'node_modules/@oven/bun-linux-x64/bin/bun');
export const RINGDOWN = join(ROOT, 'apps/cli/bin/ringdown.js');
/** The server has one core and the load the other. */
export const SERVER_CORE = '1';
export const LOAD_CORE = '0';

export const PEERS = ['kamailio', 'kamailio-fm', 'node', 'node-memory', 'bun', 'bun-memory'] as const;
export type PeerName = (typeof PEERS)[number];

export const LABELS: Readonly<Record<PeerName, string>> = {
  kamailio: 'Kamailio, as Debian starts it',
  'kamailio-fm': 'Kamailio, faster allocator (-x fm)',
  node: 'Ringdown, Node',
  'node-memory': 'Ringdown, Node, bindings in memory only',
  bun: 'Ringdown, Bun',
  'bun-memory': 'Ringdown, Bun, bindings in memory only',
};

export interface Server {
  readonly name: PeerName;
  readonly pid: number;
  readonly port: number;
  /** Bytes of Kamailio's shared memory that are in use, with the allocator's own; undefined for others. */
  sharedMemoryUsed(): number | undefined;
  stop(): Promise<void>;
}

export interface StartOptions {
  /** Kamailio's worker processes. */
  readonly children: number;
  /** How many accounts the server has to know. */
  readonly accounts: number;
  /** Flags for the runtime of our server, such as Node's --cpu-prof. */
  readonly runtimeFlags?: readonly string[];
}

/** One folder for all that a run writes, removed at its end. */
export const workFolder = mkdtempSync(join(tmpdir(), 'ringdown-bench-'));
process.once('exit', () => rmSync(workFolder, { recursive: true, force: true }));

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) kill(child, 'SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

/** Every server leads a process group of its own, so that its workers end with it. */
function kill(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(-child.pid!, signal);
  } catch {
    // The group is gone already.
  }
}

export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    kill(child, 'SIGTERM');
    const timer = setTimeout(() => kill(child, 'SIGKILL'), 10_000);
    await ended;
    clearTimeout(timer);
  }
  running.delete(child);
}

let nextPort = 25_060;
let nextHome = 0;

/** A port that is free now; every start takes another, so that late datagrams meet nobody. */
function port(): number {
  nextPort += 10;
  return nextPort;
}

export function launch(
  name: string,
  command: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): [ChildProcess, () => string] {
  const child = spawn('taskset', ['-c', SERVER_CORE, ...command], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: workFolder,
    env: { ...process.env, ...environment },
  });
  running.add(child);
  let tail = '';
  const keep = (bytes: Buffer): void => {
    tail = (tail + bytes.toString('latin1')).slice(-4000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  child.once('error', (error) => keep(Buffer.from(`${name}: ${error.message}\n`)));
  return [child, () => tail];
}

export async function waitFor(
  what: string,
  child: ChildProcess,
  log: () => string,
  ready: () => boolean,
): Promise<void> {
  for (let waited = 0; !ready(); waited += 50) {
    if (child.exitCode !== null || waited > 120_000) throw new Error(`${what} did not start:\n${log()}`);
    await sleep(50);
  }
}

/** Whether a UDP port of 127.0.0.1 is bound. */
export function bound(wanted: number): boolean {
  const hex = `0100007F:${wanted.toString(16).toUpperCase().padStart(4, '0')}`;
  return readFileSync('/proc/net/udp', 'latin1').includes(hex);
}

async function startKamailio(name: 'kamailio' | 'kamailio-fm', options: StartOptions): Promise<Server> {
  const sipPort = port();
  const folder = join(workFolder, `kamailio-${sipPort}`);
  mkdirSync(folder);
  const control = join(folder, 'ctl');
  const megabytes = options.accounts > 200_000 ? 2000 : 1000;
  const [child, log] = launch(name, [
    'kamailio',
    ...['-f', join(import.meta.dirname, 'kamailio/kamailio.cfg'), '-l', `udp:127.0.0.1:${sipPort}`],
    ...['-n', String(options.children), '-m', String(megabytes), '-M', '16', '-DD', '-E', '-Y', folder],
    ...['-A', `DOMAIN="${DOMAIN}"`, '-A', `PASSWORD="${PASSWORD}"`, '-A', `CONTROL="unix:${control}"`],
    ...(name === 'kamailio-fm' ? ['-x', 'fm'] : []),
  ]);
  await waitFor(name, child, log, () => bound(sipPort));
  await sleep(500);
  return {
    name,
    pid: child.pid!,
    port: sipPort,
    sharedMemoryUsed: () => {
      const text = execFileSync('kamcmd', ['-s', `unix:${control}`, 'core.shmmem'], { encoding: 'latin1' });
      return Number(/\breal_used: (-?\d+)/.exec(text)?.[1]) >>> 0;
    },
    stop: () => stop(child),
  };
}

/** Homes with accounts, made once per run and copied for every start, so that no start inherits bindings. */
const homes = new Map<number, string>();

export function homeWith(accounts: number): string {
  const known = homes.get(accounts);
  if (known !== undefined) return known;
  const home = join(workFolder, `home-${accounts}`);
  const file = join(workFolder, `accounts-${accounts}.csv`);
  writeLines(file, 'username,password,auth_username,display_name', accounts, (index) => {
    const user = userName(index);
    return `${user},${PASSWORD},${user},`;
  });
  const command = [RINGDOWN, 'account', 'import', file, '--home', home, '--domain', DOMAIN];
  execFileSync(NODE, command, { stdio: ['ignore', 'ignore', 'inherit'], maxBuffer: 1 << 28 });
  rmSync(file);
  homes.set(accounts, home);
  return home;
}

/** The configuration that keeps bindings in memory only, as Kamailio's db_mode 0 does. */
const MEMORY_ONLY = '[bindings]\ndurable = false\n';

async function startRingdown(name: PeerName, options: StartOptions): Promise<Server> {
  const sipPort = port();
  nextHome += 1;
  const home = join(workFolder, `home-started-${nextHome}`);
  cpSync(homeWith(options.accounts), home, { recursive: true });
  const configuration: string[] = [];
  if (name.endsWith('-memory')) {
    const file = join(workFolder, 'memory-only.toml');
    writeFileSync(file, MEMORY_ONLY);
    configuration.push('--config', file);
  }
  const [child, log] = launch(name, [
    ...[
      name.startsWith('bun') ? BUN : NODE,
      ...(options.runtimeFlags ?? []),
      RINGDOWN,
      'serve',
      '--home',
      home,
      '--domain',
      DOMAIN,
    ],
    ...['--host', '127.0.0.1', '--sip-port', String(sipPort), '--sips-port', '0', '--http-port', '0'],
    ...['--https-port', '0', '--turn-port', String(sipPort + 2), '--turns-port', '0', ...configuration],
  ]);
  await waitFor(name, child, log, () => /^ready /m.test(log()));
  return {
    name,
    pid: child.pid!,
    port: sipPort,
    sharedMemoryUsed: () => undefined,
    stop: async () => {
      await stop(child);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

export function start(name: PeerName, options: StartOptions): Promise<Server> {
  return name === 'kamailio' || name === 'kamailio-fm'
    ? startKamailio(name, options)
    : startRingdown(name, options);
}
