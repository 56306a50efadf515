/** The parts of the TURN bench: what is asked of one server, and which figures come of it. */
import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { BUN, LOAD_CORE } from '../peer.ts';
import { memoryOf, processTree } from '../process.ts';
import type { Metric } from '../statistics.ts';
import type { TurnUnderTest } from './servers.ts';

const execute = promisify(execFile);

export interface TurnScale {
  readonly warmUpMs: number;
  readonly countMs: number;
  /** Packets per second, both ways together, of the fixed load. */
  readonly relayRate: number;
  /** Binding requests per second of the fixed load. */
  readonly bindingRate: number;
  /** Whose memory is measured. */
  readonly allocations: number;
}

/** What a load printed; the counted time only. */
export interface TurnSample {
  readonly elapsedMs: number;
  readonly serverCpuMs: number;
  readonly othersCpuMs: number;
  readonly stolenMs: number;
  readonly sent: number;
  readonly carried: number;
  readonly lost: number;
}

interface Quantiles {
  readonly p50: number | null;
  readonly p99: number | null;
}

interface RelaySample extends TurnSample {
  readonly toPeerMs: Quantiles;
  readonly fromPeerMs: Quantiles;
}

export type AddTurn = (metric: Metric, value: number, sample?: TurnSample) => void;

export type TurnPart = (
  server: TurnUnderTest,
  scale: TurnScale,
  base: RelaySample | undefined,
  add: AddTurn,
) => Promise<void>;

type Flags = Readonly<Record<string, string | number>>;

const command = (name: string, flags: Flags): readonly string[] => [
  ...['-c', LOAD_CORE, BUN, join(import.meta.dirname, 'load', `${name}.ts`)],
  ...Object.entries(flags).flatMap(([key, value]) => [`--${key}`, String(value)]),
];

/** A sample is taken again while others use more of one core than this, so often; the quietest counts, whatever it says. */
const QUIET = 0.15;
const TRIES = 3;

const load = async <Sample extends TurnSample>(name: string, flags: Flags): Promise<Sample> => {
  let quietest: Sample | undefined;
  for (let tried = 0; tried < TRIES; tried += 1) {
    const { stdout } = await execute('taskset', [...command(name, flags)], { timeout: 120_000 });
    const sample = JSON.parse(stdout) as Sample;
    if (quietest === undefined || noiseOf(sample) < noiseOf(quietest)) quietest = sample;
    if (noiseOf(quietest) <= QUIET) break;
  }
  return quietest!;
};

const noiseOf = ({ othersCpuMs, stolenMs, elapsedMs }: TurnSample): number =>
  (othersCpuMs + stolenMs) / elapsedMs;

const timesOf = (scale: TurnScale): Flags => ({ 'warm-up-ms': scale.warmUpMs, 'count-ms': scale.countMs });
const at = ({ port, pid }: TurnUnderTest): Flags => ({ 'server-port': port, 'server-pid': pid });

const microseconds = (sample: TurnSample): number => (sample.serverCpuMs * 1000) / sample.carried;
const perSecond = (sample: TurnSample): number => (sample.carried * 1000) / sample.elapsedMs;
const lostPercent = (sample: TurnSample): number => (100 * sample.lost) / Math.max(1, sample.sent);

/** The same load without a server between: what of its times is the load's own and the kernel's. */
export const direct = (scale: TurnScale): Promise<RelaySample> =>
  load('relaying', { framing: 'direct', 'per-second': scale.relayRate, ...timesOf(scale) });

const metric = (id: string, label: string, unit: string, digits: number): Metric => ({
  id,
  label,
  unit,
  digits,
});

/** Packets flow in each of a closed loop's flows: enough that the server never waits. */
const WINDOW = 4;

