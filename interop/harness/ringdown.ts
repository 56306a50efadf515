import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually, within } from './deadline.ts';
import { type RunningProcess, runCommand } from './process.ts';
import {
  type Endpoint,
  type ListenerName,
  type Provider,
  type ProviderOptions,
  readListeners,
} from './provider.ts';
import type { Stage } from './suite.ts';

/** The repository, where npx finds the command. */
const top = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** `npx ringdown …`, and never a download: what is tried is what stands here. */
const npx = { command: 'npx', prefix: ['--no-install', 'ringdown'] } as const;

/** Another runtime to serve with, such as Bun's binary: RINGDOWN_RUNTIME names it. */
const runtime = process.env.RINGDOWN_RUNTIME;
const server =
  runtime === undefined
    ? npx
    : { command: join(top, runtime), prefix: [join(top, 'apps/cli/bin/ringdown.js')] };

export async function startRingdown(
  stage: Stage,
  options: ProviderOptions & {
    readonly name: string;
    readonly host: string;
    readonly domain: string;
  },
): Promise<Provider> {
  const home = join(stage.folder, options.name);
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const configFile = `${home}.toml`;
  if (options.config !== undefined) writeFileSync(configFile, options.config);

  let child: RunningProcess | undefined;
  let listeners: ReadonlyMap<ListenerName, Endpoint> = new Map();
  let starts = 0;
  let isDown = false;

  const endpoint = (name: ListenerName): Endpoint => {
    const found = listeners.get(name);
    if (found === undefined) throw new Error(`${options.name} announced no ${name} listener`);
    return found;
  };

  const serve = async (): Promise<void> => {
    const web = listeners.get('http') ?? listeners.get('ws');
    starts += 1;
    isDown = false;
    child = stage.start({
      name: starts === 1 ? options.name : `${options.name}, start ${starts}`,
      command: server.command,
      cwd: top,
      ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
      args: [
        ...server.prefix,
        'serve',
        ...['--home', home, '--domain', options.domain, '--host', options.host],
        ...(options.advertise === false ? [] : ['--advertise', options.advertise ?? options.host]),
        ...(options.moreHosts ?? []).flatMap((host) => ['--host', host]),
        ...['--sip-port', String(listeners.get('udp')?.port ?? options.sipPort ?? 0)],
        ...['--sips-port', String(listeners.get('tls')?.port ?? options.sipsPort ?? 0)],
        ...['--http-port', String(web?.port ?? 0)],
        ...['--https-port', String(listeners.get('wss')?.port ?? 0)],
        ...['--turn-port', String(listeners.get('turn-udp')?.port ?? options.turnPort ?? 0)],
        ...['--turns-port', String(listeners.get('turn-tls')?.port ?? options.turnsPort ?? 0)],
        ...(options.config === undefined ? [] : ['--config', configFile]),
      ],
    });
    const line = await child.waitFor(/^ready\b.*$/m, options.readyWithinMs ?? 20_000);
    listeners = readListeners(line[0]);
  };

  const account = (args: readonly string[]): Promise<string> =>
    runRingdown(['account', ...args, '--home', home, '--json']);

  await serve();
  return {
    domain: options.domain,
    home,
    durable: true,
    endpoint,
    get process() {
      if (child === undefined) throw new Error('not started');
      return child;
    },
    addAccount: async (name, password) => void (await account(['add', name, '--password', password])),
    async addAccounts(accounts) {
      const file = `${home}-accounts.csv`;
      const rows = accounts.map(({ name, password }) => `${name},${password}`);
      writeFileSync(file, `${['username,password', ...rows].join('\n')}\n`, {
        mode: 0o600,
      });
      await account(['import', file]);
    },
    certificate: () =>
      eventually(() => findCertificate(join(home, 'tls')), 5_000, 'a certificate under the home'),
    serverPids: () => descendants(child?.pid ?? -1),
    get isDown() {
      return isDown;
    },
    async kill() {
      isDown = true;
      await child?.kill();
    },
    restart: serve,
    stopStarter() {
      isDown = true;
      if (child !== undefined) process.kill(child.pid, 'SIGTERM');
    },
    async stop() {
      isDown = true;
      if (child === undefined) return null;
      // npx ends as its child ends, so the status is the server's.
      const server = descendants(child.pid).at(-1);
      if (server !== undefined) process.kill(server, 'SIGTERM');
      return (await within(child.exited, 10_000, `${options.name} stops`)).code;
    },
  };
}

/** `npx ringdown …` to its end: what it prints. */
export function runRingdown(args: readonly string[], namespace?: string, withinMs = 20_000): Promise<string> {
  return runCommand(
    {
      name: `npx ringdown ${args.join(' ')}`,
      command: npx.command,
      cwd: top,
      args: [...npx.prefix, ...args],
      ...(namespace === undefined ? {} : { namespace }),
    },
    withinMs,
  );
}

/** The first PEM file of a folder that holds a certificate and is not a private key's. */
function findCertificate(folder: string): string | undefined {
  for (const entry of readdirSync(folder, {
    recursive: true,
    withFileTypes: true,
  })) {
    if (!entry.isFile() || !/\.(?:pem|crt|cert)$/.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    if (readFileSync(path, 'latin1').includes('-----BEGIN CERTIFICATE-----')) return path;
  }
  return undefined;
}

/** A process and all that it started, by /proc. */
export function descendants(root: number): readonly number[] {
  const found = [root];
  for (const pid of found) {
    try {
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
      if (children !== '') found.push(...children.split(/\s+/).map(Number));
    } catch {
      // It has ended.
    }
  }
  return found;
}
