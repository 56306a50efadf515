import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually, within } from './deadline.ts';
import { describeExit, type RunningProcess } from './process.ts';
import { type Endpoint, hostPort, type Provider } from './provider.ts';
import type { Stage } from './suite.ts';

const scenarios = join(dirname(dirname(fileURLToPath(import.meta.url))), 'sipp');

export interface SippOptions {
  readonly provider: Pick<Provider, 'domain' | 'endpoint'>;
  /** File of ../sipp without its ending; where a script is given, no more than its name. */
  readonly scenario: string;
  /** The scenario itself: ./sipp-script.ts writes them. */
  readonly script?: string;
  /** Who runs it; its password is `USER-secret`. */
  readonly user: string;
  /** Who is called. */
  readonly peer?: string;
  readonly address: string;
  readonly port?: number;
  readonly transport?: 'udp' | 'tcp';
  /** Where it sends; the provider's listener by default. */
  readonly remote?: Endpoint;
  readonly calls?: number;
  readonly callsPerSecond?: number;
  /** Length of the scenario's pause. */
  readonly pauseMs?: number;
  /** On a lossy line messages overtake each other: what comes out of turn is passed over, not the call's end. */
  readonly lossy?: boolean;
  readonly expiresSeconds?: number;
  /** Words in braces of the scenario, such as STATUS. */
  readonly words?: Readonly<Record<string, string>>;
  readonly withinMs?: number;
  readonly extra?: readonly string[];
}

export interface SippRun {
  readonly process: RunningProcess;
  /** Resolves when every call went as its scenario says. */
  succeeded(): Promise<void>;
}

let runs = 0;

/** Starts SIPp; a callee is ready when its socket is bound, which this waits for. */
export async function startSipp(stage: Stage, options: SippOptions): Promise<SippRun> {
  runs += 1;
  const name = `sipp ${options.scenario} as ${options.user}`;
  const base = join(stage.folder, `sipp-${runs}-${options.scenario}`);
  const text = options.script ?? readFileSync(join(scenarios, `${options.scenario}.xml`), 'utf8');
  const filled = text.replace(/\{([A-Z]+)\}/g, (whole, word: string) => options.words?.[word] ?? whole);
  writeFileSync(`${base}.xml`, filled);
  const transport = options.transport ?? 'udp';
  const withinMs = options.withinMs ?? 15_000;
  const port = options.port ?? 5_060;
  const child = stage.start({
    name,
    command: 'sipp',
    args: [
      hostPort(options.remote ?? options.provider.endpoint(transport)),
      ...['-sf', `${base}.xml`, '-t', transport === 'udp' ? 'u1' : 't1'],
      ...['-i', options.address, '-mi', options.address, '-p', String(port)],
      ...['-m', String(options.calls ?? 1), '-r', String(options.callsPerSecond ?? 10)],
      ...['-key', 'user', options.user, '-key', 'peer', options.peer ?? options.user],
      ...[
        '-key',
        'domain',
        options.provider.domain,
        '-key',
        'expires',
        String(options.expiresSeconds ?? 600),
      ],
      ...['-au', options.user, '-ap', `${options.user}-secret`],
      ...['-auth_uri', `${options.peer === undefined ? '' : `${options.peer}@`}${options.provider.domain}`],
      ...['-d', String(options.pauseMs ?? 200), '-nostdin'],
      ...['-default_behaviors', options.lossy === true ? 'all,-bye,-abortunexp' : 'all,-bye'],
      ...['-timeout', `${Math.ceil(withinMs / 1_000)}s`, '-timeout_error'],
      ...['-trace_err', '-error_file', `${base}.errors`],
      ...(options.extra ?? []),
    ],
    env: { TERM: 'dumb' },
  });
  const errors = (): string => (existsSync(`${base}.errors`) ? readFileSync(`${base}.errors`, 'latin1') : '');
  stage.evidence(`errors of ${name}`, errors);
  if (transport === 'udp') await boundUdp(options.address, port, child);
  return {
    process: child,
    async succeeded() {
      const exit = await within(child.exited, withinMs + 2_000, `${name} ends`);
      if (exit.code !== 0) {
        throw new Error(`${name}: ${describeExit(exit)}\n${errors().slice(0, 1_500)}`);
      }
    },
  };
}

/**
 * Plays scenarios against each other: starts them in this order (callees first, each once it is ready) and resolves
 * when all went as written. One that fails ends the others, so that their ports are free again.
 */
export async function play(stage: Stage, ...parts: readonly SippOptions[]): Promise<void> {
  const started: SippRun[] = [];
  try {
    for (const part of parts) started.push(await startSipp(stage, part));
    await Promise.all(started.map((run) => run.succeeded()));
  } finally {
    await Promise.all(started.map((run) => run.process.kill()));
  }
}

/** Registers the address and port from which a callee will answer. */
export async function registerBySipp(
  stage: Stage,
  options: Omit<SippOptions, 'scenario' | 'peer'>,
): Promise<void> {
  await play(stage, { ...options, scenario: 'register' });
}

/** Waits until a UDP socket is bound, by the kernel's tables. */
async function boundUdp(address: string, port: number, child: RunningProcess): Promise<void> {
  const table = address.includes(':') ? '/proc/net/udp6' : '/proc/net/udp';
  const wanted = ` ${kernelAddress(address)}:${port.toString(16).padStart(4, '0').toUpperCase()} `;
  await eventually(
    () => (child.exit !== undefined || readFileSync(table, 'latin1').includes(wanted) ? true : undefined),
    5_000,
    `${child.name} binds ${address}:${port}`,
  );
}

/** An IPv4 address, or the IPv6 loopback, as /proc/net writes it: 32-bit words of this machine, in hexadecimal. */
function kernelAddress(address: string): string {
  if (address === '::1') return '00000000000000000000000001000000';
  const bytes = address.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0'));
  return bytes.reverse().join('').toUpperCase();
}