const relaying: TurnPart = async (server, scale, base, add) => {
  for (const framing of ['channels', 'indications']) {
    const flags = { framing, ...at(server), ...timesOf(scale) };
    const rate = `at ${scale.relayRate.toLocaleString('en')}/s`;
    const fixed = await load<RelaySample>('relaying', { ...flags, 'per-second': scale.relayRate });
    add(
      metric(`${framing} fixed`, `packet relayed (${framing}), ${rate}`, 'µs of CPU', 1),
      microseconds(fixed),
      fixed,
    );
    const added = (quantile: keyof Quantiles): void => {
      const slower = both(fixed, quantile);
      const own = base === undefined ? undefined : both(base, quantile);
      if (slower === undefined || own === undefined) return;
      const label = `latency added, ${quantile} (${framing}), ${rate}`;
      add(metric(`${framing} ${quantile}`, label, 'ms', 3), slower - own);
    };
    added('p50');
    added('p99');
    add(metric(`${framing} lost`, `packets lost (${framing}), ${rate}`, '%', 2), lostPercent(fixed));
    const full = await load<RelaySample>('relaying', { ...flags, window: WINDOW });
    add(
      metric(`${framing} full`, `packet relayed (${framing}), saturated`, 'µs of CPU', 2),
      microseconds(full),
      full,
    );
    add(
      metric(`${framing} most`, `packets carried (${framing}), saturated`, 'per second', 0),
      perSecond(full),
    );
    add(metric(`${framing} full lost`, `packets lost (${framing}), saturated`, '%', 2), lostPercent(full));
  }
};

/** The mean of the two directions. */
const both = ({ toPeerMs, fromPeerMs }: RelaySample, quantile: keyof Quantiles): number | undefined => {
  const [one, other] = [toPeerMs[quantile], fromPeerMs[quantile]];
  return one === null || other === null ? undefined : (one + other) / 2;
};

const bindings: TurnPart = async (server, scale, _, add) => {
  const flags = { ...at(server), ...timesOf(scale) };
  const fixed = await load<TurnSample>('bindings', { ...flags, 'per-second': scale.bindingRate });
  const rate = `at ${scale.bindingRate.toLocaleString('en')}/s`;
  add(metric('binding fixed', `STUN Binding, ${rate}`, 'µs of CPU', 1), microseconds(fixed), fixed);
  const full = await load<TurnSample>('bindings', { ...flags, window: 8 });
  add(metric('binding full', 'STUN Binding, saturated', 'µs of CPU', 2), microseconds(full), full);
  add(metric('binding most', 'STUN Bindings answered, saturated', 'per second', 0), perSecond(full));
};

const allocations: TurnPart = async (server, scale, _, add) => {
  const sample = await load<TurnSample>('allocations', { ...at(server), ...timesOf(scale), window: 16 });
  const label = 'allocation with credential, made and given back (401, 200, 200)';
  add(metric('allocation', label, 'µs of CPU', 0), microseconds(sample), sample);
  add(
    metric('allocations', 'allocations made and given back, saturated', 'per second', 0),
    perSecond(sample),
  );
};

/** Before the first is measured, so many: code is compiled, pools are there. */
const MADE_BEFORE = 500;
const SETTLE_MS = 2_500;

const allocationMemory: TurnPart = async (server, scale, _, add) => {
  const pids = processTree(server.pid);
  const before = await keep(server, 0, MADE_BEFORE);
  await sleep(SETTLE_MS);
  const first = memoryOf(pids).pssKb;
  const rest = await keep(server, MADE_BEFORE, scale.allocations);
  await sleep(SETTLE_MS);
  const last = memoryOf(pids).pssKb;
  const count = scale.allocations.toLocaleString('en');
  const label = `memory of an allocation with a channel (PSS), ${count} of them`;
  add(metric('memory', label, 'bytes', 0), ((last - first) * 1024) / scale.allocations);
  add(metric('memory whole', 'whole server with them (PSS)', 'MiB', 0), last / 1024);
  for (const end of [before, rest]) await end();
};

/** Makes allocations and holds them. @returns what lets go of them */
const keep = async (server: TurnUnderTest, first: number, count: number): Promise<() => Promise<void>> => {
  const flags = { 'server-port': server.port, keep: count, 'first-host': first };
  const child = spawn('taskset', [...command('allocations', flags)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const made = new Promise<boolean>((resolve) => child.stdout.once('data', () => resolve(true)));
  if (!(await Promise.race([made, ended.then(() => false)]))) throw new Error('the load made no allocations');
  return async () => {
    child.stdin.end();
    await ended;
  };
};

export const TURN_PARTS = {
  relaying,
  bindings,
  allocations,
  'allocation-memory': allocationMemory,
} as const satisfies Record<string, TurnPart>;

export type TurnPartName = keyof typeof TURN_PARTS;
